package import Age
import Crypto
package import DurableFiles

/// The keys of open rotations in a repository: `rotations/<id>.age`, sealed to the escrow recipients, and signed: anybody can
/// seal something to recipients, which are public.
package struct RotationStore {
    private let repository: Repository

    package init(_ repository: Repository) { self.repository = repository }

    /// Publishes the keys of a rotation. May be done again after a run that was cut off: a file that is there and signed
    /// stays, because what is sealed for a rotation never changes.
    ///
    /// - Returns: the SHA-256 of the file.
    /// - Throws: `hostKeysMissing`, `noRecipients`.
    @discardableResult
    package func publish(_ keys: RotationKeys, to recipients: [AgeRecipient]) throws -> String {
        if let published = try digest(of: keys.id) { return published }
        let path = repository.layout.rotation(keys.id), files = repository.files
        let signer = try repository.writingSigner()
        let sealed = try keys.seal(to: recipients, repository: repository.description.id)
        try files.createFolder(repository.layout.rotations)
        // Whatever has its name without a signature is no file of ours.
        if try files.status(path) != nil {
            try files.createFolder(repository.layout.quarantine)
            try Quarantine.take(repository.layout.relative(path), repository.layout, files)
        }
        try SignedFile.publish(sealed, at: path, purpose: .rotation, signer: signer, files: files, existing: .refuse)
        return SHA256.hash(sealed).hex
    }

    /// The SHA-256 of the file of a rotation; nil where there is none that is whole and signed.
    package func digest(of id: RotationID) throws -> String? {
        do { return SHA256.hash(try signed(id)).hex } catch is RepositoryFault { return nil }
    }

    /// The keys of a rotation, checked against the pinned signer before anything of them is read.
    ///
    /// - Parameter source: where the identities came from, for the error.
    /// - Throws: `missing`, `badSignature`, `malformed`, `identityOpensNothing`.
    package func open(_ id: RotationID, identities: [AgeIdentity], source: String) throws -> RotationKeys {
        let name = repository.layout.relative(repository.layout.rotation(id))
        let keys = try RotationKeys.open(
            try signed(id), identities: identities, source: source, repository: repository.description.id,
            name: name)
        // Under the name of another rotation it would be finished with the wrong keys.
        guard keys.id == id else {
            throw RepositoryFault.malformed(path: name, reason: "it is of the rotation \(keys.id.text)")
        }
        return keys
    }

    /// The rotations whose keys lie here, oldest first; whether they are signed is not asked.
    package var ids: [RotationID] {
        get throws { try RotationStore.ids(repository.layout, repository.files) }
    }

    /// The same of a repository that is not opened.
    package static func ids(_ layout: RepositoryLayout, _ files: Files) throws -> [RotationID] {
        try StoredFile.list(layout.rotations, layout, files).compactMap { id($0.name, suffix: ".age") }.sorted()
    }

    /// Takes the keys of a rotation away, once nothing depends on them any more. The signature goes last: alone it is
    /// nothing.
    package func remove(_ id: RotationID) throws {
        let path = repository.layout.rotation(id)
        for file in [path, RepositoryLayout.signature(of: path)] where try repository.files.status(file) != nil {
            try repository.files.remove(file)
            // A power failure must not leave the first without the second.
            try repository.files.syncFolder(repository.layout.rotations)
        }
    }

    /// What runs left that were cut off before the keys had their name, or after they were taken away: temporary files, and
    /// signatures of nothing.
    package func leftovers() throws -> [String] {
        let whole = Set(try ids)
        return try repository.list(repository.layout.rotations).map(\.name).filter { name in
            Files.isTemporary(name) || RotationStore.id(name, suffix: ".age.sig").map { !whole.contains($0) } ?? false
        }
    }

    /// Removes them. Hold the repository's lock exclusively: one that is being written looks the same.
    package func removeLeftovers() throws {
        for name in try leftovers() { try repository.files.remove(repository.layout.rotations + "/" + name) }
    }

    /// What is wrong in the folder: without these keys an interrupted rotation may not be finished.
    package func findings() throws -> [Finding] {
        let layout = repository.layout, ids = try ids
        var findings: [Finding] = []
        for id in ids {
            do { _ = try signed(id) } catch let fault as RepositoryFault {
                // A rotation that has ended meanwhile has taken it away.
                if try repository.files.status(layout.rotation(id)) == nil { continue }
                findings.append(Finding(damage: fault, subject: layout.relative(layout.rotation(id)), backups: []))
            }
        }
        for entry in try repository.list(layout.rotations) {
            let subject = layout.relative(layout.rotations + "/" + entry.name)
            if RotationStore.id(entry.name, suffix: ".age") != nil { continue }
            guard let id = RotationStore.id(entry.name, suffix: ".age.sig") else {
                findings.append(Finding(unknown: subject))
                continue
            }
            if !ids.contains(id) { findings.append(Finding(note: .unfinishedRotation, subject: subject)) }
        }
        return findings
    }

    private func signed(_ id: RotationID) throws -> [UInt8] {
        try SignedFile.read(
            repository.layout.rotation(id), purpose: .rotation, signers: repository.signers, layout: repository.layout,
            files: repository.files
        ).content
    }

    static func id(_ name: String, suffix: String) -> RotationID? {
        name.hasSuffix(suffix) ? RotationID(String(name.dropLast(suffix.utf8.count))) : nil
    }
}
