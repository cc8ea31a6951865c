import Effects
import Faults
import InfisicalData
import InfisicalStore
import LiveSupport
import Postgres
import Rekeying
import Rotation
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import Rotating

/// The database's side of a rotation on databases of real servers: what fails anywhere leaves one that can be asked, and
/// taken over or back.
@Suite struct RotationDatabaseTests {
    /// A database of its own, and everything that one run of a rotation has.
    private final class Site {
        let database: String
        let old: EnvironmentKeys
        let new = EnvironmentKeys(
            encryptionKey: Secret(testing: "00112233445566778899aabbccddeeff"), rootEncryptionKey: nil)
        var exchange: KeyExchange
        /// What the journal would have.
        var mark: TransactionMark?
        var retired = RetiredKeys()

        init(_ fixture: LiveFixture, _ depth: RekeyingDepth = .full) throws {
            database = try LiveServer.makeDatabase(template: fixture.template())
            old = EnvironmentKeys(encryptionKey: try fixture.encryptionKey, rootEncryptionKey: nil)
            exchange = KeyExchange(old: old, new: new, depth: depth)
        }

        deinit { do { try LiveServer.drop(database) } catch { print("\(database) could not be dropped: \(error)") } }

        /// What a process has; another one after a crash.
        func run(_ effects: Effects = Effects()) throws -> RotationDatabase {
            let server = try LiveServer.get(), endpoint = server.endpoint(database: database)
            let beside = try LiveServer.connect(server.endpoint())
            return RotationDatabase(
                try DatabaseFence(database, beside),
                inside: { try LiveServer.connect(endpoint, effects: effects) }, beside: beside)
        }

        func migrate(_ run: RotationDatabase) throws {
            _ = try run.migrate(exchange, secure: { self.retired = $0.retired }, mark: { self.mark = $0 })
        }

        /// Which of the two keys opens everything, after the fence is lifted.
        func inForce() throws -> String {
            let session = try LiveServer.connect(LiveServer.get().endpoint(database: database))
            defer { session.close() }
            let samples = try InfisicalDatabase(session).keySamples()
            let opening = try [("old", old), ("new", new)].filter { _, keys in
                try KeyTrial.run(samples, with: [KeyHolder(name: "test", keys: keys)]).opens
            }
            return opening.map(\.0).joined(separator: "+")
        }

        func isClosed() throws -> Bool {
            let beside = try LiveServer.connect(LiveServer.get().endpoint())
            defer { beside.close() }
            return try DatabaseFence(database, beside).isClosed(beside)
        }
    }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    @Test(arguments: [LiveFixture.july, .october, .s7, .s8], RekeyingDepth.allCases)
    func `it goes over, is asked, and goes back`(fixture: LiveFixture, depth: RekeyingDepth) throws {
        let site = try Site(fixture, depth), run = try site.run()
        try run.close()
        #expect(try site.isClosed() && fault { _ = try site.inForce() } != nil, "somebody else came in")
        try site.migrate(run)
        #expect(try run.isCommitted(site.mark, site.exchange))
        try run.open()
        #expect(try site.inForce() == "new" && !site.isClosed())
        // Another process takes it back.
        let back = try site.run()
        try back.close()
        _ = try back.migrateBack(site.exchange, retired: site.retired)
        try back.open()
        #expect(try site.inForce() == "old")
    }

    @Test func `nobody but this run is inside, and what was inside before is ended`() throws {
        let site = try Site(.july), run = try site.run()
        let other = try LiveServer.connect(LiveServer.get().endpoint(database: site.database))
        try run.close()
        #expect(throws: PostgresFault.self) { try other.query("SELECT 1") }
        // Without that nothing is migrated.
        let open = try site.run()
        #expect(fault { try site.migrate(open) } != nil && site.mark == nil)
        try run.open()
        #expect(try site.inForce() == "old")
    }

    @Test func `what cannot be put away is not committed`() throws {
        let site = try Site(.october), run = try site.run()
        try run.close()
        for isMark in [false, true] {
            #expect(throws: TestProblem.self) {
                _ = try run.migrate(
                    site.exchange,
                    secure: { _ in if !isMark { throw TestProblem("no room for the keys") } },
                    mark: {
                        site.mark = $0
                        throw TestProblem("no room in the journal")
                    })
            }
        }
        #expect(try !run.isCommitted(site.mark, site.exchange))
        try run.open()
        #expect(try site.inForce() == "old")
    }

    /// Every statement of the migration fails before or after it was done, as far as this process can tell.
    @Test(arguments: [FailingObserver.Kind.failsBefore, .failsAfter], [RekeyingDepth.full, .deep])
    func `a failure at any statement can be asked about, and finished or taken back`(
        kind: FailingObserver.Kind, depth: RekeyingDepth
    ) throws {
        var position = 1, committed = 0, aborted = 0
        while true {
            let site = try Site(.july, depth)
            let observer = FailingObserver(at: position, kind: kind) { $0.kind == .statement }
            var hasFailed = false
            do {
                let run = try site.run(Effects(observer: observer))
                hasFailed =
                    fault {
                        try run.close()
                        try site.migrate(run)
                    } != nil
            }
            guard observer.happened else {
                #expect(!hasFailed)
                break
            }
            // Another process: the sessions of the first are gone.
            let next = try site.run(), isCommitted = try next.isCommitted(site.mark, site.exchange)
            if isCommitted { committed += 1 } else { aborted += 1 }
            if position.isMultiple(of: 2) {
                // Goes on.
                if !isCommitted { try site.migrate(next) }
                try next.open()
                #expect(try site.inForce() == "new", "\(kind) \(position)")
            } else {
                // Goes back.
                if isCommitted { _ = try next.migrateBack(site.exchange, retired: site.retired) }
                try next.open()
                #expect(try site.inForce() == "old", "\(kind) \(position)")
            }
            position += position < 12 ? 1 : 9
        }
        #expect(position > 40 && aborted > 10, "\(position), \(committed) committed, \(aborted) not")
    }

    @Test func `a server and rows that disagree stop it`() throws {
        let site = try Site(.october), run = try site.run()
        try run.close()
        try site.migrate(run)
        // Somebody brings the rows of before back, as a restore would.
        _ = try run.migrateBack(site.exchange, retired: site.retired)
        let stopped = fault { _ = try run.isCommitted(site.mark, site.exchange) }
        #expect(stopped?.code == "rotation.disagrees" && stopped?.exit == .unfinishedRotation, "\(stopped as Any)")
        try run.open()
    }

    @Test func `rows that a server wrote under the old key are swept, without closing the database`() throws {
        let site = try Site(.october), run = try site.run()
        let session = { try LiveServer.connect(LiveServer.get().endpoint(database: site.database)) }
        let row = try session().query("SELECT * FROM public.project_bots ORDER BY id LIMIT 1").only()
        let values = try ["encryptedPrivateKey", "iv", "tag", "keyEncoding", "id"].map { try row.string($0) }
        try run.close()
        try site.migrate(run)
        try run.open()
        #expect(try run.sweep(site.exchange, retired: site.retired) == nil)
        try session().query(
            """
            UPDATE public.project_bots SET "encryptedPrivateKey" = \(values[0]), iv = \(values[1]), tag = \(values[2]),
                "keyEncoding" = \(values[3]) WHERE id::text = \(values[4])
            """)
        let report = try #require(try run.sweep(site.exchange, retired: site.retired))
        #expect(report.rewritten == 1 && report.left.isEmpty)
        #expect(try run.sweep(site.exchange, retired: site.retired) == nil && site.inForce() == "new")
    }
}
