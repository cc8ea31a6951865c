import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import TestSupport
import Testing

@testable import Postgres

@Suite struct TransactionMarkTests {
    private static let lock: Int64 = 2025

    private func withTable(_ body: (Endpoint) throws -> Void) throws {
        try LiveServer.withDatabase { session, endpoint in
            try session.query("CREATE TABLE public.t (n integer)")
            try body(endpoint)
        }
    }

    /// A session in a transaction that has written a row, and holds the lock.
    private func begun(_ endpoint: Endpoint) throws -> Connection {
        let writer = try LiveServer.connect(endpoint)
        try writer.query("BEGIN")
        try writer.query("SELECT pg_advisory_xact_lock(\(Self.lock)::bigint)")
        try writer.query("INSERT INTO public.t VALUES (1)")
        return writer
    }

    private func fate(
        _ mark: TransactionMark, _ endpoint: Endpoint, patience: Double = 10
    ) throws -> TransactionMark.Fate {
        try mark.fate(lock: Self.lock, LiveServer.connect(endpoint), patience: patience)
    }

    @Test(arguments: [true, false]) func `what became of a transaction is known afterwards`(commits: Bool) throws {
        try withTable { endpoint in
            let writer = try begun(endpoint), witness = try LiveServer.connect(endpoint)
            let mark = try TransactionMark.take(writer, witness: witness)
            #expect(mark.process == writer.backendPID && mark.system != nil)
            let recorded = try JSONDecoder().decode(TransactionMark.self, from: JSONEncoder().encode(mark))
            #expect(recorded == mark)
            try writer.query(commits ? "COMMIT" : "ROLLBACK")
            writer.close()
            let session = try LiveServer.connect(endpoint)
            #expect(try recorded.fate(lock: Self.lock, session) == (commits ? .committed : .aborted))
            // The rows are looked at under the lock.
            let taken = {
                try witness.query("SELECT pg_try_advisory_lock(\(Self.lock)::bigint) AS got").only().bool("got")
            }
            #expect(try !taken())
            try TransactionMark.release(lock: Self.lock, session)
            #expect(try taken())
        }
    }

    @Test func `a session that is still there is waited for, then ended, and it alone`() throws {
        try withTable { endpoint in
            let writer = try begun(endpoint), witness = try LiveServer.connect(endpoint)
            let mark = try TransactionMark.take(writer, witness: witness)
            #expect(try fate(mark, endpoint, patience: 0.3) == .aborted)
            #expect(throws: PostgresFault.self) { try writer.query("COMMIT") }
            try witness.query("SELECT 1")
        }
    }

    @Test func `another session with the number of the one that is gone is left alone`() throws {
        try withTable { endpoint in
            let writer = try begun(endpoint), other = try LiveServer.connect(endpoint)
            let mark = try TransactionMark.take(writer, witness: other)
            try writer.query("COMMIT")
            writer.close()
            let reused = TransactionMark(
                transaction: mark.transaction, process: other.backendPID, processStart: mark.processStart,
                system: mark.system, database: mark.database, timeline: mark.timeline, flushed: mark.flushed)
            #expect(try fate(reused, endpoint, patience: 0.3) == .committed)
            try other.query("SELECT 1")
        }
    }

    @Test func `a lock that somebody else has is named, not broken`() throws {
        try withTable { endpoint in
            let writer = try begun(endpoint), other = try LiveServer.connect(endpoint)
            let mark = try TransactionMark.take(writer, witness: other)
            try writer.query("COMMIT")
            writer.close()
            try other.query("SELECT pg_advisory_lock(\(Self.lock)::bigint)")
            let found = try fault { _ = try fate(mark, endpoint, patience: 0.3) }
            guard case .lockHeld(Self.lock, let sessions, 0.3)? = found else {
                Issue.record("\(String(describing: found))")
                return
            }
            #expect(sessions.map(\.pid) == [other.backendPID])
            try other.query("SELECT 1")
        }
    }

    @Test func `a number that was never given out was not committed`() throws {
        try withTable { endpoint in
            let mark = try marked(endpoint) { $0.with(transaction: $0.transaction + 1_000_000) }
            #expect(try fate(mark, endpoint) == .aborted)
        }
    }

    @Test func `another server, database, history or an earlier state cannot say`() throws {
        try withTable { endpoint in
            let cases: [(String, (TransactionMark) -> TransactionMark)] = [
                ("another server", { $0.with(system: "7") }), ("another database", { $0.with(database: 1) }),
                ("another history", { $0.with(timeline: "0000002A") }),
                ("earlier state", { $0.with(flushed: "FFFFFFFF/0") }),
            ]
            for (word, change) in cases {
                let mark = try marked(endpoint, change)
                guard case .unknown(let reason) = try fate(mark, endpoint) else {
                    Issue.record("\(word) is known")
                    continue
                }
                #expect(reason.contains(word), "\(reason)")
            }
        }
    }

    private func marked(
        _ endpoint: Endpoint, _ change: (TransactionMark) -> TransactionMark
    ) throws -> TransactionMark {
        let writer = try begun(endpoint)
        let mark = try TransactionMark.take(writer, witness: try LiveServer.connect(endpoint))
        try writer.query("COMMIT")
        writer.close()
        return change(mark)
    }

    @Test func `only an open transaction is marked, and only by a session of the same database`() throws {
        try withTable { endpoint in
            let session = try LiveServer.connect(endpoint), witness = try LiveServer.connect(endpoint)
            let take = { (writer: Connection, witness: Connection) in
                try code { _ = try TransactionMark.take(writer, witness: witness) }
            }
            #expect(try take(session, witness) == "postgres.unexpected-answer")
            let writer = try begun(endpoint)
            #expect(try take(writer, writer) == "postgres.unexpected-answer")
            #expect(try take(writer, LiveServer.connect(LiveServer.get().endpoint())) == "postgres.unexpected-answer")
            // A session that would not wait for the disk is made to.
            try witness.query("SET synchronous_commit = off")
            _ = try TransactionMark.take(writer, witness: witness)
            #expect(try witness.text("SELECT current_setting('synchronous_commit') AS t") == "on")
        }
    }
}

extension TransactionMark {
    fileprivate func with(
        transaction: UInt64? = nil, system: String? = nil, database: UInt32? = nil, timeline: String? = nil,
        flushed: String? = nil
    ) -> TransactionMark {
        TransactionMark(
            transaction: transaction ?? self.transaction, process: process, processStart: processStart,
            system: system ?? self.system, database: database ?? self.database, timeline: timeline ?? self.timeline,
            flushed: flushed ?? self.flushed)
    }
}

/// What a crash of the server or of the client leaves of a marked transaction; on a server of its own.
@Suite struct TransactionMarkCrashTests {
    private static let lock: Int64 = 2025

    private func withServer(
        _ settings: [String: String] = [:], _ body: (ScratchServer, Endpoint) throws -> Void
    ) throws {
        var options = ScratchServer.Options()
        options.settings = ["autovacuum": "off"].merging(settings) { $1 }
        let server = try ScratchServer.start(
            in: LiveServer.newFolder(), options: options, effects: Effects(), cancellation: Cancellation())
        defer { do { try server.remove() } catch { Issue.record("\(error)") } }
        let session = try LiveServer.connect(server.endpoint())
        try session.query("CREATE TABLE public.t (n integer)")
        session.close()
        try body(server, server.endpoint())
    }

    private func begun(_ endpoint: Endpoint) throws -> Connection {
        let writer = try LiveServer.connect(endpoint)
        try writer.query("BEGIN")
        try writer.query("SELECT pg_advisory_xact_lock(\(Self.lock)::bigint)")
        try writer.query("INSERT INTO public.t VALUES (1)")
        return writer
    }

    @Test func `a server that was stopped at once knows, and its numbers are not given to others`() throws {
        // Nothing reaches the disk by itself.
        try withServer(["wal_writer_delay": "10s", "synchronous_commit": "off"]) { server, endpoint in
            var expected: [(TransactionMark, TransactionMark.Fate)] = []
            for round in 0..<3 {
                let committed = try begun(endpoint)
                let first = try TransactionMark.take(committed, witness: LiveServer.connect(endpoint))
                try committed.query("COMMIT")
                let open = try begun(endpoint)
                let second = try TransactionMark.take(open, witness: LiveServer.connect(endpoint))
                try server.stop(.immediate)
                try server.start()
                expected += [(first, .committed), (second, .aborted)]
                // Whoever comes next would be given the numbers of those that were lost.
                let next = try LiveServer.connect(endpoint)
                for _ in 0..<5 { try next.query("INSERT INTO public.t VALUES (2)") }
                for (mark, fate) in expected {
                    #expect(
                        try mark.fate(lock: Self.lock, LiveServer.connect(endpoint)) == fate,
                        "round \(round), \(mark.transaction)")
                }
            }
        }
    }

    @Test func `without a witness the number of a lost transaction is given to another one`() throws {
        // What the mark is for: this is why the second session is there.
        try withServer(["wal_writer_delay": "10s", "synchronous_commit": "off"]) { server, endpoint in
            let session = try LiveServer.connect(endpoint)
            try session.query("CHECKPOINT")
            let writer = try begun(endpoint)
            let number = try writer.number("SELECT pg_current_xact_id()::text::bigint AS n")
            try server.stop(.immediate)
            try server.start()
            let next = try LiveServer.connect(endpoint)
            try next.query("INSERT INTO public.t VALUES (2)")
            #expect(try next.text("SELECT pg_xact_status(\(String(number))::xid8) AS t") == "committed")
        }
    }

    @Test func `a client that is killed while the server still works on its COMMIT`() throws {
        // A server that waits for a standby that does not come holds every COMMIT back.
        try withServer { server, endpoint in
            let session = try LiveServer.connect(endpoint)
            let client = try ChildProcess(
                "psql", ["-XAtq", "-h", endpoint.host, "-U", endpoint.user, "-d", endpoint.database, "-f", "-"])
            client.writeLine(
                """
                BEGIN; SELECT pg_advisory_xact_lock(2025); INSERT INTO public.t VALUES (1);
                SELECT pg_current_xact_id() || ' ' || pid || ' ' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid();
                """)
            _ = client.readLine()
            let words = client.readLine().split(separator: " ", maxSplits: 2).map(String.init)
            let place = try ServerPlace.read(session)
            let process = try #require(Int32(words[1]))
            let mark = TransactionMark(
                transaction: try #require(UInt64(words[0])), process: process, processStart: words[2],
                system: place.system, database: place.database, timeline: place.timeline, flushed: "0/0")
            try session.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            try session.query("SELECT pg_reload_conf()")
            try wait(for: "the setting") {
                try LiveServer.connect(endpoint).text("SELECT current_setting('synchronous_standby_names') AS t")
                    == "nobody"
            }
            // Whether a COMMIT waits, the checkpointer says, and by now it has the signal to read the setting.
            try session.query("CHECKPOINT")
            client.writeLine("COMMIT;")
            try session.waitUntil(process, waitsFor: "IPC")
            client.send(SIGKILL)
            #expect(client.wait() == .killed(SIGKILL))
            // The server has not noticed, and others still see the old rows: the process is ended, which lets the COMMIT go.
            #expect(try session.number("SELECT count(*) AS n FROM public.t") == 0)
            #expect(try mark.fate(lock: Self.lock, session, patience: 1) == .committed)
            #expect(try session.number("SELECT count(*) AS n FROM public.t") == 1)
        }
    }
}
