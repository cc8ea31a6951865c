import Effects
import LiveSupport
import Postgres
import Testing

/// What a backup may not read, and how it learns that its snapshot is gone.
@Suite struct SnapshotLossTests {
    private func asReader(_ grants: String, _ body: (Connection, Connection) throws -> Void) throws {
        try LiveServer.withDatabase { owner, endpoint in
            let role = "reader_of_\(endpoint.database)"
            try owner.query("CREATE ROLE \(identifier: role) LOGIN")
            defer {
                do {
                    try owner.execute(script: "DROP OWNED BY \(role); DROP ROLE \(role)")
                } catch { Issue.record("\(error)") }
            }
            try owner.execute(
                script: """
                    CREATE TABLE public.open (a int); CREATE TABLE public."clo""sed" (a int);
                    CREATE TABLE public.guarded (a int); ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY;
                    CREATE SEQUENCE public.counts; CREATE VIEW public.looks AS SELECT 1 AS a;
                    CREATE SCHEMA hidden; CREATE TABLE hidden.deep (a int);
                    """)
            try owner.execute(script: grants.replacing("reader", with: role))
            var reader = endpoint
            reader.user = role
            try body(try LiveServer.connect(reader), try LiveServer.connect(reader))
        }
    }

    @Test func `relations that may not be read are named, all of them at once`() throws {
        try asReader("GRANT SELECT ON public.open, public.guarded TO reader") { connection, side in
            let found = try fault { _ = try SnapshotLeader.take(on: connection, side: side) }
            #expect(
                found
                    == .unreadableRelations([
                        "\"hidden\".\"deep\"", "\"public\".\"clo\"\"sed\"", "\"public\".\"counts\"",
                        "\"public\".\"guarded\" (row security)",
                    ]))
            #expect(connection.transactionStatus == .idle)
        }
    }

    @Test func `a right to see a relation in a schema that one may not enter is not enough`() throws {
        let grants = """
            ALTER TABLE public.guarded DISABLE ROW LEVEL SECURITY; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
            GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO reader; GRANT SELECT ON hidden.deep TO reader
            """
        try asReader(grants) { connection, side in
            let found = try fault { _ = try SnapshotLeader.take(on: connection, side: side) }
            #expect(found == .unreadableRelations(["\"hidden\".\"deep\""]))
        }
    }

    @Test func `a user who may read everything needs no other right`() throws {
        let grants = """
            ALTER TABLE public.guarded DISABLE ROW LEVEL SECURITY; GRANT pg_read_all_data TO reader;
            """
        try asReader(grants) { connection, side in
            let leader = try SnapshotLeader.take(on: connection, side: side)
            #expect(leader.relations.count == 6)
        }
    }

    @Test func `losing the leader is noticed`() throws {
        try LiveServer.withDatabase { side, endpoint in
            let connection = try LiveServer.connect(endpoint)
            let leader = try SnapshotLeader.take(on: connection, side: side)
            try side.query("SELECT pg_terminate_backend(\(connection.backendPID)::int, 10000)")
            let first = try fault { try leader.check() }
            #expect(first?.code == "postgres.snapshot-gone" && first?.message.contains("lost") == true)
            #expect(try code { try leader.check() } == "postgres.snapshot-gone")
            #expect(throws: PostgresFault.self) { try leader.end() }
        }
    }

    @Test func `a leader whose transaction ended by itself has lost its snapshot`() throws {
        try LiveServer.withDatabase { side, endpoint in
            let connection = try LiveServer.connect(endpoint)
            let leader = try SnapshotLeader.take(on: connection, side: side)
            try leader.end()
            #expect(
                try fault { try leader.check() } == .snapshotGone(reason: "the session that held it has ended"))
        }
    }

    @Test func `an interruption of the check is an interruption`() throws {
        try LiveServer.withDatabase { side, endpoint in
            let cancellation = Cancellation()
            let connection = try LiveServer.connect(endpoint, cancellation: cancellation)
            let leader = try SnapshotLeader.take(on: connection, side: side)
            cancellation.cancel()
            #expect(try code { try leader.check() } == "postgres.interrupted")
        }
    }
}
