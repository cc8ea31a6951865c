import Effects
import Glibc
import LiveSupport
import Postgres
import Synchronization
import TestSupport
import Testing

/// `TRUNCATE`, rewrites and other changes of tables at every moment of a backup: what is published holds each table as
/// it was before or after, never one that is empty because the change hid its rows.
@Suite(.serialized) struct DdlSoak {
    /// A change, which sets down what the table holds after it in the same transaction.
    private static let changes = [
        "TRUNCATE public.soak_data", "TRUNCATE public.soak_data; \(fill)",
        "ALTER TABLE public.soak_data ADD COLUMN IF NOT EXISTS extra float DEFAULT random()",
        "ALTER TABLE public.soak_data DROP COLUMN IF EXISTS extra", "CLUSTER public.soak_data USING soak_data_pkey",
        "DROP TABLE public.soak_data; \(create); \(fill)", "CREATE INDEX ON public.soak_data (part)",
        "ALTER TABLE public.soak_data RENAME TO soak_away; \(create); \(fill); DROP TABLE public.soak_away",
        "DELETE FROM public.soak_data WHERE part = 3; \(fill)",
        // Not allowed in a transaction; they change no row.
        "VACUUM FULL public.soak_data", "CREATE INDEX CONCURRENTLY ON public.soak_data (text)",
    ]

    private static let create = "CREATE TABLE public.soak_data (id bigint PRIMARY KEY, part int, text text)"
    private static let fill = """
        INSERT INTO public.soak_data SELECT n, n % 7, md5(n::text) || repeat('.', 200)
        FROM (SELECT coalesce(max(id), 0) AS top FROM public.soak_data) d, generate_series(top + 1, top + 3000) n
        """
    private static let content = """
        SELECT count(*) AS rows, coalesce(md5(string_agg(id || ' ' || text, ',' ORDER BY id)), '') AS digest
        FROM public.soak_data
        """
    private static let note = """
        UPDATE public.soak_state s SET generation = generation + 1, rows = c.rows, digest = c.digest FROM (\(content)) c
        """

    /// When a change begins.
    private enum Moment: CaseIterable {
        case monitorIsThere, leaderIsThere, workerIsThere, dumpIsThere, anyTime
    }

    /// What the runs came to.
    private struct Outcomes {
        var published = 0
        var refused: [String: Int] = [:]
        var changedBeside = 0
        var longest = 0.0
    }

    @Test func `a table that changes during a backup is kept as it was before or after, or not at all`() throws {
        let instance = try OpsInstance()
        try instance.write(Array("backup: { yield_after: 2s }\n".utf8), to: instance.configuration)
        let connection = try instance.connection()
        for statement in [
            Self.create, Self.fill, "CREATE TABLE public.soak_state (generation int, rows bigint, digest text)",
            "INSERT INTO public.soak_state VALUES (0, 0, '')", Self.note,
        ] { try connection.query(SQL(raw: statement)) }
        let others = try Self.counts(connection)
        var span = 0.0
        span = try seconds { try instance.ops("backup").expect(0) }
        var outcomes = Outcomes()
        for round in 0..<soakCount("DDL", reduced: 6) {
            // Every pair of change and moment comes, in an order that a short campaign sees a mixture of.
            let change = Self.changes[round * 5 % Self.changes.count]
            let moment = Moment.allCases[round * 3 % Moment.allCases.count]
            try Self.round(change, moment, span, instance, others, &outcomes)
        }
        print(
            "\(outcomes.published) backups checked, refused: \(outcomes.refused),",
            "\(outcomes.changedBeside) changes beside a backup,",
            "the longest wait of a change was \(Int(outcomes.longest * 1000)) ms")
        #expect(outcomes.published > 0 && outcomes.changedBeside > 0)
        #expect(outcomes.longest < 5)
    }

    private static func round(
        _ change: String, _ moment: Moment, _ span: Double, _ instance: OpsInstance, _ others: [String: Int],
        _ outcomes: inout Outcomes
    ) throws {
        let before = try instance.backups()
        let figures = Mutex((seconds: 0.0, beside: false))
        let delay = Double.random(in: 0...span)
        let result = try instance.run(["backup", "--json"]) { beside in
            let connection = try beside.connect(), watcher = try beside.connect()
            try Self.wait(for: moment, delay, beside, watcher)
            let time = try seconds { try Self.apply(change, connection) }
            figures.withLock { $0 = (time, !beside.isOver) }
        }
        let (time, besideBackup) = figures.withLock { $0 }
        outcomes.longest = max(outcomes.longest, time)
        if besideBackup { outcomes.changedBeside += 1 }
        let title: Comment = "\(change) at \(String(describing: moment)): \(result.output)\(result.errors)"
        let after = try instance.backups()
        guard result.exit == 0 else {
            let fault = try result.fault()
            outcomes.refused["\(fault.code): \(change.prefix(30)) when \(moment)", default: 0] += 1
            let codes = [
                "backup.yielded", "backup.overtaken", "postgres.locks-not-available",
                "postgres.relations-keep-changing",
            ]
            #expect(result.exit == 1 && codes.contains(fault.code), title)
            #expect(after == before && !fault.hints.isEmpty, title)
            return
        }
        #expect(after.count == before.count + 1, title)
        try instance.restored { restored in
            let wanted = try restored.query("SELECT rows, digest FROM public.soak_state").only()
            let found = try restored.query(SQL(raw: content)).only()
            #expect(try found.string("rows") == wanted.string("rows"), title)
            #expect(try found.string("digest") == wanted.string("digest"), title)
            #expect(try counts(restored) == others, title)
        }
        outcomes.published += 1
    }

    private static func wait(
        for moment: Moment, _ delay: Double, _ beside: Beside, _ watcher: Connection
    ) throws {
        switch moment {
        case .monitorIsThere: try beside.waitForSession("monitor", watcher)
        case .leaderIsThere: try beside.waitForSession("leader", watcher)
        case .workerIsThere: try beside.waitForSession("worker", watcher)
        case .dumpIsThere: try beside.waitForSession("pg_dump", watcher)
        case .anyTime: usleep(UInt32(delay * 1e6))
        }
    }

    private static func apply(_ change: String, _ connection: Connection) throws {
        if change.hasPrefix("VACUUM") || change.contains("CONCURRENTLY") {
            try connection.query(SQL(raw: change))
        } else {
            try connection.execute(script: "BEGIN; \(change); \(note); COMMIT")
        }
    }

    /// Rows of every table that no test changes.
    private static func counts(_ connection: Connection) throws -> [String: Int] {
        let rows = try connection.query(
            """
            SELECT relname, (xpath('/row/n/text()', query_to_xml(
                format('SELECT count(*) AS n FROM public.%I', relname), false, true, '')))[1]::text AS n
            FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '^soak_'
            """)
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.string("relname")] = try row.integer("n") }
        return counts
    }
}
