import Age
import Crypto
import DurableFiles
package import Effects

/// What `repair` is going to do; a value that can be shown before anything is done.
package struct RepairPlan: Sendable, Equatable {
    /// Files, relative to the repository, that are replaced by whole ones from the other copy.
    package var fetched: [String] = []
    /// Damaged files that move to `quarantine/`.
    package var quarantined: [String] = []
    /// Key files that are sealed again from what this host and the manifests hold.
    package var resealed: [String] = []
    /// Temporary files that are removed.
    package var removed: [String] = []
    /// Manifests that are gone for good, to be named in a signed removal.
    package var acknowledged: [Removals.Removed] = []
    /// Backups that stay incomplete, with the number of chunks or files that they lack.
    package var incomplete: [BackupID: Int] = [:]

    package var isEmpty: Bool {
        fetched.isEmpty && quarantined.isEmpty && resealed.isEmpty && removed.isEmpty && acknowledged.isEmpty
    }
}

/// Moves damage out of the way, so that the next backup writes the missing chunks again.
///
/// Nothing is deleted but temporary files; what is damaged lies in `quarantine/` afterwards. Hold the repository's lock
/// exclusively.
package struct Repair {
    private let repository: Repository
    private let inventory: Inventory
    /// Root of another copy of the same repository.
    private let other: RepositoryLayout?

    package init(repository: Repository, inventory: Inventory, other: String?) {
        self.repository = repository
        self.inventory = inventory
        self.other = other.map(RepositoryLayout.init(root:))
    }

    /// Decides for every finding of a verification what to do about it.
    package func plan(findings: [Finding]) throws -> RepairPlan {
        var plan = RepairPlan()
        for finding in findings {
            switch finding.kind {
            case .note(.temporary): plan.removed.append(finding.subject)
            case .note: continue
            case .damage(let fault): try decide(finding, fault, &plan)
            }
        }
        plan.acknowledged = try goneForGood(plan)
        return plan
    }

    private func decide(_ finding: Finding, _ fault: RepositoryFault, _ plan: inout RepairPlan) throws {
        // Gaps in the chain and a repository that went back are about files that are not there.
        if case .brokenChain = fault { return }
        if case .wentBack = fault { return }
        let path = finding.subject
        guard !plan.fetched.contains(path), !plan.quarantined.contains(path) else { return }
        if try isWholeElsewhere(path) {
            plan.fetched.append(path)
            return
        }
        if path.hasPrefix("keys/") || path == "recover.sh" || path == "RECOVER.md" {
            plan.resealed.append(path)
            return
        }
        for backup in finding.backups { plan.incomplete[backup, default: 0] += 1 }
        if try repository.files.status(repository.layout.root + "/" + path) != nil { plan.quarantined.append(path) }
    }

    /// Whether the other copy has this file with bytes that a signature vouches for.
    private func isWholeElsewhere(_ path: String) throws -> Bool {
        guard let other, try repository.files.status(other.root + "/" + path) != nil else { return false }
        let folder = path.split(separator: "/").first.map(String.init) ?? ""
        switch folder {
        case "chunks":
            guard let name = ChunkName(fileName: Files.name(of: path)) else { return false }
            let checker = ChunkHasher(store: ChunkStore(layout: other, files: repository.files))
            do { try checker.check(name, accepted: inventory.records()[name] ?? []) } catch is RepositoryFault {
                return false
            }
            return true
        case "escrow":
            let bytes = try repository.files.read(other.root + "/" + path, limit: Escrow.limit * 4)
            let hash = SHA256.hash(bytes).hex
            return inventory.entries.contains {
                "escrow/\($0.id.text).age" == path && $0.manifest.escrow?.sha256 == hash
            }
        case "backups":
            let purpose = SignaturePurpose.manifest
            do {
                _ = try SignedFile.read(
                    other.root + "/" + path, purpose: purpose, signers: repository.signers, layout: other,
                    files: repository.files)
            } catch is RepositoryFault { return false }
            return true
        default: return false
        }
    }

    /// Numbers of the chain that no manifest will have once the plan is carried out.
    private func goneForGood(_ plan: RepairPlan) throws -> [Removals.Removed] {
        guard !inventory.findings.isEmpty else { return [] }
        let fetched = plan.fetched.contains { $0.hasPrefix("backups/") }
        // With manifests on their way back the numbers are known only after another look.
        if fetched { return [] }
        var ignored: [Finding] = []
        let removals = try Removals(repository, findings: &ignored)
        let present = Set(inventory.entries.map(\.manifest.sequence))
        let last = max(try repository.host.memory()?.sequence ?? 0, present.max() ?? 0)
        guard last > 0 else { return [] }
        var links: [Int: Manifest.Link] = [:]
        for entry in inventory.entries { links[entry.manifest.sequence - 1] = entry.manifest.previous }
        return (1...last).filter { !present.contains($0) && !removals.covers($0...$0) }.map {
            Removals.Removed(sequence: $0, id: links[$0]?.id, sha256: links[$0]?.sha256)
        }
    }

    /// Carries the plan out.
    ///
    /// - Throws: `hostKeysMissing` when something has to be signed or sealed and the keys are not here.
    package func perform(_ plan: RepairPlan, clock: any Clock) throws {
        let files = repository.files, layout = repository.layout
        for path in plan.removed { try files.remove(layout.root + "/" + path) }
        for path in plan.quarantined { try quarantine(path) }
        for path in plan.fetched { try fetch(path) }
        for path in plan.resealed { try remake(path) }
        guard !plan.acknowledged.isEmpty else { return }
        let now = clock.now()
        let document = Removals.Document(
            repository: repository.description.id, time: now.iso8601, reason: "damaged", removed: plan.acknowledged)
        let name = now.compact + "-" + Hex.encode(try Random.bytes(count: 4))
        try SignedFile.publish(
            try StoredJSON.encode(document), at: "\(layout.removals)/\(name).json", purpose: .removal,
            signer: try repository.writingKeys().signer, files: files, existing: .refuse)
    }

    private func quarantine(_ path: String) throws {
        let layout = repository.layout
        let stamp = Hex.encode(try Random.bytes(count: 4))
        try repository.files.rename(
            layout.root + "/" + path,
            to: layout.quarantine + "/" + path.replacing("/", with: "-") + "." + stamp)
    }

    private func fetch(_ path: String) throws {
        guard let other else { return }
        let files = repository.files, target = repository.layout.root + "/" + path
        if try files.status(target) != nil { try quarantine(path) }
        try files.createFolder(Files.parent(of: target))
        if path.hasPrefix("backups/") {
            let signature = RepositoryLayout.signature(of: other.root + "/" + path)
            try files.publish(
                try files.read(signature, limit: 1 << 16), at: RepositoryLayout.signature(of: target))
        }
        try files.publish(try files.read(other.root + "/" + path, limit: SignedFile.limit), at: target)
    }

    private func remake(_ path: String) throws {
        let layout = repository.layout, files = repository.files
        let sealing = KeySealing(
            recipients: try repository.keyring.recipients.map { try AgeRecipient($0) }, layout: layout, files: files)
        for generation in repository.keyring.generations.map(\.number) {
            if path == layout.relative(layout.identity(generation: generation)) {
                // Only its owner can open the identity; a manifest has it sealed already.
                let entry = inventory.entries.last { $0.manifest.key.generation == generation }
                guard let sealed = entry?.manifest.key.identity else { throw RepositoryFault.missing(path: path) }
                try files.publish(Array(sealed.utf8), at: layout.root + "/" + path)
            } else if path == layout.relative(layout.idKey(generation: generation)) {
                guard let key = try repository.host.idKey(generation: generation) else {
                    throw RepositoryFault.hostKeysMissing(folder: repository.host.folder)
                }
                try sealing.seal(HexKey.encode(key), at: layout.root + "/" + path)
            }
        }
        if path.hasPrefix("keys/signing-key-") {
            guard let seed = try repository.host.signingSeed() else {
                throw RepositoryFault.hostKeysMissing(folder: repository.host.folder)
            }
            try sealing.seal(HexKey.encode(seed), at: layout.root + "/" + path)
        }
        try RecoveryFiles.write(layout: layout, files: files)
    }
}
