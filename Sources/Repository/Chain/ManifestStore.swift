import Crypto
import DurableFiles

/// Reads and writes manifests.
package enum ManifestStore {
    /// Publishes a manifest: escrow file and signature first, then the manifest itself. From its rename on, the backup
    /// exists.
    package static func publish(
        _ manifest: Manifest, escrow: Escrow.Sealed? = nil, signer: Signer, repository: Repository
    ) throws {
        let group = PendingGroup(files: repository.files)
        try escrow?.bytes.withUnsafeBytes { try group.add($0, as: repository.layout.escrow(manifest.id)) }
        try SignedFile.publish(
            try StoredJSON.encode(manifest), at: repository.layout.manifest(manifest.id), purpose: .manifest,
            signer: signer, files: repository.files, existing: .refuse, with: group)
    }

    /// Whether this very manifest has its name, after an attempt to publish it that failed.
    package static func isPublished(_ manifest: Manifest, _ repository: Repository) throws -> Bool {
        do { return try load(manifest.id, repository).manifest == manifest } catch is RepositoryFault { return false }
    }

    /// - Throws: `malformed`, `missing`, `badSignature`.
    static func load(_ id: BackupID, _ repository: Repository) throws -> InventoryEntry {
        let path = repository.layout.manifest(id)
        let signed = try SignedFile.read(
            path, purpose: .manifest, signers: repository.signers, layout: repository.layout, files: repository.files)
        return try entry(id, signed.content, signer: signed.signer, repository)
    }

    /// The backup of a manifest whose signature was checked; nothing is parsed before that.
    static func entry(
        _ id: BackupID, _ content: [UInt8], signer: String, _ repository: Repository
    ) throws -> InventoryEntry {
        let name = repository.layout.relative(repository.layout.manifest(id))
        let manifest = try StoredJSON.decode(Manifest.self, from: content, path: name)
        guard manifest.schema == Manifest.schema else {
            throw RepositoryFault.malformed(path: name, reason: "its schema is \(manifest.schema)")
        }
        guard manifest.id == id else {
            throw RepositoryFault.malformed(path: name, reason: "it is the manifest of \(manifest.id.text)")
        }
        guard manifest.repository == repository.description.id else {
            throw RepositoryFault.malformed(path: name, reason: "it belongs to another repository")
        }
        if let reason = manifest.formFault { throw RepositoryFault.malformed(path: name, reason: reason) }
        if let missing = manifest.firstUnlistedChunk {
            throw RepositoryFault.malformed(path: name, reason: "it has no record of its chunk \(missing.hex)")
        }
        return InventoryEntry(manifest: manifest, sha256: SHA256.hash(content).hex, signer: signer)
    }

    /// The ids of all manifests; other files in the folder become findings.
    static func ids(_ repository: Repository, findings: inout [Finding]) throws -> [BackupID] {
        var ids: [BackupID] = [], signatures: [BackupID] = []
        for entry in try repository.list(repository.layout.backups) {
            // Whatever has the name of a manifest stands for one, also when it is none.
            if let id = id(entry.name, suffix: ".json") {
                ids.append(id)
            } else if let id = id(entry.name, suffix: ".json.sig") {
                signatures.append(id)
            } else {
                findings.append(Finding(unknown: "backups/\(entry.name)"))
            }
        }
        for id in signatures where !ids.contains(id) {
            findings.append(Finding(note: .unfinishedManifest, subject: "backups/\(id.text).json.sig"))
        }
        return ids
    }

    static func id(_ name: String, suffix: String) -> BackupID? {
        name.hasSuffix(suffix) ? BackupID(String(name.dropLast(suffix.utf8.count))) : nil
    }
}

extension Manifest {
    /// The names of every stream of a database, in the order of use.
    package static func streams(of database: Database) -> [[ChunkName]] {
        [database.schema.archive, database.schema.preData, database.schema.postData]
            + database.tables.flatMap(\.ranges)
    }

    fileprivate var firstUnlistedChunk: ChunkName? {
        for database in databases {
            for stream in Manifest.streams(of: database) {
                if let missing = stream.first(where: { chunks[$0] == nil }) { return missing }
            }
        }
        return nil
    }
}
