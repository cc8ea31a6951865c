import Crypto
import DurableFiles

/// Checks what lies around the chunks: escrow files, key files, strangers, modes.
package struct RepositoryFilesCheck {
    private let repository: Repository
    private let inventory: Inventory
    private var layout: RepositoryLayout { repository.layout }

    package init(repository: Repository, inventory: Inventory) {
        self.repository = repository
        self.inventory = inventory
    }

    /// The escrow file of every one of these backups, by size and hash.
    package func escrow(of entries: [InventoryEntry]) throws -> [Finding] {
        var findings: [Finding] = []
        for entry in entries {
            guard let record = entry.manifest.escrow else { continue }
            let name = layout.relative(layout.escrow(entry.id))
            do {
                let bytes = try repository.read(layout.escrow(entry.id), limit: Escrow.fileLimit)
                if let reason = fault(bytes, record) { throw RepositoryFault.malformed(path: name, reason: reason) }
            } catch let damage as RepositoryFault {
                findings.append(Finding(damage: damage, subject: name, backups: [entry.id]))
            }
        }
        return findings
    }

    private func fault(_ bytes: [UInt8], _ record: Manifest.EscrowRecord) -> String? {
        if bytes.isEmpty { return "it is empty" }
        if bytes.count != record.bytes { return "it has \(bytes.count) bytes instead of \(record.bytes)" }
        return SHA256.hash(bytes).hex == record.sha256 ? nil : "its bytes do not have the recorded SHA-256"
    }

    /// The files that every repository needs for the day when only it is left.
    package func keyFiles() throws -> [Finding] {
        let signers = layout.relative(layout.allowedSigners)
        var findings = repository.signers.strangers.map { line in
            Finding(
                damage: .malformed(
                    path: signers,
                    reason:
                        "line \(line.number) holds the key \(line.key.fingerprint), which no trusted signer vouches for"
                ),
                subject: signers, backups: [])
        }
        for file in repository.keyring.files.keys.sorted() {
            let path = layout.keys + "/" + file, name = layout.relative(path)
            do {
                let bytes = try repository.read(path, limit: 1 << 20)
                if let damage = repository.fault(inKeyFile: file, bytes) { throw damage }
            } catch let damage as RepositoryFault {
                findings.append(Finding(damage: damage, subject: name, backups: []))
            }
        }
        return findings + (try recoveryFiles())
    }

    /// `recover.sh` and its guide, against the hashes in the newest manifest.
    private func recoveryFiles() throws -> [Finding] {
        guard let expected = inventory.end?.manifest.recovery else { return [] }
        let ours = Dictionary(
            uniqueKeysWithValues: RecoveryFiles.contents(layout).map { (layout.relative($0.path), $0.bytes) })
        return try expected.sorted { $0.key < $1.key }.compactMap { name, sha256 in
            do {
                let bytes = try repository.read(layout.root + "/" + name, limit: 1 << 20)
                // `repair` by a newer release writes the files of that release.
                if SHA256.hash(bytes).hex == sha256 || bytes == ours[name] { return nil }
                throw RepositoryFault.malformed(path: name, reason: "it was edited since the last backup")
            } catch let damage as RepositoryFault {
                return Finding(damage: damage, subject: name, backups: [])
            }
        }
    }

    /// Chunks and escrow files that no manifest names, temporary files, strangers, keys of open rotations that nobody may
    /// use, and proofs and acceptances that cannot be read.
    package func strangers() throws -> [Finding] {
        let contents = try repository.store.scan()
        var findings: [Finding] = []
        let named = Set(inventory.records().keys)
        for name in contents.chunks.subtracting(named).sorted() {
            findings.append(Finding(note: .unnamedChunk, subject: layout.relative(layout.chunk(name))))
        }
        findings += contents.strangers.map { Finding(unknown: $0) }
        findings += try repository.list(layout.temporary).map {
            Finding(note: .temporary, subject: layout.relative(layout.temporary) + "/" + $0.name)
        }
        let escrowed = Set(inventory.entries.filter { $0.manifest.escrow != nil }.map { $0.id.text + ".age" })
        for entry in try repository.list(layout.escrow) where !escrowed.contains(entry.name) {
            let subject = "escrow/" + entry.name
            let isEscrow = entry.name.hasSuffix(".age") && BackupID(String(entry.name.dropLast(4))) != nil
            findings.append(isEscrow ? Finding(note: .unnamedEscrow, subject: subject) : Finding(unknown: subject))
        }
        findings += try unknown(in: layout.keys, isKnown: isKeyFile)
        for folder in [layout.removals, layout.accepted] {
            findings += try unknown(in: folder) { $0.hasSuffix(".json") || $0.hasSuffix(".json.sig") }
        }
        findings += try RotationStore(repository).findings()
        findings += try unknown(in: layout.proofs) { BackupID($0) != nil }
        // The repository may be the root of a disk, with what belongs there.
        findings += try unknown(in: layout.root) { !Files.isTemporary($0) }
        var ignored: [Finding] = []
        for entry in inventory.entries { _ = try ProofStore.proofs(of: entry, repository, findings: &ignored) }
        _ = try Acceptances(repository, findings: &ignored)
        return findings + ignored
    }

    private func unknown(in folder: String, isKnown: (String) -> Bool) throws -> [Finding] {
        try repository.list(folder).filter { !isKnown($0.name) }.map {
            Finding(unknown: layout.relative(folder + "/" + $0.name))
        }
    }

    private func isKeyFile(_ name: String) -> Bool {
        if repository.keyring.files[name] != nil || layout.keys + "/" + name == layout.allowedSigners { return true }
        if (repository.signers.lines + repository.signers.strangers).contains(where: {
            layout.keys + "/" + name == layout.introduction(line: $0.number)
        }) {
            return true
        }
        // Also older revisions, which a change that was cut off left, and the signature of one never published.
        let signed = name.hasSuffix(".sig") ? String(name.dropLast(4)) : name
        return KeyringStore.revision(ofFile: signed) != nil
    }

    /// Files and folders that others than the owner may read or write; meaningful on a local file system only.
    package func modes() throws -> [Finding] {
        var findings: [Finding] = []
        for folder in layout.folders {
            try note(folder, &findings)
            guard folder != layout.proofs, folder != layout.chunks else { continue }
            for entry in try repository.list(folder) where entry.kind == .file {
                try note(folder + "/" + entry.name, &findings)
            }
        }
        for parent in [layout.chunks, layout.proofs] {
            for folder in try repository.list(parent) where folder.kind == .folder {
                let path = parent + "/" + folder.name
                try note(path, &findings)
                for entry in try repository.list(path) where entry.kind == .file {
                    try note(path + "/" + entry.name, &findings)
                }
            }
        }
        return findings
    }

    private func note(_ path: String, _ findings: inout [Finding]) throws {
        guard let status = try repository.files.status(path), status.mode & 0o077 != 0 else { return }
        findings.append(Finding(note: .wrongMode, subject: layout.relative(path)))
    }
}
