import Census
import InfisicalData
import InfisicalStore
import InfisicalTables
package import Postgres
import Secrets

extension Rekeying {
    /// Says what a migration would do, and refuses what it cannot; changes nothing.
    ///
    /// - Parameters:
    ///   - reader: a session outside any transaction.
    ///   - migrationIsOver: whether a migration lock that is held is known to be left behind by one that died.
    ///   - progress: gets the number of values looked at since its last call.
    package func survey(
        _ reader: Connection, migrationIsOver: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws -> RekeyingSurvey {
        try Rekeying.reading(reader) { try look(reader, migrationIsOver, progress) }
    }

    /// Runs `body` in a transaction of one moment.
    static func reading<Value>(_ reader: Connection, _ body: () throws -> Value) throws -> Value {
        guard reader.transactionStatus == .idle else { throw RekeyingFault.busyReader }
        return try reader.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body)
    }

    private func look(
        _ reader: Connection, _ migrationIsOver: Bool, _ progress: (Int) -> Void
    ) throws -> RekeyingSurvey {
        try refuseKeys()
        let opening = try open(reader)
        try refuseState(opening, reader, migrationIsOver)
        let boxes = try boxes(opening)
        try opening.keys.makeKeys(depth, opening.tables, projects: boxes?.keys ?? [])
        let work = try RekeyingWork(opening.keys, new: new, old: old, leaves: leaves, ColumnTally.key())
        let filled = try RekeyingScope.filled(reader)
        let scope = RekeyingScope(depth: depth, isWide: true)
        try Rekeying.pass(
            scope.tables(opening.tables, filled: filled), opening.tables, opening.keys.rack, opening.keys.index, work,
            progress)
        try work.refuseMissing()
        let written = Set(work.columns.filter { $0.rewritten > 0 }.map(\.table))
        let rows = written.reduce(0) { $0 + (work.rows[$1] ?? 0) }
        let bytes = try Rekeying.size(written.sorted(), reader)
        return RekeyingSurvey(
            era: opening.database.era, columns: work.columns, closed: work.closed, label: label(opening.keys),
            unreached: opening.keys.unreached + Rekeying.beyond(opening.tables, depth), rows: rows, bytes: bytes)
    }

    /// The label of the key in force.
    private func label(_ keys: RekeyingKeys) -> String? {
        let report = keys.opened.report
        return report[.rootWrap]?.label ?? report[.utf8Triples]?.label ?? report[.base64Triples]?.label
    }

    /// Refuses new keys that no server takes.
    func refuseUnusable() throws {
        let problems = new.problems.filter { $0 != .sampleKey && $0 != .replacedInFIPSMode }
        guard problems.isEmpty, new.rootCandidate != nil else {
            throw RekeyingFault.unusableKey(problems.map(\.message))
        }
    }

    func refuseKeys() throws {
        try refuseUnusable()
        let names = { (keys: EnvironmentKeys) in Set(keys.candidates.map { "\($0.source) \($0.label)" }) }
        if let inForce = old.first, names(inForce) == names(new) {
            throw RekeyingFault.sameKey(label: new.rootCandidate?.label ?? "")
        }
    }

    func refuseState(_ opening: Opening, _ reader: Connection, _ migrationIsOver: Bool) throws {
        let lock = try opening.database.migrationLock()
        if let text = lock.text, !(migrationIsOver && lock.mayBeStale) { throw RekeyingFault.migration(text) }
        try refuseRole(reader)
        guard opening.database.facts.has("kms_root_config", all: ["supersededAt", "lastResolvedAt"]) else { return }
        let rows = try reader.query(
            """
            SELECT CAST(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - "lastResolvedAt") / 60 AS pg_catalog.int4) AS minutes
            FROM public.kms_root_config WHERE id <> \(RootWrap.sentinelID) AND "supersededAt" IS NOT NULL
                AND "lastResolvedAt" > pg_catalog.clock_timestamp() - CAST('1 hour' AS pg_catalog.interval)
            """)
        if let row = rows.first { throw RekeyingFault.retained(minutes: try row.integer("minutes")) }
    }

    /// Triggers are turned off by the owner of a table only, and rows are written through a table of the session's own.
    private func refuseRole(_ reader: Connection) throws {
        let row = try reader.query(
            """
            SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY') AS temporary, (
                SELECT pg_catalog.min(class.relname::pg_catalog.text) FROM pg_catalog.pg_class AS class
                JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
                WHERE namespace.nspname = 'public' AND class.relkind = 'r'
                    AND NOT pg_catalog.pg_has_role(class.relowner, 'USAGE')) AS foreign_table
            """
        ).only()
        if let table = try row.stringIfAny("foreign_table") {
            throw RekeyingFault.noRights("the table \(table) belongs to another role")
        }
        if try !row.bool("temporary") { throw RekeyingFault.noRights("it may make no temporary tables") }
    }

    /// The boxes of version-1/2 projects; nil where the depth leaves them alone.
    func boxes(_ opening: Opening) throws -> ProjectBoxes? {
        guard depth >= .rekey else { return nil }
        var environment: [KeyEncoding: [Secret]] = [:]
        for encoding in KeyEncoding.allCases {
            environment[encoding] = opening.keys.opened.environmentKeys(for: encoding).map(\.key)
        }
        return try ProjectBoxes(opening.tables, environment)
    }

    private static func size(_ tables: [String], _ reader: Connection) throws -> Int64 {
        try reader.query(
            """
            SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_total_relation_size(class.oid)), 0) AS bytes
            FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            WHERE namespace.nspname = 'public' AND class.relname = ANY (\(array: tables)::pg_catalog.name[])
            """
        ).only().integer("bytes")
    }

    /// What no depth reaches.
    static func beyond(_ tables: LiveTables, _ depth: RekeyingDepth) -> [String] {
        var found: [String] = []
        if depth >= .rekey, tables.facts.has("secrets_v2", "secretValueOrgBlindIndex") {
            found.append("the index of values over a whole organization (secretValueOrgBlindIndex) stays as it is")
        }
        if !tables.unread.isEmpty {
            found.append("\(tables.unread.count) columns of bytes outside Infisical's tables were not looked at")
        }
        return found
    }
}
