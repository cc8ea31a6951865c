import Repository

extension KeyLedger {
    /// A key of which no copy has to be kept but those that backups keep themselves.
    ///
    /// - Throws: why it is none.
    package func retirable(_ label: String) throws(KeyRetireFault) -> Row {
        guard let row = rows.first(where: { $0.label == label }) else { throw .unknown(label: label) }
        if row.isInForce { throw .inForce(label: label) }
        guard rows.contains(where: \.isInForce) else { throw .nothingInForce }
        // Another backup's escrow does not count: it may be deleted before this one.
        let open = row.neededBy.filter { !row.keptIn.contains($0) }
        guard open.isEmpty else { throw .needed(label: label, by: open) }
        return row
    }

    /// What else should be known before a key is thrown away; one sentence without full stop each.
    package func concerns(_ row: Row) -> [String] {
        var texts: [String] = []
        if !row.neededBy.isEmpty, row.opened == nil {
            texts.append("no drill has opened a backup with the key \(row.label) as the backup keeps it")
        }
        if let last = unknown.last {
            texts.append(
                unknown.count == 1
                    ? "of the backup \(last.text) it is not known what key opens it; it may be this one"
                    : "of \(unknown.count) backups, the newest of them \(last.text), it is not known what key opens them; "
                        + "it may be this one")
        }
        return texts
    }
}
