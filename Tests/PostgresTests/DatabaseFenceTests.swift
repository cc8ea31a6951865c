import Effects
import Faults
import LiveSupport
import TestSupport
import Testing

@testable import Postgres

@Suite struct DatabaseFenceTests {
    private let session: Connection
    private let live: String
    private let fence: DatabaseFence

    init() throws {
        session = try LiveServer.connect(LiveServer.get().endpoint())
        live = try LiveServer.makeDatabase(template: "template0")
        fence = try DatabaseFence(live, session)
    }

    private func inside(as user: String? = nil, role: String = "test") throws -> Connection {
        var endpoint = try LiveServer.get().endpoint(database: live)
        if let user { endpoint.user = user }
        return try LiveServer.connect(endpoint, role: role)
    }

    private func ended() throws { try TargetDatabase.drop(live, on: session) }

    /// A session as the application has it: without a name.
    private func application(as user: String? = nil) throws -> Connection {
        let connection = try inside(as: user)
        try connection.query("SET application_name = ''")
        return connection
    }

    @Test func `behind the fence its own sessions work on, all others are ended, and nobody comes in`() throws {
        let own = try inside(), others = try (0..<3).map { _ in try application() }
        #expect(try !fence.isClosed(session))
        try fence.close(keeping: [own], session)
        #expect(try fence.isClosed(session))
        try own.query("SELECT 1")
        for other in others { #expect(throws: PostgresFault.self) { try other.query("SELECT 1") } }
        #expect(try code { _ = try inside() } == "postgres.closed")
        #expect(try fence.others(than: [own], session).isEmpty)
        // Once more, from inside, and it is no error.
        try fence.close(own)
        try own.query("SELECT 1")
        try fence.open(session)
        try fence.open(session)
        #expect(try !fence.isClosed(session))
        try inside().query("SELECT 1")
        try ended()
    }

    @Test func `what works for one of its own sessions is kept with it`() throws {
        let own = try inside()
        try own.execute(
            script: """
                CREATE TABLE public.t AS SELECT n, md5(n::text) AS word FROM generate_series(1, 4000) AS n;
                SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
                SET min_parallel_table_scan_size = 0
                """)
        let fence = fence, endpoint = try LiveServer.get().endpoint(), pid = own.backendPID
        // Each connection is used by one thread alone.
        nonisolated(unsafe) let worker = own
        let result = try Threads.both({
            let beside = try LiveServer.connect(endpoint)
            try wait(for: "its workers") {
                try beside.number("SELECT count(*) AS n FROM pg_stat_activity WHERE leader_pid = \(pid)::int") > 0
            }
            try fence.close(keeping: [worker], beside)
        }) {
            try worker.number("SELECT count(*) AS n FROM public.t WHERE pg_sleep(0.0005) IS NOT NULL")
        }
        #expect(result.1 == 4000)
        try ended()
    }

    @Test func `after a crash whoever goes on is let in, and nobody else`() throws {
        try fence.close(session)
        let own = try fence.enclose(session) { [try inside(), try inside()] }
        #expect(try fence.isClosed(session))
        for connection in own { try connection.query("SELECT 1") }
        #expect(throws: PostgresFault.self) { try inside() }
        // Those who go on when the ones before were killed without their server processes noticing.
        let next = try fence.enclose(session) { [try inside()] }
        for connection in own { #expect(throws: PostgresFault.self) { try connection.query("SELECT 1") } }
        try next[0].query("SELECT 1")
        try ended()
    }

    @Test(arguments: [false, true]) func `where its own sessions do not come in, it stands as it stood`(
        stood: Bool
    ) throws {
        if stood { try fence.close(session) }
        let found = try fault { _ = try fence.enclose(session) { throw PostgresFault.notNamed } }
        #expect(try found == .notNamed && fence.isClosed(session) == stood)
        try ended()
    }

    @Test func `another database of the name is left alone`() throws {
        let other = DatabaseFence(database: live, oid: fence.oid + 1)
        #expect(try fault { try other.close(session) } == .otherDatabase(live))
        #expect(try fault { try other.open(session) } == .otherDatabase(live))
        #expect(try fault { _ = try other.obstacles(clients([]), session) } == .otherDatabase(live))
        #expect(try !fence.isClosed(session))
        let gone = try fault { _ = try DatabaseFence("no such database", session) }
        #expect(gone?.code == "postgres.no-such-database")
        try ended()
    }

    @Test func `it does not stand in a transaction, where nothing of it would count`() throws {
        try session.query("BEGIN")
        #expect(try code { try fence.close(session) } == "postgres.unexpected-answer")
        try session.query("ROLLBACK")
        #expect(try !fence.isClosed(session))
        try ended()
    }

    @Test func `a session that is being let in is seen before it shows, and is ended`() throws {
        // It has passed the door, and shows two seconds later.
        var slow = try LiveServer.get().endpoint(database: live)
        slow.parameters["options"] = "-c post_auth_delay=2"
        let endpoint = slow, fence = fence
        let (_, failure) = try Threads.both({
            try wait(for: "it to begin") { try ClientSession.beginning(in: fence.oid, session) == 1 }
            #expect(try fence.others(session).isEmpty)
            try fence.close(session)
            #expect(try ClientSession.beginning(in: fence.oid, session) == 0 && fence.others(session).isEmpty)
        }) {
            try code {
                let connection = try LiveServer.connect(endpoint)
                try connection.query("SELECT pg_sleep(5)")
            }
        }
        #expect(failure?.hasPrefix("postgres.") == true)
        try ended()
    }

    @Test func `whoever changes the settings of the database is not taken for a session that begins`() throws {
        let owner = try LiveServer.connect(LiveServer.get().endpoint())
        try owner.query("BEGIN")
        try owner.query("COMMENT ON DATABASE \(identifier: live) IS 'changed'")
        #expect(
            try session.number(
                "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'object' AND objid = \(Int64(fence.oid))::oid") > 0
        )
        #expect(try ClientSession.beginning(in: fence.oid, session) == 0)
        try owner.query("ROLLBACK")
        try ended()
    }

    @Test func `of many that come in all the time none is inside when it stands`() throws {
        let fence = fence, live = live, endpoint = try LiveServer.get().endpoint(), stop = Cancellation()
        let (left, seen) = try Threads.both({
            defer { stop.cancel() }
            var left = 0
            for _ in 0..<20 {
                try fence.close(session)
                for _ in 0..<5 { left += try fence.others(session).count }
                try fence.open(session)
                try session.query("SELECT pg_sleep(0.02)")
            }
            return left
        }) {
            var seen = 0
            while !stop.isCancelled {
                do {
                    try LiveServer.connect(endpoint.with(database: live)).close()
                    seen += 1
                } catch is PostgresFault {}
            }
            return seen
        }
        #expect(left == 0 && seen > 0)
        try ended()
    }

    // MARK: - Who may not be ended

    private func clients(_ users: Set<String>, addresses: Set<String> = []) -> ApplicationClients {
        ApplicationClients(users: users, addresses: addresses)
    }

    private func withRole(_ grants: String..., body: (String) throws -> Void) throws {
        let role = live + "_role"
        try session.query("CREATE ROLE \(identifier: role) LOGIN")
        for grant in grants { try session.query(SQL(raw: grant.replacing("ROLE", with: role))) }
        try body(role)
        try ended()
        try session.query("DROP OWNED BY \(identifier: role)")
        try session.query("DROP ROLE \(identifier: role)")
    }

    @Test func `a superuser's session keeps the fence of an owner from being believed, and is named`() throws {
        try withRole("ALTER DATABASE \(live) OWNER TO ROLE") { role in
            let theirs = try inside(), own = try inside(as: role)
            try theirs.query("SET application_name = 'a monitor'")
            var endpoint = try LiveServer.get().endpoint()
            endpoint.user = role
            let beside = try LiveServer.connect(endpoint)
            let found = try fault { try fence.close(keeping: [own], beside, patience: 0.3) }
            guard case .sessionsStay(live, let sessions, 0, 0.3)? = found else {
                Issue.record("\(String(describing: found))")
                return
            }
            #expect(
                sessions == [
                    ClientSession(pid: theirs.backendPID, user: "postgres", application: "a monitor", address: nil)
                ])
            // It stays closed: the caller decides, and can open it.
            #expect(try fence.isClosed(beside))
            try theirs.query("SELECT 1")
            try fence.open(beside)
            #expect(
                try fence.obstacles(clients([role]), beside).map(\.code) == [
                    "postgres.unknown-clients", "postgres.may-not-end",
                ])
            theirs.close()
            try fence.close(keeping: [own], beside)
            try own.query("SELECT 1")
            for connection in [own, beside] { connection.close() }
        }
    }

    @Test func `an owner who may signal ends the sessions of other roles`() throws {
        try withRole("ALTER DATABASE \(live) OWNER TO ROLE", "GRANT pg_signal_backend TO ROLE") { role in
            let other = live + "_other"
            try session.query("CREATE ROLE \(identifier: other) LOGIN")
            let theirs = try inside(as: other)
            var endpoint = try LiveServer.get().endpoint()
            endpoint.user = role
            let beside = try LiveServer.connect(endpoint)
            #expect(try fence.obstacles(clients([other]), beside).isEmpty)
            try fence.close(beside)
            #expect(throws: PostgresFault.self) { try theirs.query("SELECT 1") }
            beside.close()
            try session.query("DROP ROLE \(identifier: other)")
        }
    }

    @Test func `what is not allowed is told before, and nothing is written`() throws {
        try withRole("GRANT CONNECT ON DATABASE \(live) TO ROLE") { role in
            let application = try application(), stranger = try inside()
            try stranger.query("SET application_name = 'psql'")
            let own = try inside(role: "backup")
            var endpoint = try LiveServer.get().endpoint()
            endpoint.user = role
            let beside = try LiveServer.connect(endpoint)
            let found = try fence.obstacles(clients(["postgres"]), beside)
            let named = { (faults: [PostgresFault]) in faults.map { "\($0)" }.joined() }
            #expect(
                found.map(\.code) == ["postgres.may-not-close", "postgres.unknown-clients", "postgres.may-not-end"])
            #expect(found.first == .mayNotClose(database: live, user: role))
            #expect(named([found[1]]).contains("\(stranger.backendPID)"))
            // The application's own end with it, ours are known; both are beyond this user's reach all the same.
            #expect(!named([found[1]]).contains("\(application.backendPID)"))
            #expect(!named([found[1]]).contains("\(own.backendPID)"))
            #expect(!named([found[2]]).contains("\(application.backendPID)"))
            #expect(named([found[2]]).contains("\(own.backendPID)"))
            #expect(try !fence.isClosed(session))
            for connection in [application, stranger, own] { try connection.query("SELECT 1") }
            for connection in [application, stranger, own, beside] { connection.close() }
        }
    }

    @Test func `sessions of the application are known by role, name and address`() {
        let session = { (pid: Int32, user: String, name: String, address: String?) in
            ClientSession(pid: pid, user: user, application: name, address: address)
        }
        let sessions = [
            session(1, "infisical", "", "172.18.0.4"), session(2, "infisical", "", "172.18.0.9"),
            session(3, "infisical", "psql", "172.18.0.4"), session(4, "postgres", "", "172.18.0.4"),
            session(5, "infisical", "", nil),
        ]
        let own = { (users: Set<String>, addresses: Set<String>) in
            ApplicationClients(users: users, addresses: addresses).own(of: sessions).map(\.pid)
        }
        // Whatever comes from there ends with it, under any name.
        #expect(own(["infisical"], ["172.18.0.4"]) == [1, 3, 4, 5])
        // Behind a proxy nobody has the container's address.
        #expect(own(["infisical"], ["10.9.9.9"]) == [1, 2, 5])
        #expect(own(["infisical"], []) == [1, 2, 5])
        #expect(own([], ["172.18.0.4"]) == [1, 3, 4, 5])
    }
}
