/// Says what a session works on. A server may go on with a statement after its client was killed, and until that ends
/// the old state is still seen: whoever recovers waits for the mark to go first. Sessions must share a database.
package enum WorkMark {
    /// The first number of the advisory locks, by which ours are told from those of others ("iops").
    private static let space = 0x696f_7073

    /// Marks the session; the mark ends with it.
    package static func set(_ work: String, _ connection: Connection) throws(PostgresFault) {
        try connection.query("SELECT pg_advisory_lock_shared(\(space)::int, hashtext(\(work)))")
    }

    /// Waits until no session is marked.
    ///
    /// - Throws: `deadlinePassed` after so many `seconds`.
    package static func waitForEnd(
        of work: String, seconds: Double, _ connection: Connection
    ) throws(PostgresFault) {
        try connection.query(
            """
            SELECT pg_advisory_lock(\(space)::int, hashtext(\(work))), pg_advisory_unlock(\(space)::int, hashtext(\(work)))
            """, deadline: seconds)
    }
}
