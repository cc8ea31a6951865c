/// Checks that manifests follow each other without a gap that nobody signed for.
enum Chain {
    /// - Parameter entries: in the order of their sequence.
    /// - Returns: damage that harms none of these backups: each can still be restored, whatever came before it.
    static func check(_ entries: [InventoryEntry], removals: Removals) -> [Finding] {
        var findings: [Finding] = []
        var before: InventoryEntry?
        for entry in entries {
            if let reason = fault(in: entry, after: before, removals) {
                findings.append(
                    Finding(damage: .brokenChain(reason), subject: "backups/\(entry.id.text).json", backups: []))
            }
            before = entry
        }
        return findings
    }

    private static func fault(
        in entry: InventoryEntry, after before: InventoryEntry?, _ removals: Removals
    ) -> String? {
        let number = entry.manifest.sequence, id = entry.id.text
        let last = before?.manifest.sequence ?? 0
        guard number > last else { return "\(id) and \(before?.id.text ?? "") both have number \(number)" }
        if number > last + 1, !removals.covers(last + 1...number - 1) {
            return number == last + 2
                ? "number \(last + 1) is missing before \(id), and no signed removal names it"
                : "numbers \(last + 1) to \(number - 1) are missing before \(id), and no signed removal names them"
        }
        switch (entry.manifest.previous, before) {
        case (nil, nil): return nil
        case (nil, .some(let before)): return "\(id) does not name \(before.id.text), which came before it"
        case (.some(let link), let before):
            if let before, link == before.link { return nil }
            return removals.names(link)
                ? nil : "\(id) follows \(link.id.text), which is another manifest than the one here"
        }
    }
}
