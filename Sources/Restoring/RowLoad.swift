import Faults
package import Postgres
import Synchronization

/// Loads the rows of a backup, and goes another way with those that a table refuses: every row comes first.
package final class RowLoad: Sendable {
    package struct Table: Sendable {
        package let schema: String
        package let name: String
        /// The `COPY … FROM STDIN` of the backup.
        package let copy: String

        package init(schema: String, name: String, copy: String) {
            self.schema = schema
            self.name = name
            self.copy = copy
        }

        var quotedName: String { Quoting.qualified(schema, name) }
        var displayName: String { "\(schema).\(name)" }
    }

    /// How rows get into their table.
    private struct Way: Sendable, Equatable {
        /// Under the database's own search path, which functions without a schema need.
        var hasPath = false
        /// The table whose partition it is; the server chooses the partition.
        var root: String?

        static let plain = Way()
    }

    private let path: SearchPath?
    private let losses: LossList
    /// Whether checks and generated columns may be taken away.
    private let lifts: Bool
    /// By table: the way that was found, so that the other ranges of it take it at once.
    private let found = Mutex<[ExactText: Way]>([:])
    private let lifted = Mutex<[TableCheck]>([])

    /// - Parameter lifts: whether checks and generated columns that refuse rows may be taken away; whoever allows it
    ///   calls `putChecksBack`.
    package init(path: SearchPath?, losses: LossList, lifts: Bool) {
        self.path = path
        self.losses = losses
        self.lifts = lifts
    }

    /// Loads one range of a table.
    ///
    /// - Parameters:
    ///   - isAlone: whether no other connection loads anything. Only then may checks and generated columns be taken away:
    ///     for a partition that changes its partitioned table, too, which others may just be reading.
    ///   - rows: puts the range's stream; called once for every way that is tried.
    /// - Returns: number of rows; nil where it must be tried again alone.
    /// - Throws: the first refusal where no way is left.
    package func load(
        _ table: Table, isAlone: Bool, _ connection: Connection, rows: (CopyIn) throws -> Void
    ) throws -> Int64? {
        let known = found.withLock { $0[ExactText(table.quotedName)] } ?? .plain
        let first: PostgresFault
        do { return try load(table, known, connection, rows) } catch let fault as PostgresFault {
            guard fault.refusedState != nil else { throw fault }
            first = fault
        }
        for way in try otherWays(table, connection) where way != known {
            if let count = try attempt(table, way, connection, rows) { return count }
        }
        guard lifts else { throw first }
        guard isAlone else { return nil }
        // What is asked of rows waits until they are there; what is computed of them is given up if it must.
        let way = Way(hasPath: path != nil, root: nil)
        if try liftChecks(of: table, connection), let count = try attempt(table, way, connection, rows) { return count }
        if try dropExpressions(of: table, first, connection), let count = try attempt(table, way, connection, rows) {
            return count
        }
        throw first
    }

    /// Loads a whole table in one transaction that gives it a new file first: a server that logs the minimum logs none of
    /// its rows, and nobody has to look later whether they were committed.
    ///
    /// - Parameter rows: puts the streams of all ranges, one after the other, each in a COPY of its own.
    /// - Returns: number of rows; nil where the table cannot be loaded so, and is as empty as before.
    package func loadWhole(
        _ table: Table, ranges: Int, _ connection: Connection, rows: (Int, CopyIn) throws -> Void
    ) throws -> Int64? {
        guard let copy = CopyStatement.frozen(table.copy) else { return nil }
        do {
            return try connection.transaction {
                try connection.query("TRUNCATE ONLY \(raw: table.quotedName)")
                return try (0..<ranges).reduce(0) { sum, range in
                    try sum + connection.copyIn(copy) { try rows(range, $0) }
                }
            }
        } catch let fault as PostgresFault {
            guard fault.refusedState != nil else { throw fault }
            return nil
        }
    }

    private func attempt(
        _ table: Table, _ way: Way, _ connection: Connection, _ rows: (CopyIn) throws -> Void
    ) throws -> Int64? {
        let count: Int64
        do { count = try load(table, way, connection, rows) } catch let fault as PostgresFault {
            guard fault.refusedState != nil else { throw fault }
            return nil
        }
        found.withLock { $0[ExactText(table.quotedName)] = way }
        if let root = way.root {
            losses.note(
                "rows of the partition \(table.displayName) were given to \(root), because the partition itself refuses them "
                    + "here; the server has put them where they belong now")
        }
        return count
    }

    private func otherWays(_ table: Table, _ connection: Connection) throws -> [Way] {
        let row = try connection.query(
            """
            SELECT c.relispartition AS is_partition, pg_partition_root(c.oid)::regclass::text AS root
            FROM pg_class c WHERE c.oid = to_regclass(\(table.quotedName))
            """
        ).first
        let root = try row?.bool("is_partition") == true ? row?.stringIfAny("root") : nil
        let plain: [Way] = [root.map { Way(root: $0) }].compactMap { $0 }
        guard path != nil else { return plain }
        return plain + [Way(hasPath: true)] + plain.map { Way(hasPath: true, root: $0.root) }
    }

    private func load(
        _ table: Table, _ way: Way, _ connection: Connection, _ rows: (CopyIn) throws -> Void
    ) throws -> Int64 {
        var copy = table.copy
        if let root = way.root {
            let start = "COPY \(table.quotedName)"
            guard copy.hasPrefix(start) else {
                throw PostgresFault.unexpectedAnswer("a COPY statement of another form for \(table.displayName)")
            }
            copy = "COPY \(root)" + copy.dropFirst(start.count)
        }
        let sql = copy
        guard way.hasPath, let path else { return try connection.copyIn(sql, rows) }
        return try path.during(connection) { try connection.copyIn(sql, rows) }
    }

    // MARK: - Checks and generated columns

    /// Takes away what a table asks of its rows.
    ///
    /// - Returns: whether there was anything.
    private func liftChecks(of table: Table, _ connection: Connection) throws -> Bool {
        let checks = try TableCheck.all(of: table.quotedName, connection)
        for check in checks {
            // What cannot be taken away stays, and may be what refuses the rows.
            guard try connection.attempt(check.dropStatement) == nil else { continue }
            lifted.withLock { $0.append(check) }
        }
        return !checks.isEmpty
    }

    /// Makes plain columns of those that are computed of the others.
    ///
    /// - Returns: whether there was anything.
    private func dropExpressions(
        of table: Table, _ fault: PostgresFault, _ connection: Connection
    ) throws -> Bool {
        let columns = try connection.query(
            """
            SELECT a.attname AS name, pg_get_userbyid(c.relowner) AS owner
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attrelid = to_regclass(\(table.quotedName)) AND a.attgenerated = 's' AND NOT a.attisdropped
            """)
        for row in columns {
            let name = try row.string("name")
            let sql = "ALTER TABLE \(table.quotedName) ALTER COLUMN \(Quoting.identifier(name)) DROP EXPRESSION"
            guard try connection.attempt(sql) == nil else { continue }
            try losses.add(
                ObjectLoss(
                    kind: "content of generated column", name: "\(table.displayName).\(name)",
                    Refusal(sqlState: fault.refusedState ?? "", reason: fault.message),
                    schema: table.schema, owner: try row.string("owner")))
        }
        return !columns.isEmpty
    }

    /// Puts the checks back that were taken away; where rows do not meet one any more, it counts for new rows only.
    package func putChecksBack(_ connection: Connection) throws {
        for check in lifted.withLock({ $0 }) {
            guard let refusal = try put(check.addStatement(isValid: true), connection) else { continue }
            // The second way makes it all the same; what became of it is told in either case.
            let kind =
                try put(check.addStatement(isValid: false), connection) == nil
                ? "check constraint (for new rows only)" : "check constraint"
            try losses.add(
                ObjectLoss(
                    kind: kind, name: check.displayName, refusal, schema: check.schema, owner: check.owner))
        }
    }

    private func put(_ sql: String, _ connection: Connection) throws -> Refusal? {
        guard let refusal = try connection.attempt(sql) else { return nil }
        guard let path, try connection.attempt(path.statement + sql.utf8) == nil else { return refusal }
        return nil
    }
}
