/// A manifest that was read, whose signature holds, and that belongs here.
package struct InventoryEntry: Sendable {
    package let manifest: Manifest
    /// SHA-256 of the manifest's file, hex.
    package let sha256: String
    /// Fingerprint of its signer.
    package let signer: String
    package var id: BackupID { manifest.id }
    package var link: Manifest.Link { Manifest.Link(id: manifest.id, sha256: sha256) }

    package init(manifest: Manifest, sha256: String, signer: String) {
        self.manifest = manifest
        self.sha256 = sha256
        self.signer = signer
    }
}

/// All backups of a repository in the order of the chain, and what is wrong with the ones that are not among them.
package struct Inventory: Sendable {
    /// Oldest first.
    package let entries: [InventoryEntry]
    package let findings: [Finding]

    /// Those that were said not to be of this instance.
    private let rejected: Set<BackupID>

    /// The end of the chain, whatever the clocks said.
    package var end: InventoryEntry? { entries.last }
    /// The backup that `latest` means: the last of the chain that was not rejected.
    package var latest: InventoryEntry? { entries.last { !rejected.contains($0.id) } }
    /// The backups of this instance, oldest first.
    package var ownEntries: [InventoryEntry] { entries.filter { !rejected.contains($0.id) } }

    /// Reads every manifest and follows the chain. Needs no key.
    package init(_ repository: Repository) throws {
        // Before the manifests are listed: one that is published meanwhile must not look like one that went away.
        let memory = try repository.host.memory()
        var findings: [Finding] = [], entries: [InventoryEntry] = []
        for id in try ManifestStore.ids(repository, findings: &findings) {
            do {
                entries.append(try ManifestStore.load(id, repository))
            } catch let fault as RepositoryFault {
                findings.append(Finding(damage: fault, subject: "backups/\(id.text).json", backups: [id]))
            }
        }
        entries.sort { ($0.manifest.sequence, $0.id) < ($1.manifest.sequence, $1.id) }
        let removals = try Removals(repository, findings: &findings)
        findings += Chain.check(entries, removals: removals)
        if let memory {
            let newest = entries.last?.manifest.sequence ?? 0
            if newest < memory.sequence, !removals.covers(newest + 1...memory.sequence) {
                let fault = RepositoryFault.wentBack(newest: newest, remembered: memory.sequence)
                findings.append(Finding(damage: fault, subject: "backups", backups: []))
            }
        }
        // Those that do not hold are told by whoever looks at all files.
        var ignored: [Finding] = []
        rejected = try Set(Acceptances(repository, findings: &ignored).times(of: .rejected, entries).keys)
        self.entries = entries
        self.findings = findings
    }

    /// Finds a backup by `latest`, its id, or the beginning of its id.
    package func find(_ text: String, repository path: String) throws -> InventoryEntry {
        if text == "latest", let latest { return latest }
        let matches = text.isEmpty ? [] : entries.filter { $0.id.text.hasPrefix(text) }
        guard let match = matches.first else {
            let lost = lost.first { !text.isEmpty && (text == "latest" || $0.id.text.hasPrefix(text)) }
            if let lost { throw lost.fault }
            if text == "latest", let wentBack { throw wentBack }
            if text == "latest", !entries.isEmpty { throw RepositoryFault.allRejected(repository: path) }
            throw entries.isEmpty ? RepositoryFault.noBackups(repository: path) : .noSuchBackup(text)
        }
        guard matches.count == 1 else {
            throw RepositoryFault.ambiguousBackup(text, candidates: matches.map(\.id.text))
        }
        return match
    }

    /// As `find`, for restoring: `latest` is refused while damage may hide a backup that is newer than what it means.
    package func findForRestore(_ text: String, repository path: String) throws -> InventoryEntry {
        let found = try find(text, repository: path)
        if text == "latest", let fault = lost.first(where: { !isOlder($0.id) })?.fault ?? wentBack {
            throw RepositoryFault.latestUncertain(reason: fault.message, newest: found.id.text)
        }
        return found
    }

    /// Whether a backup whose manifest cannot be used is known to be older than one that can: that names it as the one
    /// before it.
    private func isOlder(_ id: BackupID) -> Bool { entries.contains { $0.manifest.previous?.id == id } }

    /// Backups whose manifest is there and cannot be used, with what is wrong with it.
    private var lost: [(id: BackupID, fault: RepositoryFault)] {
        let whole = Set(entries.map(\.id))
        return findings.compactMap { finding in
            guard case .damage(let fault) = finding.kind, let id = finding.backups.first, !whole.contains(id) else {
                return nil
            }
            return (id, fault)
        }
    }

    private var wentBack: RepositoryFault? {
        for finding in findings {
            if case .damage(let fault) = finding.kind, case .wentBack = fault { return fault }
        }
        return nil
    }

    /// Every record of every chunk. A chunk that was written again has other bytes than before; each of them counts.
    package func records() -> [ChunkName: Set<ChunkRecord>] {
        var records: [ChunkName: Set<ChunkRecord>] = [:]
        for entry in entries {
            for (name, record) in entry.manifest.chunks { records[name, default: []].insert(record) }
        }
        return records
    }
}
