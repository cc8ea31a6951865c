/// What a restore in place, or its undo, came to.
package enum InPlaceOutcome: String, Codable, Sendable {
    /// A backup's copy is in place.
    case restored
    /// The database that a restore had replaced is in place again.
    case undone
    /// An undo was undone: the restored copy is in place again.
    case redone
    /// A restore that was interrupted before the databases were swapped was undone: nothing of it is left.
    case discarded
}
