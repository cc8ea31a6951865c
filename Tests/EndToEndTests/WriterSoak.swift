import Effects
import Glibc
import LiveSupport
import Postgres
import Synchronization
import TestSupport
import Testing

/// Backups beside a busy writer: every one of them is of one moment, and none of them holds the writer up.
@Suite(.serialized) struct WriterSoak {
    private static let writers = 3
    private static let accounts = 4_000

    /// What the writers came to.
    private struct Figures {
        var moves = 0
        var movesBesideBackups = 0
        /// Of a statement that ran beside a backup, in seconds.
        var longest = 0.0
    }

    @Test func `backups beside a busy writer are whole, and hold nobody up`() throws {
        let instance = try OpsInstance()
        try instance.connection().execute(script: Self.script)
        let endpoint = try LiveServer.get().endpoint(database: instance.database)
        let stop = Cancellation(), isBackingUp = Flag(), figures = Mutex(Figures())
        var checked = 0
        try Threads.run(
            Self.writers, onFirstFailure: { stop.cancel() },
            supervise: {
                defer { stop.cancel() }
                for _ in 0..<soakCount("WRITER", reduced: 3) where !stop.isCancelled {
                    isBackingUp.value.store(true, ordering: .sequentiallyConsistent)
                    let result = try instance.ops("backup", "--json")
                    isBackingUp.value.store(false, ordering: .sequentiallyConsistent)
                    try result.expect(0)
                    try instance.restored { try Self.check($0) }
                    checked += 1
                }
            }
        ) { number in
            let mine = try Self.write(number, endpoint, until: stop) {
                isBackingUp.value.load(ordering: .sequentiallyConsistent)
            }
            figures.withLock {
                $0.moves += mine.moves
                $0.movesBesideBackups += mine.movesBesideBackups
                $0.longest = max($0.longest, mine.longest)
            }
        }
        let all = figures.withLock { $0 }
        print(
            "\(checked) backups checked; \(all.movesBesideBackups) of \(all.moves) transactions beside them,",
            "the longest statement took \(Int(all.longest * 1000)) ms")
        #expect(checked == soakCount("WRITER", reduced: 3))
        #expect(all.movesBesideBackups > 0)
        #expect(all.longest < 2)
        try Self.check(instance.connection())
    }

    private final class Flag: Sendable { let value = Atomic<Bool>(false) }

    /// Two tables that money moves between, a log of the moves, and a counter of each writer.
    private static let script = """
        CREATE TABLE soak_left (id int PRIMARY KEY, balance bigint NOT NULL, note text);
        CREATE TABLE soak_right (id int PRIMARY KEY, balance bigint NOT NULL, note text);
        INSERT INTO soak_left SELECT n, 1000, repeat('l', n % 2000) FROM generate_series(1, \(accounts)) n;
        INSERT INTO soak_right SELECT n, 1000, repeat('r', n % 2000) FROM generate_series(1, \(accounts)) n;
        CREATE TABLE soak_log (id bigserial PRIMARY KEY, writer int, from_id int, to_id int, amount bigint);
        CREATE TABLE soak_counters (writer int PRIMARY KEY, moves bigint);
        INSERT INTO soak_counters SELECT n, 0 FROM generate_series(0, \(writers - 1)) n;
        """

    /// Moves money from a left to a right account, one transaction after another.
    private static func write(
        _ number: Int, _ endpoint: Endpoint, until stop: Cancellation, isBackingUp: () -> Bool
    ) throws -> Figures {
        let connection = try LiveServer.connect(endpoint, role: "writer")
        try connection.query("SET search_path = public")
        var figures = Figures()
        while !stop.isCancelled {
            let before = isBackingUp()
            let from = Int.random(in: 1...accounts), to = Int.random(in: 1...accounts), amount = Int.random(in: 1...9)
            let statements: [SQL] = [
                "BEGIN", "UPDATE soak_left SET balance = balance - \(amount)::bigint WHERE id = \(from)::int",
                "UPDATE soak_right SET balance = balance + \(amount)::bigint WHERE id = \(to)::int",
                """
                INSERT INTO soak_log (writer, from_id, to_id, amount)
                VALUES (\(number)::int, \(from)::int, \(to)::int, \(amount)::bigint)
                """,
                "UPDATE soak_counters SET moves = moves + 1 WHERE writer = \(number)::int", "COMMIT",
            ]
            for statement in statements {
                let time = try seconds { try connection.query(statement) }
                if before || isBackingUp() { figures.longest = max(figures.longest, time) }
            }
            figures.moves += 1
            if before && isBackingUp() { figures.movesBesideBackups += 1 }
        }
        return figures
    }

    /// What holds between any two transactions.
    private static func check(_ connection: Connection) throws {
        let row = try connection.query(
            """
            WITH log AS (SELECT * FROM public.soak_log)
            SELECT (SELECT sum(balance) FROM public.soak_left) + (SELECT sum(balance) FROM public.soak_right) AS money,
                   (SELECT count(*) FROM log) AS logged, (SELECT sum(moves) FROM public.soak_counters) AS counted,
                   (SELECT count(*) FROM public.soak_left a
                       LEFT JOIN (SELECT from_id, sum(amount) AS s FROM log GROUP BY 1) l ON l.from_id = a.id
                       WHERE a.balance <> 1000 - coalesce(l.s, 0)) AS wrong_left,
                   (SELECT count(*) FROM public.soak_right a
                       LEFT JOIN (SELECT to_id, sum(amount) AS s FROM log GROUP BY 1) l ON l.to_id = a.id
                       WHERE a.balance <> 1000 + coalesce(l.s, 0)) AS wrong_right,
                   (SELECT coalesce(max(id), 0) FROM log) <= (SELECT last_value FROM public.soak_log_id_seq) AS ahead
            """
        ).only()
        #expect(try row.integer("money", as: Int.self) == 2 * accounts * 1000)
        #expect(try row.integer("logged", as: Int.self) == row.integer("counted", as: Int.self))
        #expect(try row.integer("wrong_left", as: Int.self) == 0)
        #expect(try row.integer("wrong_right", as: Int.self) == 0)
        // A sequence behind the rows would give out an id twice.
        #expect(try row.bool("ahead"))
    }
}
