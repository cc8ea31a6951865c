import DurableFiles

/// Reads and writes the revisions of the keyring.
enum KeyringStore {
    /// The newest revision.
    ///
    /// - Throws: `missing` if there is none, `badSignature`, `malformed`.
    static func load(
        _ layout: RepositoryLayout, _ files: Files, _ signers: TrustedSigners, repository: String
    ) throws -> Keyring {
        var tried = 0
        while true {
            guard let newest = try revisions(layout, files).last else {
                throw RepositoryFault.missing(path: layout.relative(layout.keyring(revision: 1)))
            }
            do { return try read(newest, layout, files, signers, repository) } catch let fault as RepositoryFault {
                // Opening takes no lock: a revision may have been replaced by a newer one since it was listed.
                guard newest > tried, try revisions(layout, files).last != newest else { throw fault }
                tried = newest
            }
        }
    }

    /// What `repository.json` says of a repository that has lost it: the newest keyring names it, and is signed.
    ///
    /// - Returns: nil without a keyring.
    /// - Throws: `badSignature`, `malformed`.
    static func description(
        _ layout: RepositoryLayout, _ files: Files, _ signers: TrustedSigners
    ) throws -> RepositoryDescription? {
        guard let newest = try revisions(layout, files).last else { return nil }
        let path = layout.keyring(revision: newest)
        let signed = try SignedFile.read(path, purpose: .keyring, signers: signers, layout: layout, files: files)
        let keyring = try StoredJSON.decode(Keyring.self, from: signed.content, path: layout.relative(path))
        // The first generation is as old as the repository.
        guard let first = keyring.generations.min(by: { $0.number < $1.number }) else { return nil }
        return RepositoryDescription(id: keyring.repository, created: first.created)
    }

    private static func read(
        _ newest: Int, _ layout: RepositoryLayout, _ files: Files, _ signers: TrustedSigners, _ repository: String
    ) throws -> Keyring {
        let path = layout.keyring(revision: newest), name = layout.relative(path)
        let signed = try SignedFile.read(path, purpose: .keyring, signers: signers, layout: layout, files: files)
        let keyring = try StoredJSON.decode(Keyring.self, from: signed.content, path: name)
        guard keyring.schema == Keyring.schema, keyring.repository == repository, keyring.revision == newest,
            keyring.generation(keyring.current) != nil
        else { throw RepositoryFault.malformed(path: name, reason: "it does not belong to this repository") }
        return keyring
    }

    /// Writes a new revision, then removes the older ones.
    static func publish(_ keyring: Keyring, signer: Signer, layout: RepositoryLayout, files: Files) throws {
        try SignedFile.publish(
            try StoredJSON.encode(keyring), at: layout.keyring(revision: keyring.revision), purpose: .keyring,
            signer: signer, files: files, existing: .refuse)
        for revision in try revisions(layout, files) where revision < keyring.revision {
            try files.remove(layout.keyring(revision: revision))
            let signature = RepositoryLayout.signature(of: layout.keyring(revision: revision))
            if try files.status(signature) != nil { try files.remove(signature) }
        }
    }

    private static func revisions(_ layout: RepositoryLayout, _ files: Files) throws -> [Int] {
        try StoredFile.list(layout.keys, layout, files).compactMap { entry in
            revision(ofFile: entry.name)
        }.sorted()
    }

    /// The revision that a file's name stands for; only the one spelling that is ever written counts.
    static func revision(ofFile name: String) -> Int? {
        guard name.hasPrefix("keyring-"), name.hasSuffix(".json"),
            let revision = Int(name.dropFirst(8).dropLast(5)), name == "keyring-\(revision).json"
        else { return nil }
        return revision
    }
}
