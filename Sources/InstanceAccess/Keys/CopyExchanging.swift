package import Repository

/// Brings a restored copy from the key of its backup to the one in force.
package protocol CopyExchanging: Sendable {
    /// Whether a backup keeps the key with this label.
    func keeps(_ label: String, _ entry: InventoryEntry) throws -> Bool
    /// - Returns: what stayed under no known key, a sentence without full stop each.
    func perform(on database: String, _ entry: InventoryEntry) throws -> [String]
}
