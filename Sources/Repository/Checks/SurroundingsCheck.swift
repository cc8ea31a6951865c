import Crypto
import DurableFiles

/// Checks what lies around the chunks: escrow files, key files, strangers, modes.
package struct SurroundingsCheck {
    private let repository: Repository
    private let inventory: Inventory

    package init(repository: Repository, inventory: Inventory) {
        self.repository = repository
        self.inventory = inventory
    }

    /// The escrow file of every one of these backups, by size and hash.
    package func escrow(of entries: [InventoryEntry]) throws -> [Finding] {
        var findings: [Finding] = []
        for entry in entries {
            guard let record = entry.manifest.escrow else { continue }
            let path = repository.layout.escrow(entry.id), name = repository.layout.relative(path)
            let damage: RepositoryFault?
            if try repository.files.status(path) == nil {
                damage = .missing(path: name)
            } else {
                let bytes = try repository.files.read(path, limit: Escrow.limit * 2)
                damage = fault(bytes, record, name)
            }
            if let damage { findings.append(Finding(damage: damage, subject: name, backups: [entry.id])) }
        }
        return findings
    }

    private func fault(_ bytes: [UInt8], _ record: Manifest.EscrowRecord, _ name: String) -> RepositoryFault? {
        if bytes.isEmpty { return .malformed(path: name, reason: "it is empty") }
        if bytes.count != record.bytes {
            return .malformed(path: name, reason: "it has \(bytes.count) bytes instead of \(record.bytes)")
        }
        if SHA256.hash(bytes).hex != record.sha256 {
            return .malformed(path: name, reason: "its bytes do not have the recorded SHA-256")
        }
        return nil
    }

    /// The files that every repository needs for the day when only it is left.
    package func keyFiles() throws -> [Finding] {
        let layout = repository.layout
        var paths = repository.keyring.generations.flatMap {
            [layout.identity(generation: $0.number), layout.idKey(generation: $0.number)]
        }
        paths.append(layout.signingKey(line: 1))
        var findings: [Finding] = []
        for path in paths {
            let name = layout.relative(path)
            guard let status = try repository.files.status(path) else {
                findings.append(Finding(damage: .missing(path: name), subject: name, backups: []))
                continue
            }
            if let reason = try KeyFileForm.fault(path, size: status.size, files: repository.files) {
                findings.append(Finding(damage: .malformed(path: name, reason: reason), subject: name, backups: []))
            }
        }
        return findings + (try recoveryFiles())
    }

    /// `recover.sh` and its guide, against the hashes in the newest manifest.
    private func recoveryFiles() throws -> [Finding] {
        guard let expected = inventory.latest?.manifest.recovery else { return [] }
        let layout = repository.layout
        return try expected.sorted { $0.key < $1.key }.compactMap { name, sha256 in
            let path = layout.root + "/" + name
            if try repository.files.status(path) == nil {
                return Finding(damage: .missing(path: name), subject: name, backups: [])
            }
            if SHA256.hash(try repository.files.read(path, limit: 1 << 20)).hex == sha256 { return nil }
            return Finding(
                damage: .malformed(path: name, reason: "it was edited since the last backup"), subject: name,
                backups: [])
        }
    }

    /// Chunks and escrow files that no manifest names, temporary files, strangers, and modes that let others in.
    package func strangers() throws -> [Finding] {
        let layout = repository.layout, files = repository.files
        let contents = try repository.store.scan()
        var findings: [Finding] = []
        let named = Set(inventory.records().keys)
        for name in contents.chunks.subtracting(named).sorted() {
            findings.append(Finding(note: .unnamedChunk, subject: layout.relative(layout.chunk(name))))
        }
        findings += contents.strangers.map { Finding(note: .stranger, subject: $0) }
        findings += try files.list(layout.temporary).map {
            Finding(note: .temporary, subject: layout.relative(layout.temporary) + "/" + $0.name)
        }
        let escrowed = Set(inventory.entries.filter { $0.manifest.escrow != nil }.map { $0.id.text + ".age" })
        for entry in try files.list(layout.escrow) where !escrowed.contains(entry.name) {
            findings.append(Finding(note: .unnamedEscrow, subject: "escrow/" + entry.name))
        }
        var proofs: [Finding] = []
        for entry in inventory.entries { _ = try ProofStore.proofs(of: entry, repository, findings: &proofs) }
        return findings + proofs
    }

    /// Files and folders that others than the owner may read or write; meaningful on a local file system only.
    package func modes() throws -> [Finding] {
        let layout = repository.layout, files = repository.files
        var findings: [Finding] = []
        let folders = layout.folders + (try files.list(layout.chunks).map { layout.chunks + "/" + $0.name })
        for folder in folders {
            try note(folder, &findings)
            guard folder != layout.root, folder != layout.chunks else { continue }
            for entry in try files.list(folder) where entry.kind == .file {
                try note(folder + "/" + entry.name, &findings)
            }
        }
        return findings
    }

    private func note(_ path: String, _ findings: inout [Finding]) throws {
        guard let status = try repository.files.status(path), status.mode & 0o077 != 0 else { return }
        findings.append(Finding(note: .wrongMode, subject: repository.layout.relative(path)))
    }
}

/// Whether a sealed key file still has the form of one; only its recipients can tell more.
private enum KeyFileForm {
    static func fault(_ path: String, size: Int, files: Files) throws -> String? {
        if size == 0 { return "it is empty" }
        if size > 1 << 20 { return "it is far too long" }
        let text = String(decoding: try files.read(path, limit: 1 << 20), as: UTF8.self)
        let whole =
            text.hasPrefix("-----BEGIN AGE ENCRYPTED FILE-----\n")
            && text.hasSuffix("\n-----END AGE ENCRYPTED FILE-----\n")
        return whole ? nil : "it is not an armored age file"
    }
}
