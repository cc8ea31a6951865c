import Effects
import LiveSupport
import Testing

@testable import Postgres

/// On a server of its own: slots and prepared transactions are off by default.
@Suite struct DatabaseTiesTests {
    private func withServer(_ body: (Connection, Endpoint) throws -> Void) throws {
        var options = ScratchServer.Options()
        options.settings = ["wal_level": "logical", "max_prepared_transactions": "4", "max_replication_slots": "4"]
        let server = try ScratchServer.start(
            in: LiveServer.newFolder(), options: options, effects: Effects(), cancellation: Cancellation())
        defer { do { try server.remove() } catch { Issue.record(error) } }
        let session = try LiveServer.connect(server.endpoint())
        for name in ["live", "other"] { try session.query("CREATE DATABASE \(identifier: name)") }
        try body(session, server.endpoint(database: "live"))
        session.close()
    }

    @Test func `whatever is tied to a database is named, and nothing of another one`() throws {
        try withServer { session, live in
            let none = try DatabaseTies.read("live", session)
            #expect(none == DatabaseTies(prepared: [], slots: [], subscriptions: [], sessions: []))
            #expect(none.obstacles + none.remains + none.interrupted == [])
            #expect(try DatabaseTies.read("no such", session) == none)

            let inside = try LiveServer.connect(live)
            // The slot first: its making waits for the end of every transaction, prepared ones too.
            for statement: SQL in [
                "CREATE TABLE public.t (a int)", "CREATE TABLE public.u (a int)",
                "SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')",
                "CREATE SUBSCRIPTION \"su b\" CONNECTION 'host=127.0.0.1' PUBLICATION p WITH (connect = false)",
                "BEGIN", "INSERT INTO public.t VALUES (1)", "PREPARE TRANSACTION 'it''s'",
            ] {
                try inside.query(statement, deadline: 20)
            }
            // A physical slot belongs to the server.
            try session.query("SELECT pg_create_physical_replication_slot('standby')")
            let holder = try LiveServer.connect(live)
            try holder.query("SET application_name = 'report'")
            try holder.query("BEGIN")
            try holder.query("LOCK TABLE public.u IN SHARE MODE", deadline: 20)
            let ours = try LiveServer.connect(live, role: "health")
            try ours.query("BEGIN")

            let ties = try DatabaseTies.read("live", session)
            #expect(ties.prepared.map(\.name) == ["it's"] && ties.prepared[0].owner == "postgres")
            #expect(ties.slots.map(\.name) == ["cdc"] && ties.slots[0].plugin == "pgoutput" && !ties.slots[0].isActive)
            #expect(ties.slots[0].retained ?? -1 >= 0)
            #expect(ties.subscriptions == [.init(name: "su b", isEnabled: false)])
            #expect(ties.sessions.map(\.application) == ["report"] && ties.sessions[0].strongLocks == 1)
            #expect(ties.sessions[0].client == nil && ties.sessions[0].pid == Int(holder.backendPID))

            #expect(ties.obstacles.count == 1 && ties.obstacles[0].hasSuffix("ROLLBACK PREPARED 'it''s'"))
            #expect(ties.remains.count == 2)
            #expect(ties.remains[0].contains("slot \"cdc\" (pgoutput, not in use) stays"))
            #expect(ties.remains[0].hasSuffix("SELECT pg_drop_replication_slot('cdc')"))
            #expect(ties.remains[1].hasSuffix("DROP SUBSCRIPTION \"su b\""))
            #expect(
                ties.interrupted.count == 1
                    && ties.interrupted[0].hasSuffix("holds a lock on tables; it is rolled back"))
            #expect(try DatabaseTies.read("other", session) == none)

            // They go with the name that the database has then.
            try inside.query("ROLLBACK PREPARED 'it''s'")
            for connection in [inside, holder, ours] { connection.close() }
            try DatabaseFence.setOpen(false, "live", session)
            try DatabaseSwap.swap(live: "live", copy: "other", kept: "kept", session)
            let kept = try DatabaseTies.read("kept", session)
            #expect(kept.slots.map(\.name) == ["cdc"] && kept.subscriptions.count == 1 && kept.sessions == [])
            #expect(try DatabaseTies.read("live", session) == none)
        }
    }

    @Test func `an owner who is no superuser may ask, too`() throws {
        try withServer { session, live in
            try session.query("CREATE ROLE app LOGIN")
            var own = live
            own.user = "app"
            own.database = "postgres"
            let ties = try DatabaseTies.read("live", LiveServer.connect(own))
            #expect(ties.remains == [] && ties.obstacles == [])
        }
    }
}
