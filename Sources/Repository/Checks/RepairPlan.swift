/// What `repair` is going to do; a value that can be shown before anything is done.
package struct RepairPlan: Sendable, Equatable {
    /// Files, relative to the repository, that are replaced by whole ones from the other copy; manifests last.
    package var fetched: [String] = []
    /// Damaged files that move to `quarantine/`.
    package var quarantined: [String] = []
    /// Key and recovery files that are written again from what this host and the manifests hold.
    package var resealed: [String] = []
    /// Temporary files that are removed.
    package var removed: [String] = []
    /// Manifests that are gone for good, to be named in a signed removal.
    package var acknowledged: [Removals.Removed] = []
    /// What is wrong with the chain of backups and stays so, one clause each.
    package var unmendable: [String] = []
    /// Backups that stay incomplete, with the number of chunks or files that they lack.
    package var incomplete: [BackupID: Int] = [:]
    /// The backups of the repository in the order in which they were taken, which is not always that of their names.
    package var order: [BackupID] = []

    package init() {}

    /// The backups that stay incomplete, in the order in which they were taken.
    package var incompleteInOrder: [(id: BackupID, count: Int)] {
        var ordered = order.compactMap { id in incomplete[id].map { (id, $0) } }
        // The number of one whose manifest is gone is not known; what is left is its name.
        for (id, count) in incomplete.sorted(by: { $0.key < $1.key }) where !order.contains(id) {
            ordered.insert((id, count), at: ordered.firstIndex { $0.0 > id } ?? ordered.count)
        }
        return ordered
    }

    /// Adds what comes after this.
    package mutating func add(_ plan: RepairPlan) {
        fetched += plan.fetched
        quarantined += plan.quarantined
        resealed += plan.resealed
        removed += plan.removed
        acknowledged += plan.acknowledged
        unmendable += plan.unmendable
        incomplete.merge(plan.incomplete) { $0 + $1 }
        if order.isEmpty { order = plan.order }
    }

    /// What is still to be done of this plan.
    ///
    /// - Parameter now: what a plan made later says.
    /// - Returns: nil if that wants more than this one.
    package func rest(of now: RepairPlan) -> RepairPlan? {
        var rest = now
        // Others' temporary files come and go.
        rest.removed = now.removed.filter(removed.contains)
        let isWithin =
            Set(now.fetched).isSubset(of: fetched) && Set(now.quarantined).isSubset(of: quarantined)
            && Set(now.resealed).isSubset(of: resealed) && now.acknowledged.allSatisfy(acknowledged.contains)
        return isWithin ? rest : nil
    }

    /// What stays lost or wrong whatever is repaired, as a clause; nil where nothing is.
    package var loss: String? {
        let ids = incompleteInOrder.map(\.id.text),
            backups = { (count: Int) in count == 1 ? "1 backup" : "\(count) backups" }
        let losses = [
            ids.isEmpty ? nil : "\(backups(ids.count)) cannot be restored as a whole: \(ids.joined(separator: ", "))",
            acknowledged.isEmpty
                ? nil
                : "\(backups(acknowledged.count)) whose manifest is gone \(acknowledged.count == 1 ? "is" : "are") given up",
            unmendable.isEmpty ? nil : "the chain of backups stays broken",
        ].compactMap(\.self)
        return losses.isEmpty ? nil : losses.joined(separator: ", and ")
    }

    package var isEmpty: Bool {
        fetched.isEmpty && quarantined.isEmpty && resealed.isEmpty && removed.isEmpty && acknowledged.isEmpty
    }
}
