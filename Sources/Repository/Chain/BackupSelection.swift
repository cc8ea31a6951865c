/// Which backups of a list are wanted.
package struct BackupSelection: Sendable {
    /// Tags that a backup must have, each with its value.
    private let tags: [(key: String, value: String)]
    /// Only so many of the newest; nil for all.
    private let last: Int?

    package init(tags: [(key: String, value: String)], last: Int?) {
        self.tags = tags
        self.last = last
    }

    /// Those that are wanted, in their order; of the newest only those that have the tags count.
    ///
    /// - Parameter all: oldest first.
    package func apply<Item>(_ all: [Item], _ manifest: (Item) -> Manifest) -> [Item] {
        let tagged = all.filter { item in
            let own = manifest(item).tags
            return tags.allSatisfy { own[$0.key] == $0.value }
        }
        return Array(tagged.suffix(last ?? tagged.count))
    }
}
