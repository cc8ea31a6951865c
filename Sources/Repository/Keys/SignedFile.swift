package import DurableFiles

/// A file with the OpenSSH signature beside it (`<file>.sig`).
package enum SignedFile {
    /// Largest signed file: the manifest of a database of some tens of terabytes.
    package static let limit = 1 << 30

    /// Names the signature first: a file that has its name always has its signature. All is written before the disk is
    /// waited for, once for the content of both and once for each name.
    ///
    /// - Parameter others: files that get their names with the signature.
    package static func publish(
        _ content: [UInt8], at path: String, purpose: SignaturePurpose, signer: Signer, files: Files,
        existing: Files.Existing, with others: PendingGroup? = nil
    ) throws {
        let group = others ?? PendingGroup(files: files)
        try signer.sign(content, for: purpose).withUnsafeBytes {
            try group.add($0, as: RepositoryLayout.signature(of: path))
        }
        var file = try files.createPending(inFolder: Files.parent(of: path))
        try content.withUnsafeBytes { try file.write($0) }
        try file.sync()
        try group.commit()
        try group.syncFolders()
        try file.rename(to: path, existing: existing)
        try files.syncFolder(Files.parent(of: path))
    }

    /// - Throws: `missing`, `badSignature`.
    package static func read(
        _ path: String, purpose: SignaturePurpose, signers: TrustedSigners, layout: RepositoryLayout, files: Files
    ) throws -> (content: [UInt8], signature: [UInt8], signer: String) {
        let name = layout.relative(path), signaturePath = RepositoryLayout.signature(of: path)
        let content = try StoredFile.read(path, limit: limit, layout, files)
        guard !content.isEmpty else { throw RepositoryFault.malformed(path: name, reason: "it is empty") }
        let signature = try StoredFile.read(signaturePath, limit: 1 << 16, layout, files)
        let signer = try signers.verify(content, signature: signature, purpose: purpose, path: name)
        return (content, signature, signer)
    }
}
