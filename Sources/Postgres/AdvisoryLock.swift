/// An advisory lock that says what a session works on. A server may go on with a statement after its client was killed,
/// and until that ends the old state is still seen: whoever recovers waits for the lock first. Sessions must share a
/// database.
package enum AdvisoryLock {
    /// The first number of the advisory locks, by which ours are told from those of others ("iops").
    private static let space = 0x696f_7073

    /// Takes the lock, beside others that work on the same; it ends with the session.
    package static func share(_ work: String, _ connection: Connection) throws(PostgresFault) {
        try connection.query("SELECT pg_advisory_lock_shared(\(space)::int, hashtext(\(work)))")
    }

    /// Waits until no session has it.
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
