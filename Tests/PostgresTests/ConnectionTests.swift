import Effects
import Faults
import Glibc
import LiveSupport
import Postgres
import Secrets
import TestSupport
import Testing

@Suite struct ConnectionTests {
    @Test func `a query returns typed rows, and bound values come back as they went`() throws {
        try LiveServer.withDatabase { connection, _ in
            let text = "quo\"te 'and' \\ back\nline é", none: String? = nil
            let row = try connection.query(
                """
                SELECT \(text)::text AS a, \(42)::int8 AS b, \(true)::bool AS c, \(none)::text AS d,
                       \(bytes: [0, 255])::bytea AS e, \(array: ["x", "\"\\", ""])::text[] = ARRAY['x', '"\\', ''] AS f,
                       \(literal: text) = \(text)::text AS g, 1 AS \(identifier: "o\"dd.é"), ARRAY['p', '', 'q'] AS h,
                       array_to_string(ARRAY['p', '', 'q'], chr(31)) AS list
                """
            ).only()
            #expect(try row.string("a") == text)
            #expect(try row.integer("b", as: Int64.self) == 42)
            #expect(try row.bool("c"))
            #expect(try row.stringIfAny("d") == nil)
            #expect(try row.integerIfAny("d", as: Int.self) == nil)
            #expect(try row.string("e") == "\\x00ff")
            #expect(try row.bool("f") && row.bool("g"))
            #expect(try row.integerIfAny("o\"dd.é", as: Int.self) == 1)
            #expect(try row.list("list") == ["p", "", "q"])
            #expect(row.withBytes("a") { $0.map { Array($0) } } == Array(text.utf8))
            #expect(row.withBytes("d") { $0 == nil })
        }
    }

    @Test func `answers of another form than expected are faults`() throws {
        try LiveServer.withDatabase { connection, _ in
            let rows = try connection.query("SELECT 'x' AS a, NULL AS b FROM generate_series(1, 2)")
            for wrong: (Rows.Row) throws -> Void in [
                { _ = try $0.string("b") }, { _ = try $0.string("none") }, { _ = try $0.bool("a") },
                { _ = try $0.integer("a", as: Int.self) },
            ] {
                #expect(
                    performing: { try wrong(rows[0]) },
                    throws: { ($0 as? PostgresFault)?.code == "postgres.unexpected-answer" })
            }
            #expect(throws: PostgresFault.self) { try rows.only() }
            #expect(
                performing: { try connection.query("COPY (SELECT 1) TO STDOUT") },
                throws: {
                    ($0 as? PostgresFault)?.code == "postgres.unexpected-answer"
                })
            #expect(try connection.query("SELECT 1 AS a").only().integer("a", as: Int.self) == 1)
        }
    }

    @Test func `the session's settings are pinned`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.query(
                "ALTER DATABASE \(identifier: endpoint.database) SET extra_float_digits = -3")
            try connection.query("ALTER DATABASE \(identifier: endpoint.database) SET bytea_output = escape")
            try connection.query("ALTER DATABASE \(identifier: endpoint.database) SET search_path = public")
            let other = try LiveServer.connect(endpoint, role: "leader")
            let expected = [
                "client_encoding": "UTF8", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "TimeZone": "UTC",
                "extra_float_digits": "3", "bytea_output": "hex", "xmloption": "content", "lc_monetary": "C",
                "search_path": "", "row_security": "off", "statement_timeout": "0", "lock_timeout": "0",
                "idle_in_transaction_session_timeout": "0", "idle_session_timeout": "0",
                "max_parallel_workers_per_gather": "0", "jit": "off", "synchronize_seqscans": "off",
                "application_name": "infisical-ops leader",
            ]
            for (name, value) in expected {
                #expect(try other.query("SELECT current_setting(\(name)) AS v").only().string("v") == value, "\(name)")
            }
            #expect(other.backendPID != connection.backendPID && other.backendPID > 0)
            #expect(other.serverVersion >= .oldest && other.serverVersion.major >= 14)
        }
    }

    @Test func `in a database of another encoding names are UTF-8, and streams have its own encoding`() throws {
        let server = try LiveServer.get()
        let administrator = try LiveServer.connect(server.endpoint())
        try administrator.query("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        let connection = try LiveServer.connect(server.endpoint(database: "latin"))
        try connection.execute(
            script: "CREATE TABLE public.\"tä\" (\"ü\" text); INSERT INTO public.\"tä\" VALUES ('é')")
        let relation = try #require(try Catalog.relations(connection).first)
        #expect(relation.name == "tä" && relation.columns.map(\.name) == ["ü"])
        for isBinary in [true, false] {
            let statement = CopyStatement(relation, isBinary: isBinary)
            let stream = try connection.messages(statement.toStandardOutput).flatMap { $0 }
            #expect(stream.contains(0xe9) && !stream.contains(0xc3))
            try connection.query("BEGIN")
            let rows = try connection.copyIn(statement.fromStandardInput) { copy in
                try stream.withUnsafeBytes { try copy.put($0) }
            }
            #expect(rows == 1 && connection.transactionStatus == .inTransaction)
            #expect(try connection.number("SELECT count(*) AS n FROM public.\"tä\" WHERE \"ü\" = 'é'") == 2)
            try connection.query("ROLLBACK")
        }
        // A COPY that fails leaves the session as it was, and so does one that is given up.
        #expect(throws: PostgresFault.self) { try connection.copyOut("COPY public.\"kö\" TO STDOUT") { _ in } }
        #expect(throws: TestProblem.self) {
            try connection.copyOut("COPY public.\"tä\" TO STDOUT") { _ in throw TestProblem("stop") }
        }
        // And a script.
        #expect(throws: PostgresFault.self) { try connection.execute(encoded: Array("SELECT nothing".utf8)) }
        #expect(try connection.query("SELECT 'é' AS e").only().string("e") == "é")
        #expect(try connection.query("SHOW client_encoding").only().string("client_encoding") == "UTF8")
        connection.close()
        try TargetDatabase.drop("latin", on: administrator)
    }

    @Test func `bytes of a database without an encoding are taken where they are UTF-8, and refused elsewhere`() throws
    {
        let server = try LiveServer.get()
        let administrator = try LiveServer.connect(server.endpoint())
        try administrator.query("CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
        let connection = try LiveServer.connect(server.endpoint(database: "bytes"))
        try connection.execute(script: "CREATE TABLE public.\"tä\" AS SELECT convert_from('\\xff41', 'SQL_ASCII') AS a")
        let relation = try #require(try Catalog.relations(connection).first)
        let stream = try connection.messages(CopyStatement(relation, isBinary: false).toStandardOutput).flatMap { $0 }
        #expect(relation.name == "tä" && stream == [0xff, 0x41, 0x0a])
        #expect(throws: PostgresFault.notUnicode(column: "a")) {
            try connection.query("SELECT a FROM public.\"tä\"").only().string("a")
        }
        connection.close()
        try TargetDatabase.drop("bytes", on: administrator)
    }

    @Test func `transactions commit, roll back, and tell their state`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(script: "CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1), (2)")
            #expect(connection.transactionStatus == .idle)
            try connection.transaction {
                #expect(connection.transactionStatus == .inTransaction)
                let deleted = try connection.query("DELETE FROM public.t WHERE a = \(1)").affected
                #expect(deleted == 1)
            }
            struct Stop: Error {}
            #expect(throws: Stop.self) {
                try connection.transaction {
                    try connection.query("DELETE FROM public.t")
                    throw Stop()
                }
            }
            #expect(throws: PostgresFault.self) {
                try connection.transaction { try connection.query("SELECT nothing") }
            }
            #expect(connection.transactionStatus == .idle)
            #expect(try connection.query("SELECT count(*) AS n FROM public.t").only().integer("n", as: Int.self) == 1)
        }
    }

    @Test func `a deadline cancels the statement and leaves the session usable`() throws {
        try LiveServer.withDatabase { connection, _ in
            #expect(
                performing: { try connection.query("SELECT pg_sleep(30)", deadline: 0.2) },
                throws: {
                    ($0 as? PostgresFault)?.code == "postgres.deadline-passed"
                })
            let rows = try connection.query("SELECT 1 AS a").count
            #expect(rows == 1)
        }
    }

    @Test func `a cancelled run ends a waiting statement, and the server forgets it`() throws {
        try LiveServer.withDatabase { watcher, endpoint in
            let cancellation = Cancellation()
            let connection = try LiveServer.connect(endpoint, cancellation: cancellation)
            try Threads.run(2) { index in
                if index == 1 {
                    usleep(200_000)
                    cancellation.cancel(signal: SIGINT)
                } else {
                    let own = try LiveServer.connect(endpoint, cancellation: cancellation)
                    do {
                        try own.query("SELECT pg_sleep(31)")
                        Issue.record("the statement was not cancelled")
                    } catch let error as PostgresFault {
                        #expect(error.code == "postgres.interrupted" && error.exit == .interrupted)
                    }
                }
            }
            #expect(throws: PostgresFault.self) { try connection.query("SELECT pg_sleep(1)") }
            let running = try watcher.query(
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(31)%' AND state = 'active' AND pid <> pg_backend_pid()"
            )
            #expect(running.isEmpty)
        }
    }

    @Test func `a session that the server ended is a lost connection`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let victim = try LiveServer.connect(endpoint)
            try connection.query("SELECT pg_terminate_backend(\(victim.backendPID)::int)")
            #expect(
                performing: { try victim.query("SELECT 1") },
                throws: {
                    ($0 as? PostgresFault)?.code == "postgres.connection-lost"
                })
            #expect(
                performing: { try victim.query("SELECT 1") },
                throws: {
                    ($0 as? PostgresFault)?.code == "postgres.connection-lost"
                })
            victim.close()
            victim.close()
            #expect(victim.transactionStatus == .unknown && victim.backendPID == 0)
            #expect(throws: PostgresFault.self) { try victim.query("SELECT 1") }
        }
    }

    @Test func `a statement far larger than the socket's buffers goes through`() throws {
        try LiveServer.withDatabase { connection, _ in
            let text = String(repeating: "0123456789", count: 3_000_000)
            let row = try connection.query("SELECT length(\(text)::text) AS n, right(\(text)::text, 3) AS t").only()
            #expect(try row.integer("n", as: Int.self) == 30_000_000 && row.string("t") == "789")
            try connection.execute(script: "SELECT '\(text)'")
        }
    }

    @Test func `a transaction that cannot be rolled back any more closes its session`() throws {
        try LiveServer.withDatabase { watcher, endpoint in
            let cancellation = Cancellation()
            let connection = try LiveServer.connect(endpoint, cancellation: cancellation)
            struct Stop: Error {}
            #expect(throws: Stop.self) {
                try connection.transaction {
                    try connection.query("CREATE TABLE public.never (a int)")
                    cancellation.cancel()
                    throw Stop()
                }
            }
            #expect(connection.transactionStatus == .unknown)
            #expect(try watcher.query("SELECT to_regclass('public.never') AS t").only().stringIfAny("t") == nil)
        }
    }
}
