import Faults
package import Repository

/// Which key a backup needs, compared with the one in force, and where it is kept if that is another.
package struct NeededKey {
    /// For the plan.
    package let text: String?
    /// Said before anything is written; nil when the key in force fits, or when none is in force here.
    package let warning: String?

    package init(
        _ entry: InventoryEntry, _ keepers: KeyKeepers, _ keys: KeysInForce, _ repository: Repository
    ) {
        guard let infisical = entry.manifest.infisical else {
            (text, warning) = (nil, nil)
            return
        }
        guard let needed = infisical.keyLabel else {
            text = "which key it needs is not known"
            warning = "no key was known to open this backup when it was taken"
            return
        }
        let inForce = keys.possibleLabels
        if inForce.contains(needed) {
            text = "it needs the key with the label \(needed), which the instance uses now"
            warning = infisical.firstBroken.map {
                "not all of this backup opened with its key when it was taken: \($0)"
            }
            return
        }
        let place = NeededKey.place(of: needed, keepers, repository)
        text = "it needs the key with the label \(needed)\(place)"
        let labels = inForce.joined(separator: ", ")
        warning =
            inForce.isEmpty
            ? nil
            : "the key that the instance uses now (label \(labels)) does not open this backup: it needs the key with the label "
                + "\(needed)\(place)"
    }

    private static func place(of label: String, _ keepers: KeyKeepers, _ repository: Repository) -> String {
        guard let holder = keepers.keeper(of: label) else { return ", which no backup keeps" }
        let escrow = repository.layout.relative(repository.layout.escrow(holder.id))
        return ", which is kept in \(escrow) (\(FaultRenderer.text(.files(of: holder.id.text))))"
    }
}
