import Effects

/// How often, and at what distance, a lock is asked for with NOWAIT before giving up.
///
/// Waiting in the server's queue is not an option: an `ALTER TABLE` ahead of us there would hold us up, and everybody
/// who comes after.
package struct LockPatience: Sendable, Hashable {
    package var attempts: Int
    /// Milliseconds between two attempts.
    package var pause: Int32

    package init(attempts: Int = 60, pause: Int32 = 500) {
        self.attempts = attempts
        self.pause = pause
    }
}

extension Connection {
    /// Waits between two attempts; a cancelled run ends the wait.
    func rest(_ patience: LockPatience) throws(PostgresFault) {
        do { try cancellation.sleep(milliseconds: patience.pause, effects: effects) } catch {
            throw .interrupted(error)
        }
    }

    /// Locks tables in ACCESS SHARE mode at once or not at all. Takes no snapshot.
    func lockNoWait(_ tables: [Relation]) throws(PostgresFault) {
        // In groups, because one statement of many thousand names would take long to build and to parse.
        for start in stride(from: 0, to: tables.count, by: 500) {
            let names = tables[start..<min(start + 500, tables.count)].map { "ONLY \($0.quotedName)" }
            try query("LOCK TABLE \(raw: names.joined(separator: ", ")) IN ACCESS SHARE MODE NOWAIT")
        }
    }
}
