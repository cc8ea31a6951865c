import LiveSupport
import Testing

@testable import Postgres

@Suite struct DatabaseSwapTests {
    private let session: Connection
    private let live: String
    private let copy: String
    private let kept: String

    init() throws {
        session = try LiveServer.connect(LiveServer.get().endpoint())
        live = try LiveServer.makeDatabase(template: "template0")
        copy = try LiveServer.makeDatabase(template: "template0")
        kept = live + "_kept"
        for (database, word) in [(live, "live"), (copy, "copy")] {
            try session.query("COMMENT ON DATABASE \(identifier: database) IS \(literal: word)")
        }
    }

    /// What each of the three names stands for by now; then they are dropped.
    private func ended() throws -> [String?] {
        let found = try [live, copy, kept].map { name in
            try session.query(
                "SELECT shobj_description(oid, 'pg_database') AS what FROM pg_database WHERE datname = \(name)"
            ).first.map { try $0.string("what") }
        }
        for name in [live, copy, kept] { try TargetDatabase.drop(name, on: session) }
        return found
    }

    @Test func `both are renamed, whoever is inside, and the new one lets everybody in`() throws {
        let inside = try LiveServer.connect(LiveServer.get().endpoint(database: live))
        let number = try #require(try DatabaseSwap.oid(of: live, session))
        try DatabaseFence.setOpen(false, live, session)
        try DatabaseFence.setOpen(false, copy, session)
        #expect(throws: PostgresFault.self) { try LiveServer.connect(LiveServer.get().endpoint(database: live)) }
        try DatabaseSwap.swap(live: live, copy: copy, kept: kept, session)
        #expect(throws: PostgresFault.self) { try inside.query("SELECT 1") }
        try LiveServer.connect(LiveServer.get().endpoint(database: live)).close()
        #expect(try DatabaseSwap.oid(of: kept, session) == number)
        #expect(try DatabaseSwap.oid(of: live, session) != number)
        #expect(try DatabaseSwap.oid(of: live + "_none", session) == nil)
        #expect(try ended() == ["copy", nil, "live"])
    }

    @Test func `none is renamed when one cannot be`() throws {
        try TargetDatabase.create(
            kept, DatabaseLocale(encoding: "UTF8", collate: "C", characterType: "C", provider: .libc), on: session)
        try session.query("COMMENT ON DATABASE \(identifier: kept) IS 'there before'")
        let fault = #expect(throws: PostgresFault.self) {
            try DatabaseSwap.swap(live: live, copy: copy, kept: kept, session)
        }
        #expect(fault?.code == "postgres.database-exists")
        if session.transactionStatus != .idle { try session.query("ROLLBACK") }
        #expect(try ended() == ["live", "copy", "there before"])
    }

    @Test func `a live database that is lost is no obstacle`() throws {
        try TargetDatabase.drop(live, on: session)
        try DatabaseSwap.swap(live: live, copy: copy, kept: kept, session)
        #expect(try ended() == ["copy", nil, nil])
    }

    @Test func `sessions in the copy are ended as well`() throws {
        try DatabaseFence.setOpen(false, live, session)
        let inside = try (0..<5).map { _ in try LiveServer.connect(LiveServer.get().endpoint(database: copy)) }
        try DatabaseSwap.swap(live: live, copy: copy, kept: kept, session)
        for connection in inside { #expect(throws: PostgresFault.self) { try connection.query("SELECT 1") } }
        #expect(try ended() == ["copy", nil, "live"])
    }

    @Test func `sessions that the user may not end are named, and keep nobody from ending the others`() throws {
        let role = live + "_plain"
        try session.query("CREATE ROLE \(identifier: role) LOGIN")
        var endpoint = try LiveServer.get().endpoint(database: live)
        let theirs = try LiveServer.connect(endpoint)
        try theirs.query("SET application_name = 'a monitor'")
        endpoint.user = role
        let own = try LiveServer.connect(endpoint), user = try LiveServer.connect(endpoint.with(database: "postgres"))
        let left = try ClientSession.beyondReach(in: live, user)
        #expect(left.map(\.pid) == [theirs.backendPID] && left.first?.user == "postgres")
        #expect(try ClientSession.beyondReach(in: live, session).isEmpty)
        try ClientSession.end(in: live, user)
        #expect(throws: PostgresFault.self) { try own.query("SELECT 1") }
        try theirs.query("SELECT 1")
        theirs.close()
        user.close()
        _ = try ended()
        try session.query("DROP ROLE \(identifier: role)")
    }

    @Test func `sessions of a role that was dropped are named to who may not end them, and ended by who may`() throws {
        let gone = live + "_gone", role = live + "_plain"
        for name in [gone, role] { try session.query("CREATE ROLE \(identifier: name) LOGIN") }
        var endpoint = try LiveServer.get().endpoint(database: live)
        endpoint.user = gone
        let theirs = try LiveServer.connect(endpoint)
        try session.query("DROP ROLE \(identifier: gone)")
        endpoint.user = role
        let user = try LiveServer.connect(endpoint.with(database: "postgres"))
        let left = try ClientSession.beyondReach(in: live, user)
        #expect(left.map(\.pid) == [theirs.backendPID] && left.first?.isOwn == true)
        #expect(left.first?.text.contains("of a role that was dropped") == true)
        // The swap must not be kept from it.
        try ClientSession.end(in: live, user)
        try theirs.query("SELECT 1")
        user.close()
        #expect(try ClientSession.beyondReach(in: live, session).isEmpty)
        try DatabaseSwap.swap(live: live, copy: copy, kept: kept, session)
        #expect(throws: PostgresFault.self) { try theirs.query("SELECT 1") }
        #expect(try ended() == ["copy", nil, "live"])
        try session.query("DROP ROLE \(identifier: role)")
    }

    @Test func `who may rename is asked before`() throws {
        #expect(try DatabaseSwap.mayRename(live, session) == true)
        #expect(try DatabaseSwap.mayRename("no such database", session) == nil)
        let role = live + "_role"
        try session.query("CREATE ROLE \(identifier: role)")
        try session.query("SET ROLE \(identifier: role)")
        #expect(try DatabaseSwap.mayRename(live, session) == false)
        try session.query("RESET ROLE")
        try session.query("ALTER ROLE \(identifier: role) CREATEDB")
        try session.query("ALTER DATABASE \(identifier: live) OWNER TO \(identifier: role)")
        try session.query("SET ROLE \(identifier: role)")
        #expect(try DatabaseSwap.mayRename(live, session) == true)
        try session.query("RESET ROLE")
        _ = try ended()
        try session.query("DROP ROLE \(identifier: role)")
    }
}
