import Effects
import Faults
import LiveSupport
import Postgres
import TestSupport
import Testing

@Suite struct SessionTests {
    private func open(_ server: ScriptedServer, visits: Bool = false) throws -> Connection {
        try Connection.open(
            server.endpoint, role: "test", visitsPooler: visits, effects: Effects(), cancellation: Cancellation(),
            deadline: 5)
    }

    private static let noOptions: [ScriptedServer.Step] = [
        .startup, .send(.failure("08P01", "unsupported startup parameter: options")),
    ]

    @Test func `a server that takes no options is a pooler, and its own address is named`() throws {
        try ScriptedServer.run(Self.noOptions) { server in
            var endpoint = server.endpoint
            endpoint.direct = "10.0.0.7:5432"
            let found = try fault {
                _ = try Connection.open(endpoint, role: "test", effects: Effects(), cancellation: Cancellation())
            }
            #expect(found == .pooler(server: endpoint.server, sign: .noOptions, direct: "10.0.0.7:5432"))
            #expect(found?.exit == .refused)
            #expect(found.map { "\($0.hints)".contains("10.0.0.7:5432") } == true)
        }
    }

    @Test func `a protocol error that is not about options is no pooler`() throws {
        try ScriptedServer.run([.startup, .send(.failure("08P01", "unsupported frontend protocol"))]) { server in
            let found = try code { _ = try open(server) }
            #expect(found == "postgres.connect-failed")
        }
    }

    @Test func `another process than the one that was promised is a pooler`() throws {
        let session: [UInt8] =
            .authenticated + .parameter("server_version", "15.4") + .message("K", [0, 0, 0, 9, 0, 0, 0, 2]) + .ready
        try ScriptedServer.run([.startup, .send(session), .settings]) { server in
            let found = try code { _ = try open(server) }
            #expect(found == "postgres.pooler")
        }
    }

    @Test func `a pooler that allows no transactions cannot be visited`() throws {
        let refused: [UInt8] = .failure("08P01", "transaction blocks not allowed in statement pooling mode")
        try ScriptedServer.run(
            Self.noOptions, [.startup, .send(.session()), .read(until: "Q"), .send(refused)]
        ) { server in
            let found = try fault { _ = try open(server, visits: true) }
            #expect(found == .pooler(server: server.endpoint.server, sign: .noTransactions, direct: nil))
        }
    }

    @Test func `a visit ends with its transaction`() throws {
        try ScriptedServer.run(
            Self.noOptions,
            [
                .startup, .send(.session()), .settings, .settings, .read(until: "S"),
                .send(.message("1") + .message("2") + .message("n") + .message("C", Array("ROLLBACK\0".utf8)) + .ready),
                .read(until: "X"),
            ]
        ) { server in
            let connection = try open(server, visits: true)
            #expect(connection.isVisit)
            connection.close()
        }
    }

    @Test(arguments: ["zero_damaged_pages = on", "ignore_checksum_failure = on", "session_replication_role = replica"])
    func `what only a superuser can set, and loses rows, is refused by its name`(setting: String) throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.query("ALTER DATABASE \(identifier: endpoint.database) SET \(raw: setting)")
            let found = try fault { _ = try LiveServer.connect(endpoint) }
            #expect(found?.code == "postgres.setting-dangerous" && found?.exit == .refused)
            #expect(found?.message.contains(setting.prefix { $0 != " " }) == true)
        }
    }

    @Test func `whatever a database says of its sessions, role, path and rights are ours`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            for setting in [
                "search_path = trap, pg_catalog", "role = pg_monitor", "local_preload_libraries = 'nothing'",
                "default_transaction_read_only = on", "exit_on_error = on", "restrict_nonsystem_relation_kind = 'view'",
            ] {
                try connection.query("ALTER DATABASE \(identifier: endpoint.database) SET \(raw: setting)")
            }
            try connection.query("CREATE VIEW public.v AS SELECT 1 AS n")
            let writer = try LiveServer.connect(endpoint, use: .writing)
            #expect(try writer.number("SELECT n FROM public.v") == 1)
            try writer.query("CREATE TABLE public.t (a integer)")
            let reader = try LiveServer.connect(endpoint, use: .reading)
            let found = try code { try reader.query("SELECT n FROM public.v") }
            #expect(found == "postgres.statement-failed")
            #expect(try reader.text("SELECT current_user AS t") == "postgres")
            #expect(
                try reader.query("SHOW default_transaction_read_only").only()
                    .string("default_transaction_read_only") == "on")
        }
    }

    @Test func `a table whose planning would run foreign code is read by a plain COPY`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(
                script: """
                    CREATE FUNCTION public.f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
                    CREATE TABLE public.plain (a integer); CREATE INDEX ON public.plain (a) WHERE abs(a) = 1;
                    CREATE TABLE public.condition (a integer); CREATE INDEX ON public.condition (a) WHERE public.f(1) = 1;
                    CREATE TABLE public.expression (a integer); CREATE INDEX ON public.expression ((a + public.f(1)));
                    CREATE TABLE public.statistics (a integer);
                    CREATE STATISTICS public.s ON (a + public.f(1)), (a + 2) FROM public.statistics;
                    """)
            for name in ["condition", "expression", "statistics"] {
                let relation = try connection.relation(name)
                #expect(relation.hasForeignCode && !CopyStatement(relation).isDivisible, "\(name)")
            }
            #expect(try !connection.relation("plain").hasForeignCode)
        }
    }

    @Test func `a relation that was replaced is not read under its name`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(script: "CREATE TABLE public.t (a integer); CREATE SEQUENCE public.s")
            let relations = try Catalog.relations(connection)
            try Catalog.refuseReplaced(relations, connection)
            try connection.execute(
                script: """
                    ALTER SCHEMA public RENAME TO old; CREATE SCHEMA public; CREATE TABLE public.t (a integer);
                    CREATE VIEW public.s AS SELECT 1 AS last_value, true AS is_called
                    """)
            let found = try code { try Catalog.refuseReplaced(relations, connection) }
            #expect(found == "postgres.strange-relation")
            #expect(
                try code {
                    _ = try Catalog.sequenceValues(of: relations.filter { $0.kind == .sequence }, connection)
                } == "postgres.strange-relation")
        }
    }

    @Test func `opening a session takes one round trip more than connecting`() throws {
        try LiveServer.withDatabase { _, endpoint in
            let observer = RecordingObserver()
            let connection = try LiveServer.connect(endpoint, effects: Effects(observer: observer))
            defer { connection.close() }
            let kinds = observer.effects.filter { $0.kind == .connect || $0.kind == .statement }
            // The second one for what this server knows and older ones do not.
            #expect((2...3).contains(kinds.count))
        }
    }
}
