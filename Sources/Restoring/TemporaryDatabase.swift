package import Effects
package import Postgres

/// The database that a restore fills under a name of its own, before it gets the one that was asked for.
package enum TemporaryDatabase {
    /// A name that says what it is for, and that PostgreSQL, which cuts names off at 63 bytes, keeps whole.
    package static func name(for target: String, _ number: UInt64) -> String {
        start(target) + String(number % 1_000_000)
    }

    private static func start(_ target: String) -> String {
        var start = ""
        for character in target where start.utf8.count + String(character).utf8.count <= 40 { start.append(character) }
        return start + "_restoring_"
    }

    /// Gives it the name that was asked for.
    ///
    /// The server takes a tenth of a second to look again where a session has not quite ended: mostly it takes less.
    package static func publish(
        _ temporary: String, as name: String, _ connection: Connection, _ cancellation: Cancellation
    ) throws {
        var looks = 0
        while looks < 25, try connection.query("SELECT FROM pg_stat_activity WHERE datname = \(temporary)").count > 0 {
            try cancellation.sleep(milliseconds: 2, effects: connection.effects)
            looks += 1
        }
        try connection.query("ALTER DATABASE \(identifier: temporary) RENAME TO \(identifier: name)")
    }

    /// Those of a target that restores left behind, or that others fill now.
    ///
    /// - Parameter isIdle: only those that nobody is connected to.
    package static func unfinished(
        of target: String, isIdle: Bool, _ connection: Connection
    ) throws(PostgresFault) -> [String] {
        let start = start(target)
        let rows = try connection.query(
            """
            SELECT d.datname FROM pg_database d
            WHERE starts_with(d.datname, \(start)) AND substr(d.datname, length(\(start)) + 1) ~ '^[0-9]{1,6}$'
                AND NOT (\(isIdle) AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)) ORDER BY 1
            """)
        var names: [String] = []
        for row in rows { names.append(try row.string("datname")) }
        return names
    }
}
