/// Holds the one snapshot of a backup, and the locks that make it true, until the last COPY has ended.
///
/// A snapshot alone does not protect: `TRUNCATE` and rewrites of a table are visible to older snapshots as an empty
/// table. So the tables are locked before the snapshot is taken, and listed again under it; whatever was truncated,
/// rewritten, created or dropped in between starts everything over.
package final class SnapshotLeader {
    /// For `SET TRANSACTION SNAPSHOT` and `pg_dump --snapshot`.
    package let snapshot: String
    /// All relations as the snapshot sees them, without their columns. Tables and partitioned tables among them are
    /// locked.
    package let relations: [Relation]
    package let connection: Connection
    /// What names and types meant when the snapshot was taken.
    private let state: CatalogState

    /// What is to be read, in full.
    package struct Survey: Sendable {
        /// All relations as the snapshot sees them.
        package let relations: [Relation]
        /// The oids of tables that need not be read, because they have no row in any snapshot.
        package let empty: Set<UInt32>
        /// The sizes of the others, by their oids, as they were after the tables were locked.
        package let sizes: [UInt32: TableSize]
    }

    private init(snapshot: String, relations: [Relation], state: CatalogState, connection: Connection) {
        self.snapshot = snapshot
        self.relations = relations
        self.state = state
        self.connection = connection
    }

    /// Lists, locks, takes the snapshot, and makes sure that both belong together.
    ///
    /// - Parameters:
    ///   - side: a second session, for the first list: a query on `connection` would take the snapshot too early.
    ///   - jobs: how many sessions are going to read at once; they take locks too.
    ///   - restarts: how often to start over when relations change.
    ///   - exported: called with each snapshot that can be joined, before it is known whether it belongs to the locks:
    ///     for what may begin in the meantime, and begins anew if it is called again.
    ///   - testOnlyBetweenSteps: called before the locks and before the snapshot; for tests that change tables there.
    package static func take(
        on connection: Connection, side: Connection, patience: LockPatience = LockPatience(), jobs: Int = 1,
        restarts: Int = 10, exported: (String) -> Void = { _ in },
        testOnlyBetweenSteps: () throws(PostgresFault) -> Void = {}
    ) throws(PostgresFault) -> SnapshotLeader {
        var change = ""
        for attempt in 0..<max(1, restarts) {
            if attempt > 0 { try connection.rest(patience) }
            let listed = try Catalog.relations(side, withColumns: false)
            try refuseUnreadable(listed)
            try testOnlyBetweenSteps()
            try LockBudget.read(side).require(listed, jobs: jobs)
            let tables = listed.filter(\.needsLock)
            guard try lock(tables, on: connection, patience: patience) else {
                change = "a table was dropped or renamed"
                continue
            }
            try testOnlyBetweenSteps()
            let snapshot = try connection.query("SELECT pg_export_snapshot() AS id").only().string("id")
            exported(snapshot)
            let seen = try Catalog.relations(connection, withColumns: false)
            if let difference = difference(between: tables, and: seen.filter(\.needsLock)) {
                change = difference
                try connection.query("ROLLBACK")
                continue
            }
            try refuseUnreadable(seen)
            return SnapshotLeader(
                snapshot: snapshot, relations: seen, state: try CatalogState.read(connection), connection: connection)
        }
        throw .relationsKeepChanging(attempts: max(1, restarts), example: change)
    }

    /// Columns and sizes, which others need not wait for once they have the snapshot.
    package func survey() throws(PostgresFault) -> Survey {
        let tables = relations.filter(\.holdsRows).map(\.oid)
        let empty = try Catalog.certainlyEmpty(tables, connection)
        let sizes = try Catalog.sizes(of: tables.filter { !empty.contains($0) }, connection)
        let columns = try Catalog.columnsByRelation(connection)
        return Survey(relations: relations.map { $0.with(columns: columns[$0.oid] ?? []) }, empty: empty, sizes: sizes)
    }

    /// Makes sure that the session still lives, and with it the snapshot and the locks.
    package func check() throws(PostgresFault) {
        guard connection.transactionStatus == .inTransaction else {
            throw .snapshotGone(reason: "the session that held it has ended")
        }
        do { try connection.query("SELECT 1", deadline: 30) } catch {
            if case .interrupted = error { throw error }
            // A standby that goes on with its primary's changes: its own words say so.
            if case .statementFailed("40001", _, _) = error { throw error }
            throw .snapshotGone(reason: error.message)
        }
    }

    /// Names what has got another name or another meaning since the snapshot was taken; nil where nothing has.
    ///
    /// - Parameter side: a session without a transaction: what it reads is of now.
    package func change(seenBy side: Connection) throws(PostgresFault) -> String? {
        state.change(in: try CatalogState.read(side))
    }

    /// Waits until another session has ended on the server, which happens a moment after it was closed: where no more
    /// than two may be open, the next one would be refused. Gives up after two seconds.
    package func waitForEnd(of pid: Int32) throws(PostgresFault) {
        for _ in 0..<100 {
            // Inside a transaction the server shows the sessions as they were at the first look.
            try connection.query("SELECT pg_stat_clear_snapshot()")
            if try connection.query("SELECT FROM pg_stat_activity WHERE pid = \(pid)::int").isEmpty { return }
            try connection.rest(LockPatience(attempts: 1, pause: 20))
        }
    }

    /// What is looked at when everything was read.
    package struct Ending: Sendable {
        package let sequences: [Catalog.SequenceValue]
        /// The materialised views, in the order in which they are refreshed.
        package let views: [Relation]
        /// What is no longer as the snapshot has it; nil where all is.
        package let change: String?
    }

    /// Looks for the last time, and gives snapshot and locks back.
    ///
    /// - Parameter side: a session without a transaction: what it reads is of now.
    package func end(
        reading sequences: [Relation], seenBy side: Connection
    ) throws(PostgresFault) -> Ending {
        // Sequences do not obey snapshots: read last, they are never behind the rows.
        let values = try Catalog.sequenceValues(of: sequences, connection)
        let views = try Catalog.refreshOrder(of: relations, connection)
        try check()
        let ending = Ending(sequences: values, views: views, change: try change(seenBy: side))
        try end()
        return ending
    }

    /// Gives snapshot and locks back.
    package func end() throws(PostgresFault) { try connection.query("COMMIT") }

    /// Begins the transaction and locks, with as many attempts as `patience` allows.
    ///
    /// - Returns: false when a table is no longer there under its name.
    private static func lock(
        _ tables: [Relation], on connection: Connection, patience: LockPatience
    ) throws(PostgresFault) -> Bool {
        var reason = ""
        for attempt in 0..<max(1, patience.attempts) {
            if attempt > 0 { try connection.rest(patience) }
            try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            do throws(PostgresFault) {
                try connection.lockNoWait(tables)
                return true
            } catch {
                switch error {
                case .lockNotAvailable(let why): reason = why
                case .statementFailed("42P01", _, _), .statementFailed("3F000", _, _):
                    try connection.query("ROLLBACK")
                    return false
                default:
                    if connection.transactionStatus == .failed { try connection.query("ROLLBACK") }
                    throw error
                }
                try connection.query("ROLLBACK")
            }
        }
        throw .locksNotAvailable(attempts: max(1, patience.attempts), reason: reason)
    }

    /// Throws `unreadableRelations` when a backup of these relations would have to leave rows out.
    package static func refuseUnreadable(_ relations: [Relation]) throws(PostgresFault) {
        let unreadable = relations.filter { ($0.needsLock || $0.kind == .sequence) && !$0.isReadable }
        if unreadable.isEmpty { return }
        throw .unreadableRelations(unreadable.map { $0.quotedName + ($0.hasRowSecurity ? " (row security)" : "") })
    }

    /// Names the first table that is not the same in both lists, by oid, file and name.
    private static func difference(between locked: [Relation], and seen: [Relation]) -> String? {
        let before = Dictionary(locked.map { ($0.oid, $0) }) { first, _ in first }
        for table in seen {
            guard let old = before[table.oid] else { return "\(table.quotedName) was created" }
            if old.fileNode != table.fileNode { return "\(table.quotedName) was truncated or rewritten" }
            // What was locked under a name may be another table than the one that has it in the snapshot.
            if old.quotedName != table.quotedName { return "\(old.quotedName) was renamed" }
        }
        let still = Set(seen.map(\.oid))
        return locked.first { !still.contains($0.oid) }.map { "\($0.quotedName) was dropped" }
    }
}

extension Relation {
    /// Ordinary and partitioned tables: what a backup reads, and what holds it together.
    package var needsLock: Bool { kind == .table || kind == .partitionedTable }
}
