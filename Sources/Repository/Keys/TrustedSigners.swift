package import Crypto
package import DurableFiles

/// The signers whose manifests count: the pinned one, and those that a trusted one introduced.
package struct TrustedSigners: Sendable {
    /// Fingerprint that the configuration, the host or the recovery sheet names; never taken from the repository.
    package let pinned: String
    package let keys: [SSHKey]

    /// Follows the introductions from the pinned signer through `keys/allowed_signers`.
    ///
    /// - Throws: `signerUnknown` if no line has the pinned fingerprint, `malformed` if a line cannot be read.
    package init(pinned: String, layout: RepositoryLayout, files: Files) throws {
        let path = layout.allowedSigners, name = layout.relative(path)
        guard try files.status(path) != nil else { throw RepositoryFault.missing(path: name) }
        let lines = try TrustedSigners.lines(try files.read(path, limit: 1 << 20), name: name)
        guard let first = lines.first(where: { $0.key.fingerprint == pinned }) else {
            throw RepositoryFault.signerUnknown(pinned: pinned, found: lines.map(\.key.fingerprint))
        }
        var trusted = [first.key]
        for line in lines where line.number > first.number {
            let introduction = layout.introduction(line: line.number)
            guard try files.status(introduction) != nil else { continue }
            let signature = try files.read(introduction, limit: 1 << 16)
            if TrustedSigners.holds(signature, over: Array(line.text.utf8), .signer, by: trusted) != nil {
                trusted.append(line.key)
            }
        }
        self.pinned = pinned
        keys = trusted
    }

    /// Checks a signed file's bytes.
    ///
    /// - Returns: the fingerprint of the signer.
    /// - Throws: `badSignature` that names `path`.
    package func verify(
        _ bytes: [UInt8], signature: [UInt8], purpose: SignaturePurpose, path: String
    ) throws -> String {
        guard let key = TrustedSigners.holds(signature, over: bytes, purpose, by: keys) else {
            throw RepositoryFault.badSignature(
                path: path, reason: "it was edited, or signed by a key nobody vouches for")
        }
        return key.fingerprint
    }

    /// The trusted key that made a signature, if it is one and the signature holds.
    private static func holds(
        _ signature: [UInt8], over bytes: [UInt8], _ purpose: SignaturePurpose, by keys: [SSHKey]
    ) -> SSHKey? {
        do {
            let signature = try SSHSignature(armored: String(decoding: signature, as: UTF8.self))
            guard keys.contains(signature.key) else { return nil }
            try bytes.withUnsafeBytes { try signature.verify($0, namespace: purpose.rawValue) }
            return signature.key
        } catch { return nil }
    }

    /// The keys of an allowed signers file with their line numbers, from 1.
    package static func lines(
        _ bytes: [UInt8], name: String
    ) throws -> [(number: Int, text: String, key: SSHKey)] {
        let text = String(decoding: bytes, as: UTF8.self)
        return try text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            index, line in
            if line.isEmpty { return nil }
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, words[0] == signerPrincipal else {
                throw RepositoryFault.malformed(path: name, reason: "line \(index + 1) is not an allowed signer")
            }
            do { return (index + 1, String(line), try SSHKey(line: String(words[1]))) } catch {
                throw RepositoryFault.malformed(path: name, reason: "line \(index + 1) is not an allowed signer")
            }
        }
    }
}
