package import Crypto
package import DurableFiles

/// The signers whose manifests count: the pinned one, and those that a trusted one introduced.
package struct TrustedSigners: Sendable {
    /// Fingerprint that the configuration, the host or the recovery sheet names; never taken from the repository.
    package let pinned: String
    /// The lines that count, oldest first.
    package let lines: [Line]
    /// The lines behind the pinned one that nobody vouches for.
    package let strangers: [Line]

    package var keys: [SSHKey] { lines.map(\.key) }

    /// Follows the introductions from the pinned signer through `keys/allowed_signers`.
    ///
    /// - Throws: `signerUnknown` if no line has the pinned fingerprint, `malformed` if a line cannot be read.
    package init(pinned: String, layout: RepositoryLayout, files: Files) throws {
        let path = layout.allowedSigners, name = layout.relative(path)
        let all = try TrustedSigners.lines(try StoredFile.read(path, limit: 1 << 20, layout, files), name: name)
        guard let first = all.first(where: { $0.key.fingerprint == pinned }) else {
            throw RepositoryFault.signerUnknown(pinned: pinned)
        }
        var trusted = [first], strangers: [Line] = []
        for line in all where line.number > first.number {
            if try TrustedSigners.isIntroduced(line, by: trusted.map(\.key), layout, files) {
                trusted.append(line)
            } else {
                strangers.append(line)
            }
        }
        self.pinned = pinned
        self.strangers = strangers
        lines = trusted
    }

    private static func isIntroduced(
        _ line: Line, by trusted: [SSHKey], _ layout: RepositoryLayout, _ files: Files
    ) throws -> Bool {
        let signature: [UInt8]
        do {
            signature = try StoredFile.read(layout.introduction(line: line.number), limit: 1 << 16, layout, files)
        } catch is RepositoryFault { return false }
        return holds(signature, over: line.bytes, .signer, by: trusted) != nil
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
                path: path, reason: "it was edited, or signed by a key that no trusted signer vouches for")
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
}
