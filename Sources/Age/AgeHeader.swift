import Crypto
import Glibc
import Secrets

/// The text at the start of an age file, read line by line: version, stanzas, and a code over all of it.
///
/// The format is specified at c2sp.org/age. Every header has exactly one spelling; any other one is refused.
struct AgeHeader {
    static let versionLine = "age-encryption.org/v1"
    static let hybridKind = "mlkem768x25519"
    static let columns = 64
    /// Bytes of the code at the header's end, and of the file key that it is made with.
    static let codeSize = 32
    static let fileKeySize = 16
    /// No honest header comes near: a stanza for one X25519 recipient has 98 bytes.
    static let sizeLimit = 1 << 20

    private(set) var stanzas: [AgeStanza] = []
    /// The code; nil until the last line was read.
    private(set) var code: Digest32?
    /// Bytes of the lines read so far, line ends included.
    private(set) var size = 0
    /// Bytes at the start that the code covers: up to and including `---`.
    private(set) var coveredSize = 0

    private var isStarted = false
    private var kind = "", arguments: [String] = [], body: [UInt8] = []
    private var isInBody = false

    /// Whether `file` begins like an age file of any version.
    static func isAge(_ file: UnsafeRawBufferPointer) -> Bool { file.starts(with: "age-encryption.org/".utf8) }

    /// Reads the header at the start of `file`.
    init(_ file: UnsafeRawBufferPointer) throws(AgeFault) {
        self.init()
        guard try read(file) else { throw AgeHeader.incomplete(file) }
    }

    init() {}

    /// Reads the lines of `buffer` that were not read before; `buffer` begins with the file's first byte.
    ///
    /// - Returns: whether the header is complete; if not, more of the file is needed.
    mutating func read(_ buffer: UnsafeRawBufferPointer) throws(AgeFault) -> Bool {
        while code == nil {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[size...])
            guard let base = rest.baseAddress, let found = memchr(base, 10, rest.count) else { break }
            let count = base.distance(to: UnsafeRawPointer(found))
            try take(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            size += count + 1
        }
        guard size <= AgeHeader.sizeLimit, code != nil || buffer.count <= AgeHeader.sizeLimit else {
            throw .malformedHeader(why: "it is longer than 1 MiB")
        }
        // The first line has as many bytes as are there and its end is not among them: it is another line.
        if !isStarted, buffer.count > AgeHeader.versionLine.utf8.count { throw AgeHeader.incomplete(buffer) }
        return code != nil
    }

    /// What is wrong with a file that ends before its header does.
    static func incomplete(_ file: UnsafeRawBufferPointer) -> AgeFault {
        guard isAge(file) else { return .notAge }
        let line = file.prefix { $0 != 10 }
        if line.elementsEqual(versionLine.utf8) { return .malformedHeader(why: "the file ends within it") }
        return .unsupportedVersion(printable(line.dropFirst("age-encryption.org/".utf8.count)))
    }

    private mutating func take(_ line: UnsafeRawBufferPointer) throws(AgeFault) {
        if !isStarted {
            guard line.elementsEqual(AgeHeader.versionLine.utf8) else { throw AgeHeader.incomplete(line) }
            isStarted = true
        } else if isInBody {
            try takeBody(line)
        } else if line.starts(with: "-> ".utf8) {
            try takeArguments(UnsafeRawBufferPointer(rebasing: line[3...]))
        } else if line.starts(with: "---".utf8) {
            try takeCode(line)
        } else {
            throw .malformedHeader(why: "stanza \(stanzas.count + 1) does not begin with an arrow and a space")
        }
    }

    private mutating func takeArguments(_ line: UnsafeRawBufferPointer) throws(AgeFault) {
        let words = line.split(separator: 32, omittingEmptySubsequences: false)
        guard words.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (33...126).contains($0) } }) else {
            throw .malformedHeader(why: "stanza \(stanzas.count + 1) has an empty argument or a foreign character")
        }
        arguments = words.map { String(decoding: $0, as: UTF8.self) }
        kind = arguments.removeFirst()
        body = []
        isInBody = true
    }

    private mutating func takeBody(_ line: UnsafeRawBufferPointer) throws(AgeFault) {
        guard line.count <= AgeHeader.columns, let bytes = Base64.decode(line, padded: false) else {
            throw .malformedHeader(why: "the body of stanza \(stanzas.count + 1) is not base64 in lines of 64")
        }
        body += bytes
        if line.count < AgeHeader.columns {
            stanzas.append(AgeStanza(kind: kind, arguments: arguments, body: body))
            isInBody = false
        }
    }

    private mutating func takeCode(_ line: UnsafeRawBufferPointer) throws(AgeFault) {
        guard line.starts(with: "--- ".utf8),
            let bytes = Base64.decode(UnsafeRawBufferPointer(rebasing: line[4...]), padded: false),
            let digest = bytes.withUnsafeBytes({ Digest32($0) })
        else { throw .malformedHeader(why: "its last line is not three dashes and a code") }
        guard !stanzas.isEmpty else { throw .malformedHeader(why: "it names no recipient") }
        if stanzas.count > 1, stanzas.contains(where: { $0.kind == AgeWrap.scryptKind }) { throw .passphraseNotAlone }
        coveredSize = size + 3
        code = digest
    }

    /// Foreign bytes as text that a terminal can show, at most 40 characters.
    static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.prefix(40).map { (32...126).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
