import Crypto
package import Secrets

/// The keys that the variables `ENCRYPTION_KEY` and `ROOT_ENCRYPTION_KEY` resolve to, by the server's own rules.
package struct EnvironmentKeys: Sendable {
    /// The usable keys in the order in which the server picks the one that wraps the root key.
    package let candidates: [KeyCandidate]
    package let problems: [KeyProblem]
    /// The sources for which a value was given, usable or not.
    package let given: Set<KeySource>

    /// - Parameters:
    ///   - encryptionKey: value of `ENCRYPTION_KEY`; white space around it does not count, and a blank value is unset.
    ///   - rootEncryptionKey: value of `ROOT_ENCRYPTION_KEY`, read the same way.
    ///   - fips: whether the instance is in FIPS mode (`FIPSMode`).
    ///   - unreadFiles: variables that name a file with the key.
    package init(
        encryptionKey: Secret?, rootEncryptionKey: Secret?, fips: Bool = false, unreadFiles: [String] = []
    ) {
        let first = EnvironmentKeys.set(encryptionKey), second = EnvironmentKeys.set(rootEncryptionKey)
        var problems: [KeyProblem] = [], candidates: [KeyCandidate] = [], given: Set<KeySource> = []
        if first == nil, second == nil { problems.append(.missing) }
        problems += unreadFiles.map { .unreadFile(variable: $0) }

        if let first {
            let source: KeySource = fips ? .encryptionKeyFIPS : .encryptionKeyUTF8
            given.insert(source)
            let key = fips ? decoded(first, source, &problems) : characters(first, &problems)
            if let key { candidates.append(KeyCandidate(source: source, key: key)) }
        }
        if let second {
            if fips, first != nil {
                problems.append(.replacedInFIPSMode)
            } else {
                given.insert(.rootEncryptionKeyBase64)
                if let key = decoded(second, .rootEncryptionKeyBase64, &problems) {
                    candidates.append(KeyCandidate(source: .rootEncryptionKeyBase64, key: key))
                }
            }
        }
        self.candidates = candidates
        self.problems = problems
        self.given = given
    }

    /// One key alone, however it was found.
    package init(_ candidate: KeyCandidate) {
        candidates = [candidate]
        problems = []
        given = [candidate.source]
    }

    /// The key that the server writes values with past the KMS: that of `ROOT_ENCRYPTION_KEY` where there is one.
    package var writingCandidate: KeyCandidate? {
        candidates(for: .base64).first ?? candidates(for: .utf8).first
    }

    /// The key that the server tries on the root key: that of `ENCRYPTION_KEY` as soon as this has a value, usable or
    /// not; `ROOT_ENCRYPTION_KEY` counts only alone.
    package var rootCandidate: KeyCandidate? {
        let first = given.first { $0.variable == KeySource.encryptionKeyUTF8.variable }
        return candidates.first { $0.source == first ?? .rootEncryptionKeyBase64 }
    }

    /// The usable keys that read triples of an encoding.
    package func candidates(for encoding: KeyEncoding) -> [KeyCandidate] {
        candidates.filter { $0.source.encoding == encoding }
    }

    /// Whether a value was given that is meant to read triples of an encoding.
    package func isGiven(for encoding: KeyEncoding) -> Bool { given.contains { $0.encoding == encoding } }

    private static func set(_ value: Secret?) -> Secret? {
        guard let trimmed = value?.trimmed(), trimmed.count > 0 else { return nil }
        return trimmed
    }
}

private let keyLength = 32
// Published with every release as part of .env.example.
private let sampleKey: StaticString = "6c1fe4e407b8911c104518103505b218"

/// The characters of the value as a key, or the problem with them.
private func characters(_ value: Secret, _ problems: inout [KeyProblem]) -> Secret? {
    guard value.count == keyLength else {
        problems.append(lengthProblem(value))
        return nil
    }
    let isSample = value.withBytes {
        $0.elementsEqual(UnsafeRawBufferPointer(start: sampleKey.utf8Start, count: sampleKey.utf8CodeUnitCount))
    }
    if isSample { problems.append(.sampleKey) }
    return value
}

/// Names the two mistakes that people make, by what the value looks like.
private func lengthProblem(_ value: Secret) -> KeyProblem {
    let isHex = value.withBytes { $0.allSatisfy(isHexDigit) }
    if isHex, value.count == 2 * keyLength { return .hexOf32Bytes }
    if let decoded = base64Decoded(value), decoded.count == keyLength { return .base64OutsideFIPS }
    return .wrongLength(value.count)
}

private func decoded(_ value: Secret, _ source: KeySource, _ problems: inout [KeyProblem]) -> Secret? {
    guard let key = base64Decoded(value) else {
        problems.append(.notBase64(variable: source.variable))
        return nil
    }
    guard key.count == keyLength else {
        problems.append(.wrongDecodedLength(variable: source.variable, key.count))
        return nil
    }
    return key
}

/// Decodes base64 the way the server does: with or without padding, in either alphabet, whatever the unused bits of
/// the last character are.
private func base64Decoded(_ value: Secret) -> Secret? {
    let length = value.withBytes { bytes in bytes.count - bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count }
    guard length % 4 != 1 else { return nil }
    // Completed to whole groups of four, so that no bit is unused; what the filling decodes to is cut off again.
    let groups = (length + 3) / 4
    let text = Secret(count: groups * 4) { target in
        value.withBytes { bytes in
            for index in 0..<length {
                switch bytes[index] {
                case UInt8(ascii: "-"): target[index] = UInt8(ascii: "+")
                case UInt8(ascii: "_"): target[index] = UInt8(ascii: "/")
                default: target[index] = bytes[index]
                }
            }
            for index in length..<groups * 4 { target[index] = UInt8(ascii: "A") }
        }
    }
    var isText = false
    let decoded = Secret(count: groups * 3) { target in
        isText = text.withBytes { Base64.decode($0, padded: false, into: target) } != nil
    }
    return isText ? decoded.slice(0..<length * 3 / 4) : nil
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
    default: false
    }
}

extension EnvironmentKeys {
    /// The keys of an environment, by Infisical's variables.
    package init(_ values: [String: Secret], fips: Bool) {
        self.init(
            encryptionKey: values[KeyKind.encryptionKey.variable],
            rootEncryptionKey: values[KeyKind.rootEncryptionKey.variable], fips: fips)
    }

    /// The labels of a variable's value, in both readings: which one counts is a matter of the database.
    package static func labels(of value: Secret, _ variable: String) -> [String] {
        [false, true].flatMap { EnvironmentKeys([variable: value], fips: $0).candidates.map(\.label) }
    }
}
