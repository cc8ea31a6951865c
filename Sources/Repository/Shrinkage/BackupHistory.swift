/// Follows the chain of backups and says of each whether it is shrunk.
///
/// Each is compared with the newest one before it that is not shrunk, or was accepted; after a restore of our own with
/// the backup that was restored. One that was rejected is compared with nothing, and nothing with it. Nothing but signed
/// documents decides.
package struct BackupHistory: Sendable {
    private var assessments: [BackupID: Assessment] = [:]
    /// What the good ones held.
    private var references: [BackupID: Manifest.Reference] = [:]
    /// The newest good one: what the next is compared with.
    private var reference: Manifest.Reference?
    /// The most that those held that count, and what that was when each good one was taken.
    private var peak = Peak()
    private var peaks: [BackupID: Peak] = [:]
    /// What counted before the last restore of our own.
    private var beforeRestore: (reference: Manifest.Reference, peak: Peak)?
    /// The changes of our own that count already: a run that was killed and resumed may have written its note twice.
    private var applied: Set<String> = []
    /// The manifests that are there; what a lost one held is known from those that were compared with it.
    private let present: Set<BackupID>
    /// Those that were rejected, also where the manifest is gone.
    private let left: Set<BackupID>
    /// The drills that came to a key, or a value, that does not open.
    private var disproofs: [BackupID: ProofStore.FailedDrill] = [:]

    /// - Parameters:
    ///   - manifests: in the order of their sequence.
    ///   - accepted: when each of them was accepted.
    ///   - rejected: when each of them was rejected.
    ///   - gone: further ones that were rejected, and whose manifests are gone.
    package init(
        _ manifests: [Manifest], accepted: [BackupID: String], rejected: [BackupID: String] = [:],
        gone: Set<BackupID> = []
    ) {
        present = Set(manifests.map(\.id))
        left = gone.subtracting(present).union(rejected.keys)
        for manifest in manifests {
            add(manifest, accepted: accepted[manifest.id])
            if let time = rejected[manifest.id] { assessments[manifest.id]?.rejected = time }
        }
    }

    /// Reads the acceptances that are signed, and what drills found.
    package init(_ inventory: Inventory, _ repository: Repository) throws {
        var ignored: [Finding] = []
        let acceptances = try Acceptances(repository, findings: &ignored)
        self.init(
            inventory.entries.map(\.manifest), accepted: acceptances.times(of: .accepted, inventory.entries),
            rejected: acceptances.times(of: .rejected, inventory.entries), gone: acceptances.rejected)
        for entry in inventory.entries { disproofs[entry.id] = try ProofStore.disproof(of: entry, repository) }
    }

    /// The drill that found that the key of a backup does not open it, or not all of it, whatever its manifest says; nil
    /// without one.
    package func disproof(of id: BackupID) -> ProofStore.FailedDrill? { disproofs[id] }

    /// Whether a backup's own key opened all of its data, by its manifest and by every drill since, and is among the files
    /// that it keeps.
    package func keepsRightKey(_ entry: InventoryEntry) -> Bool {
        KeyKeepers.keepsRightKey(entry) && disproofs[entry.id] == nil
    }

    /// Empty for a backup that is not in the history.
    package subscript(id: BackupID) -> Assessment {
        assessments[id] ?? Assessment(losses: [], comparedWith: nil)
    }

    /// Whether a backup may count: for what retention keeps, too.
    package func isGood(_ id: BackupID) -> Bool { references[id] != nil }

    /// The newest backup that is not shrunk, or was accepted; nil without one.
    package func newestGood(of entries: [InventoryEntry]) -> InventoryEntry? { entries.last { isGood($0.id) } }

    /// What a database lacks now in comparison with the backup that the next one will be compared with: the same rule, before
    /// there is a backup.
    ///
    /// - Parameters:
    ///   - changes: what this program did to the database since the newest backup.
    ///   - holdings: what the database holds; asked only where there is something to compare it with.
    /// - Returns: nil without such a backup.
    package func assessment(
        after changes: [Manifest.OwnChange], of holdings: () throws -> Holdings
    ) rethrows -> Assessment? {
        var history = self
        for change in changes { history.apply(change, nil) }
        guard let reference = history.reference else { return nil }
        let now = try holdings()
        return Assessment(
            losses: now.losses(since: reference.holdings), decline: history.peak.decline(to: now),
            comparedWith: reference.id)
    }

    /// What to know before a backup is restored: that it is shrunk or rejected, and which older one is not; nil where it
    /// counts.
    package func warning(
        before entry: InventoryEntry, _ inventory: Inventory
    ) -> (text: String, better: BackupID?)? {
        let assessment = self[entry.id]
        if let rejected = assessment.rejected {
            let better = newestGood(of: inventory.entries)?.id
            let advice = better.map { "the newest that counts: \($0.text)" } ?? "no other backup here counts"
            return (
                "the backup \(entry.id.text) was rejected at \(rejected), as not of this instance; \(advice)", better
            )
        }
        guard assessment.isShrunk, let text = assessment.text else { return nil }
        let older = inventory.entries.filter { $0.manifest.sequence < entry.manifest.sequence && isGood($0.id) }
        let start = "the backup \(entry.id.text) is \(assessment.word): \(text); "
        let opened = older.last(where: keepsRightKey)
        guard let best = opened ?? older.last else { return (start + "every older backup is, too", nil) }
        // No more is said of it than is known.
        let key =
            best.manifest.infisical == nil
            ? "" : opened == nil ? ", but whose key was not proven" : " and whose key opened its data"
        return (
            start + "the newest before it that is not\(key): \(best.id.text) (\(best.manifest.finished))", best.id
        )
    }

    /// Compares a new backup, and writes into its manifest what it was compared with and what came of it.
    package mutating func judge(_ manifest: inout Manifest) -> Assessment {
        let assessment = add(manifest, accepted: nil)
        manifest.comparedWith = compared
        manifest.shrunk = assessment.isShrunk ? assessment.losses.map(\.text) : nil
        return assessment
    }

    /// What the last one was compared with.
    private var compared: Manifest.Reference?

    @discardableResult
    private mutating func add(_ manifest: Manifest, accepted: String?) -> Assessment {
        let changes = manifest.changes ?? []
        for change in changes { apply(change, manifest.comparedWith) }
        if let recorded = manifest.comparedWith, !present.contains(recorded.id), !left.contains(recorded.id),
            recorded.sequence > reference?.sequence ?? 0
        {
            reference = recorded
        }
        compared = reference
        if left.contains(manifest.id) {
            assessments[manifest.id] = Assessment(losses: [], comparedWith: nil)
            return Assessment(losses: [], comparedWith: nil)
        }
        let holdings = Holdings(manifest)
        let losses =
            reference.map { holdings.losses(since: $0.holdings) }
            ?? holdings.emptiness(isInfisical: manifest.infisical != nil)
        let wasRestored = changes.contains { $0.kind == "restored" || $0.kind == "undone" }
        let assessment = Assessment(
            losses: losses, decline: peak.decline(to: holdings), comparedWith: reference?.id, accepted: accepted,
            isOnOtherServer: !wasRestored && differ(holdings.server, reference?.holdings.server))
        assessments[manifest.id] = assessment
        if !assessment.isShrunk {
            // An accepted one is what it is; any other is the same instance as before, also where that cannot be seen.
            let identity = losses.isEmpty ? reference?.holdings : nil
            reference = Manifest.Reference(
                id: manifest.id, sequence: manifest.sequence, holdings: holdings.identified(like: identity))
            references[manifest.id] = reference
            // What somebody called right is what there is to hold from then on.
            if accepted != nil { peak = Peak() }
            peak.rise(to: holdings, of: manifest.id)
            peaks[manifest.id] = peak
        }
        return assessment
    }

    private mutating func apply(_ change: Manifest.OwnChange, _ comparedWith: Manifest.Reference?) {
        if let run = change.run, !applied.insert("\(change.kind) \(run)").inserted { return }
        switch change.kind {
        case "restored":
            // To restore a shrunk backup is not to accept it.
            let recorded = comparedWith.flatMap { $0.id == change.backup && !left.contains($0.id) ? $0 : nil }
            beforeRestore = reference.map { ($0, peak) }
            guard let restored = change.backup.flatMap({ references[$0] }) ?? recorded else { return }
            reference = restored
            peak = peaks[restored.id] ?? Peak()
        case "undone":
            if let before = beforeRestore {
                beforeRestore = reference.map { ($0, peak) }
                (reference, peak) = before
            }
        case "rotated": reference?.holdings.rootKey = nil
        default: break
        }
    }

    private func differ(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return false }
        return one != other
    }
}
