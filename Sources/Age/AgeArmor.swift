import Crypto

/// The text form of an age file: base64 in lines of 64 between a BEGIN and an END line (RFC 7468, strictly).
package enum AgeArmor {
    private static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
    private static let end = "-----END AGE ENCRYPTED FILE-----"
    private static let columns = 64
    private static let lineBytes = columns / 4 * 3
    /// White space that may stand before and after, in bytes.
    private static let spaceLimit = 1024

    /// Whether `file` begins like an armored one.
    package static func isArmored(_ file: UnsafeRawBufferPointer) -> Bool {
        file.drop(while: isSpace).starts(with: begin.utf8)
    }

    package static func encode(_ file: UnsafeRawBufferPointer) -> [UInt8] {
        let lines = (file.count + lineBytes - 1) / lineBytes
        let size = begin.utf8.count + end.utf8.count + 2 + Base64.encodedSize(file.count, padded: true) + lines
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            let target = UnsafeMutableRawBufferPointer(buffer)
            var at = 0
            func put(_ text: String) {
                UnsafeMutableRawBufferPointer(rebasing: target[at...]).copyBytes(from: text.utf8)
                at += text.utf8.count
            }
            put(begin + "\n")
            for start in stride(from: 0, to: file.count, by: lineBytes) {
                let line = UnsafeRawBufferPointer(rebasing: file[start..<min(start + lineBytes, file.count)])
                at += Base64.encode(line, padded: true, into: UnsafeMutableRawBufferPointer(rebasing: target[at...]))
                put("\n")
            }
            put(end + "\n")
            filled = at
        }
    }

    /// Reads the text form; faults name the line, counted from 1 at the file's start.
    package static func decode(_ text: UnsafeRawBufferPointer) throws(AgeFault) -> [UInt8] {
        var lines = Lines(text)
        var skipped = 0
        while true {
            guard let line = lines.next() else { throw lines.fault("the BEGIN line is missing") }
            if line.elementsEqual(begin.utf8) { break }
            skipped += line.count + 1
            guard line.allSatisfy(isSpace), skipped <= spaceLimit else {
                throw lines.fault("it is not the BEGIN line")
            }
        }
        var bytes = [UInt8](), isShort = false
        bytes.reserveCapacity(text.count / 4 * 3)
        while true {
            guard let line = lines.next() else { throw lines.fault("the END line is missing") }
            if line.elementsEqual(end.utf8) { break }
            guard !isShort else { throw lines.fault("a short line is not followed by the END line") }
            guard !line.isEmpty else { throw lines.fault("it is empty") }
            guard line.count <= columns else { throw lines.fault("it has more than 64 characters") }
            guard let decoded = Base64.decode(line) else { throw lines.fault("it is not base64") }
            bytes += decoded
            isShort = decoded.count < lineBytes
        }
        guard lines.rest.count <= spaceLimit, lines.rest.allSatisfy(isSpace) else {
            throw lines.fault("something follows the END line")
        }
        return bytes
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    /// The lines of a text, each ended by LF, CR LF, or the end of the text.
    private struct Lines {
        private(set) var rest: UnsafeRawBufferPointer
        private var number = 0

        init(_ text: UnsafeRawBufferPointer) { rest = text }

        mutating func next() -> UnsafeRawBufferPointer? {
            number += 1
            guard !rest.isEmpty else { return nil }
            let found = rest.firstIndex(of: 10)
            var line = rest[..<(found ?? rest.count)]
            rest = UnsafeRawBufferPointer(rebasing: rest[(found.map { $0 + 1 } ?? rest.count)...])
            if line.last == 13 { line.removeLast() }
            return UnsafeRawBufferPointer(rebasing: line)
        }

        func fault(_ why: String) -> AgeFault { .malformedArmor(line: number, why: why) }
    }
}
