import Age
import Crypto
import Glibc
import Secrets
import TestSupport
import Testing

/// A file of the official test vectors (C2SP/CCTV, age): lines that say what it is, a blank line, and the age file.
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    private(set) var fields: [String: [String]] = [:]
    private(set) var file: [UInt8] = []

    var testDescription: String { name }
    var expected: String { fields["expect"]?.first ?? "" }
    var isArmored: Bool { fields["armored"] != nil }
    var isHybrid: Bool { identityTexts.contains { $0.hasPrefix("AGE-SECRET-KEY-PQ-") } }
    var identityTexts: [String] { fields["identity"] ?? [] }

    init(_ path: String, name: String) throws {
        self.name = name
        let all = try TemporaryFolder.read(path: path)
        var rest = all[...]
        while let end = rest.firstIndex(of: 10) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if line.isEmpty { break }
            let colon = try #require(line.firstIndex(of: ":"))
            fields[String(line[..<colon]), default: []].append(String(line[colon...].dropFirst(2)))
        }
        file = fields["compressed"] == ["zlib"] ? try Inflate.expand(Array(rest)) : Array(rest)
    }

    func identities() throws -> [AgeIdentity] {
        try identityTexts.filter { !$0.hasPrefix("AGE-SECRET-KEY-PQ-") }.map { try AgeIdentity(secret($0)) }
            + (fields["passphrase"] ?? []).map { .passphrase(secret($0)) }
    }

    static let folder =
        #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Fixtures/age-testkit"

    static let names: [String] = {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }()
}

@Suite struct TestkitTests {
    @Test func `no vector is missing`() {
        #expect(Vector.names.count == 143)
    }

    @Test(arguments: Vector.names)
    func `vector`(name: String) throws {
        let vector = try Vector("\(Vector.folder)/\(name)", name: name)
        if vector.isHybrid {
            try checkHybrid(vector)
            return
        }
        let identities = try vector.identities()
        // armor_empty and empty have no identity; whichever is given must not matter.
        let outcome = open(vector, identities.isEmpty ? [try .generate()] : identities)
        #expect(outcome.kind == vector.expected, "\(String(describing: outcome.fault))")
        if vector.expected == "success" {
            #expect(vector.fields["payload"] == [outcome.content])
        }
        // Where a payload fails, the vectors also name what may be released before. This reader looks ahead and
        // releases less; that it never releases more is checked chunk by chunk in the reader itself.
    }

    /// The post-quantum identities are refused by name; with any other identity the file says what it lacks.
    private func checkHybrid(_ vector: Vector) throws {
        for text in vector.identityTexts where text.hasPrefix("AGE-SECRET-KEY-PQ-") {
            #expect {
                try AgeIdentity(secret(text))
            } throws: { error in
                guard case AgeFault.unsupportedIdentity(line: 1, let kind) = error else { return false }
                return kind.contains("post-quantum")
            }
        }
        let outcome = open(vector, try vector.identities() + [.generate()])
        switch outcome.fault {
        case .noMatch(let kinds):
            // hybrid_uppercase spells the kind differently on purpose.
            #expect(kinds.contains { $0.lowercased() == "mlkem768x25519" })
            if kinds.contains("mlkem768x25519") {
                #expect(
                    outcome.fault?.message.contains("post-quantum kind mlkem768x25519, which is not supported") == true)
            }
        case .malformedHeader, .passphraseNotAlone: #expect(vector.expected == "header failure")
        default: Issue.record("\(String(describing: outcome.fault))")
        }
    }

    private struct Outcome {
        var kind = "success"
        var fault: AgeFault?
        /// SHA-256 of what was released.
        var content = ""
    }

    /// Opens a vector in one call and as a stream; both must agree.
    private func open(_ vector: Vector, _ identities: [AgeIdentity]) -> Outcome {
        var outcome = Outcome()
        do {
            let file = vector.isArmored ? try vector.file.withUnsafeBytes { try AgeArmor.decode($0) } : vector.file
            let whole = Result { try Age.open(vector.file, identities: identities) }
            var hash = SHA256Stream(), at = 0
            defer { outcome.content = hash.finish().hex }
            do {
                let reader = try AgeReader(AgeOpener(identities)) { target in
                    let count = min(target.count, file.count - at, 10_007)
                    target.copyBytes(from: file[at..<at + count])
                    at += count
                    return count
                }
                var buffer = [UInt8](repeating: 0, count: 50_000)
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
                    if count == 0 { break }
                    buffer[..<count].withUnsafeBytes { hash.update($0) }
                }
                #expect(throws: Never.self) { try whole.get() }
            } catch {
                let fault = try #require(error as? AgeFault)
                #expect(throws: fault) { try whole.get() }
                throw fault
            }
        } catch {
            outcome.fault = error as? AgeFault
            outcome.kind = kind(outcome.fault)
        }
        return outcome
    }

    private func kind(_ fault: AgeFault?) -> String {
        switch fault {
        case .malformedArmor: "armor failure"
        case .notAge, .unsupportedVersion, .malformedHeader, .passphraseNotAlone, .workFactorTooHigh: "header failure"
        case .headerChanged: "HMAC failure"
        case .noMatch, .wrongPassphrase, .passphraseNeeded: "no match"
        case .truncated, .damagedChunk, .emptyLastChunk, .trailingData: "payload failure"
        default: "unforeseen"
        }
    }
}
