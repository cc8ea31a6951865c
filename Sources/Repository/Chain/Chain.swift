/// Checks that manifests follow each other without a gap that nobody signed for.
enum Chain {
    /// - Parameter entries: in the order of their sequence.
    /// - Returns: damage that harms none of these backups: each can still be restored, whatever came before it.
    static func check(_ entries: [InventoryEntry], removals: Removals) -> [Finding] {
        var findings: [Finding] = []
        for (place, entry) in entries.enumerated() {
            if let reason = fault(in: entry, after: entries[..<place], removals) {
                findings.append(
                    Finding(damage: .brokenChain(reason), subject: "backups/\(entry.id.text).json", backups: []))
            }
        }
        return findings
    }

    private static func fault(
        in entry: InventoryEntry, after earlier: ArraySlice<InventoryEntry>, _ removals: Removals
    ) -> String? {
        let number = entry.manifest.sequence, id = entry.id.text, before = earlier.last
        let last = before?.manifest.sequence ?? 0
        guard number > last else { return "\(id) and \(before?.id.text ?? "") both have number \(number)" }
        if number > last + 1, !removals.covers(last + 1...number - 1) {
            return number == last + 2
                ? "number \(last + 1) is missing before \(id), and no signed removal names it"
                : "numbers \(last + 1) to \(number - 1) are missing before \(id), and no signed removal names them"
        }
        // One that was taken while those before it were lost names an earlier one, or none, and has its number all the
        // same: they may come back from another copy.
        guard let link = entry.manifest.previous, !names(link, earlier), !removals.names(link) else { return nil }
        return "\(id) follows \(link.id.text), which is another manifest than the one here"
    }

    /// Whether a link means one of these; nearly always the last.
    static func names(_ link: Manifest.Link, _ earlier: ArraySlice<InventoryEntry>) -> Bool {
        earlier.reversed().contains { $0.link == link }
    }
}
