import Crypto
import DurableFiles
package import Effects

/// Moves damage out of the way, so that the next backup writes the missing chunks again.
///
/// Nothing is deleted but temporary files; what is damaged lies in `quarantine/` afterwards. Hold the repository's lock
/// exclusively.
package struct Repair {
    let repository: Repository
    let inventory: Inventory
    private var other: OtherCopy?

    /// - Parameter other: root of another copy of the same repository.
    package init(repository: Repository, inventory: Inventory, other: String?) {
        self.repository = repository
        self.inventory = inventory
        self.other = other.map { OtherCopy(root: $0, repository: repository, inventory: inventory) }
    }

    /// Decides for every finding of a verification what to do about it.
    package mutating func plan(findings: [Finding]) throws -> RepairPlan {
        var plan = RepairPlan()
        var missing = try missingNumbers(), returned: [InventoryEntry] = []
        // Also those that were given up before: that they are lost here says nothing of the other copy.
        let wanted = try wantedNumbers(missing)
        for entry in try other?.returning(wanted) ?? [] where follows(entry, returned) {
            missing.removeAll { $0 == entry.manifest.sequence }
            try bringBack(entry, &plan)
            returned.append(entry)
        }
        let all = (inventory.entries + returned).sorted { $0.manifest.sequence < $1.manifest.sequence }
        plan.order = all.map(\.id)
        for finding in findings {
            switch finding.kind {
            case .note(.temporary): plan.removed.append(finding.subject)
            case .note: continue
            case .damage(let fault): try decide(finding, fault, &plan)
            }
        }
        // A backup exists when its manifest does, so that comes last.
        let manifests = plan.fetched.filter(isManifest)
        plan.fetched = plan.fetched.filter { !isManifest($0) } + manifests
        plan.acknowledged = acknowledged(missing, all)
        plan.unmendable = try unmendable(all, plan.acknowledged)
        return plan
    }

    private func isManifest(_ path: String) -> Bool { path.hasPrefix("backups/") }

    private func decide(_ finding: Finding, _ fault: RepositoryFault, _ plan: inout RepairPlan) throws {
        // Gaps in the chain and a repository that went back are about files that are not there.
        if case .brokenChain = fault { return }
        if case .wentBack = fault { return }
        let path = finding.subject
        guard !plan.fetched.contains(path), !plan.quarantined.contains(path) else { return }
        // Where the bytes are as recorded and the content is wrong, another copy of the bytes is no better.
        if finding.level == .stored, try other?.pieces(path) != nil {
            plan.fetched.append(path)
            return
        }
        if path.hasPrefix("keys/") || path == "recover.sh" || path == "RECOVER.md" {
            plan.resealed.append(path)
            return
        }
        for backup in finding.backups { plan.incomplete[backup, default: 0] += 1 }
        plan.quarantined += try inTheWay(path).filter { !plan.quarantined.contains($0) }
    }

    /// What has to go so that a whole file can be written under a path.
    private func inTheWay(_ path: String) throws -> [String] {
        let root = repository.layout.root + "/", files = repository.files
        let folder = Files.parent(of: path)
        if let status = try files.status(root + folder, followingLinks: true), status.kind != .folder {
            return [folder]
        }
        let signed =
            isManifest(path) || path.hasPrefix("rotations/") ? [path, RepositoryLayout.signature(of: path)] : [path]
        return try signed.filter { try files.status(root + $0) != nil }
    }

    /// A backup whose manifest is missing here and whole in the other copy, with what is missing of its content.
    private func bringBack(_ entry: InventoryEntry, _ plan: inout RepairPlan) throws {
        let layout = repository.layout
        var paths = entry.manifest.chunks.keys.sorted().map { layout.chunk($0) }
        if entry.manifest.escrow != nil { paths.append(layout.escrow(entry.id)) }
        for path in paths where try repository.files.status(path) == nil {
            let name = layout.relative(path)
            if plan.fetched.contains(name) { continue }
            if try other?.pieces(name) == nil {
                plan.incomplete[entry.id, default: 0] += 1
            } else {
                plan.fetched.append(name)
            }
        }
        plan.fetched.append(layout.relative(layout.manifest(entry.id)))
    }

    /// Numbers of the chain that no manifest has and no signed removal names.
    private func missingNumbers() throws -> [Int] {
        guard !inventory.findings.isEmpty else { return [] }
        var ignored: [Finding] = []
        let removals = try Removals(repository, findings: &ignored)
        let present = Set(inventory.entries.map(\.manifest.sequence))
        let last = max(try repository.host.memory()?.sequence ?? 0, present.max() ?? 0)
        guard last > 0 else { return [] }
        return (1...last).filter { !present.contains($0) && !removals.covers($0...$0) }
    }

    /// The numbers for which a manifest of the other copy is welcome: those that are missing, and those that are recorded as
    /// lost. What was removed on purpose stays away.
    private func wantedNumbers(_ missing: [Int]) throws -> Set<Int> {
        var ignored: [Finding] = []
        let lost = try Removals(repository, findings: &ignored).lostNumbers
        return Set(missing).union(lost).subtracting(inventory.entries.map(\.manifest.sequence))
    }

    /// Whether a manifest is the one that the backup after it names, where that is here; one that was taken while this one
    /// was lost names an earlier one.
    private func follows(_ entry: InventoryEntry, _ returned: [InventoryEntry]) -> Bool {
        let next = inventory.entries.first { $0.manifest.sequence == entry.manifest.sequence + 1 }
        guard let link = next?.manifest.previous, link != entry.link else { return true }
        return Chain.names(link, (inventory.entries + returned)[...])
    }

    /// What is wrong with the chain that no file of another copy and no record mends, one clause each.
    private func unmendable(_ entries: [InventoryEntry], _ lost: [Removals.Removed]) throws -> [String] {
        guard !inventory.findings.isEmpty else { return [] }
        var ignored: [Finding] = []
        let removals = try Removals(repository, findings: &ignored).adding(lost)
        return Chain.check(entries, removals: removals).map(\.message)
    }

    private func acknowledged(_ missing: [Int], _ entries: [InventoryEntry]) -> [Removals.Removed] {
        var links: [Int: Manifest.Link] = [:]
        for entry in entries {
            // One that names an earlier one says nothing of what is missing.
            guard let link = entry.manifest.previous, !Chain.names(link, entries[...]) else { continue }
            links[entry.manifest.sequence - 1] = link
        }
        return missing.map { Removals.Removed(sequence: $0, id: links[$0]?.id, sha256: links[$0]?.sha256) }
    }

    /// Carries the plan out.
    ///
    /// - Throws: `hostKeysMissing` when something has to be signed or sealed and the keys are not here.
    package func perform(_ plan: RepairPlan, clock: any Clock) throws {
        let files = repository.files, layout = repository.layout
        try files.createFolder(layout.quarantine)
        for path in plan.removed { try files.remove(layout.root + "/" + path) }
        for path in plan.quarantined { try quarantine(path) }
        try repository.completeFolders()
        for path in plan.fetched { try fetch(path) }
        for path in plan.resealed { try remake(path) }
        if plan.fetched.contains(where: isManifest) { try takeBack(clock) }
        if !plan.acknowledged.isEmpty { try record(plan.acknowledged, clock) }
    }

    /// Signs that manifests are lost.
    private func record(_ lost: [Removals.Removed], _ clock: any Clock) throws {
        let now = clock.now()
        let document = Removals.Document(
            repository: repository.description.id, time: now.iso8601, reason: Removals.lostReason, removed: lost)
        let name = now.compact + "-" + Hex.encode(try Random.bytes(count: 4))
        try SignedFile.publish(
            try StoredJSON.encode(document), at: "\(repository.layout.removals)/\(name).json", purpose: .removal,
            signer: try repository.writingSigner(), files: repository.files, existing: .refuse)
    }

    /// Takes back what is recorded of manifests that are here again: lost once more, they are damage again. Where the
    /// signing key is not here, the records stay.
    private func takeBack(_ clock: any Clock) throws {
        guard try repository.host.signer() != nil else { return }
        var ignored: [Finding] = []
        let present = Set(try Inventory(repository).entries.map(\.manifest.sequence))
        for (path, document) in try Removals(repository, findings: &ignored).lost {
            let rest = document.removed.filter { !present.contains($0.sequence) }
            if rest.count == document.removed.count { continue }
            if !rest.isEmpty { try record(rest, clock) }
            let name = repository.layout.relative(path)
            for file in [name, RepositoryLayout.signature(of: name)] { try quarantine(file) }
        }
    }

    private func quarantine(_ path: String) throws {
        try Quarantine.take(path, repository.layout, repository.files)
    }

    private func fetch(_ path: String) throws {
        // Read and checked once more: it may have changed since the plan was made.
        guard let pieces = try other?.pieces(path) else { throw RepositoryFault.missing(path: path) }
        let files = repository.files
        for piece in pieces {
            let target = repository.layout.root + "/" + piece.path
            if try files.status(target) != nil { try quarantine(piece.path) }
            try files.createFolder(Files.parent(of: target))
            try files.publish(piece.bytes, at: target)
        }
    }
}
