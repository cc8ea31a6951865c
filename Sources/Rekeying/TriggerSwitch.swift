import Postgres

/// Turns the triggers of tables off while their rows are written, and on again as they were.
///
/// Infisical's own keep `"updatedAt"`, and on some tables fail at every change (format specification, 4). The owner of a table may
/// do this; a transaction that is rolled back leaves them as they were.
final class TriggerSwitch {
    private let writer: Connection
    private var off: [(table: String, trigger: String, mode: String)] = []
    private var tables: Set<String> = []

    init(_ writer: Connection) { self.writer = writer }

    func turnOff(_ table: String) throws(PostgresFault) {
        guard tables.insert(table).inserted else { return }
        let rows = try writer.query(
            """
            SELECT trigger.tgname AS name, trigger.tgenabled AS mode FROM pg_catalog.pg_trigger AS trigger
            JOIN pg_catalog.pg_class AS class ON class.oid = trigger.tgrelid
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            WHERE namespace.nspname = 'public' AND class.relname = \(table) AND NOT trigger.tgisinternal
                AND trigger.tgenabled <> 'D' ORDER BY 1
            """)
        for row in rows {
            let name = try row.string("name")
            try alter(table, "DISABLE TRIGGER", name)
            off.append((table, name, try row.string("mode")))
        }
    }

    /// Turns on again what was turned off, each as it was.
    func turnOn() throws(PostgresFault) {
        for (table, trigger, mode) in off {
            let words =
                switch mode {
                case "R": "ENABLE REPLICA TRIGGER"
                case "A": "ENABLE ALWAYS TRIGGER"
                default: "ENABLE TRIGGER"
                }
            try alter(table, words, trigger)
        }
        off = []
        tables = []
    }

    private func alter(_ table: String, _ words: String, _ trigger: String) throws(PostgresFault) {
        try writer.query(
            "ALTER TABLE ONLY \(raw: Quoting.qualified("public", table)) \(raw: words) \(identifier: trigger)")
    }
}
