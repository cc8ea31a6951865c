package import DurableFiles

/// A file with the OpenSSH signature beside it (`<file>.sig`).
package enum SignedFile {
    /// Largest signed file: the manifest of a database of some tens of terabytes.
    package static let limit = 1 << 30

    /// Writes the signature first: a file that has its name always has its signature.
    package static func publish(
        _ content: [UInt8], at path: String, purpose: SignaturePurpose, signer: Signer, files: Files,
        existing: Files.Existing
    ) throws {
        try files.publish(
            try signer.sign(content, for: purpose), at: RepositoryLayout.signature(of: path), existing: .replace)
        try files.publish(content, at: path, existing: existing)
    }

    /// - Throws: `missing`, `badSignature`.
    package static func read(
        _ path: String, purpose: SignaturePurpose, signers: TrustedSigners, layout: RepositoryLayout, files: Files
    ) throws -> (content: [UInt8], signer: String) {
        let name = layout.relative(path), signaturePath = RepositoryLayout.signature(of: path)
        guard try files.status(path) != nil else { throw RepositoryFault.missing(path: name) }
        let content = try files.read(path, limit: limit)
        guard !content.isEmpty else { throw RepositoryFault.malformed(path: name, reason: "it is empty") }
        guard try files.status(signaturePath) != nil else {
            throw RepositoryFault.missing(path: layout.relative(signaturePath))
        }
        let signature = try files.read(signaturePath, limit: 1 << 16)
        return (content, try signers.verify(content, signature: signature, purpose: purpose, path: name))
    }
}
