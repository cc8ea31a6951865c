import Effects
import Faults
import LiveSupport
import Testing

@testable import Postgres

/// What a server has left for a backup: locks and connections.
@Suite struct BudgetTests {
    private func relations(_ tables: Int) -> [Relation] {
        (0..<tables).map {
            Relation(
                oid: UInt32($0), fileNode: 1, kind: .table, persistence: .permanent, schema: "s", name: "t\($0)",
                isPartition: false, hasRowSecurity: false, isReadable: true, isPopulated: true,
                isExtensionMember: false,
                condition: "", hasForeignCode: false, columns: [])
        }
    }

    @Test(arguments: [(3_000, true), (7_000, true), (8_000, false), (20_000, false)])
    func `a server as it is installed has locks for some thousand tables`(tables: Int, fits: Bool) throws {
        let budget = LockBudget(perTransaction: 64, sessions: 121, taken: 10)
        do throws(PostgresFault) {
            try budget.require(relations(tables), jobs: 4)
            #expect(fits)
        } catch {
            guard case .tooFewLocks(let needed, let free, 64, let enough) = error else { throw error }
            #expect(!fits && needed >= tables && free == 64 * 121 - 10)
            #expect(error.exit == .refused && error.hints.count == 1)
            // With what is advised it fits.
            try LockBudget(perTransaction: enough, sessions: 121, taken: 10).require(relations(tables), jobs: 4)
        }
    }

    @Test func `the server's room is read, with what is taken`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let budget = try LockBudget.read(connection)
            #expect(budget.perTransaction == 64 && budget.sessions >= 200 && budget.taken >= 0)
            try connection.query("CREATE TABLE public.t (a int)")
            let holder = try LiveServer.connect(endpoint)
            try holder.execute(script: "BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
            // Other tests lock and unlock beside this one; the lock itself is one of those that count.
            #expect(
                try connection.number(
                    "SELECT count(*) AS n FROM pg_locks WHERE NOT fastpath AND pid = \(holder.backendPID)::int") > 0)
        }
    }

    @Test(arguments: [(10, 4, 4), (6, 4, 4), (5, 4, 3), (4, 4, 2), (3, 4, 1), (1, 4, 1), (0, 4, 1), (9, 1, 1)])
    func `leader and pg_dump come first`(free: Int, wanted: Int, jobs: Int) {
        #expect(ConnectionBudget(free: free, reason: "").jobs(wanted: wanted) == jobs)
    }

    @Test func `limits of role and database count, but not for a superuser`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let role = "few_\(endpoint.database)"
            try connection.query("ALTER DATABASE \(identifier: endpoint.database) CONNECTION LIMIT 9")
            #expect(try ConnectionBudget.read(connection).reason.contains("max_connections"))
            try connection.query("CREATE ROLE \(identifier: role) LOGIN CONNECTION LIMIT 5")
            defer {
                do { try connection.query("DROP ROLE \(identifier: role)") } catch { Issue.record("\(error)") }
            }
            var parts = endpoint
            parts.user = role
            let first = try LiveServer.connect(parts), second = try LiveServer.connect(parts)
            #expect(
                try ConnectionBudget.read(first)
                    == ConnectionBudget(free: 3, reason: "2 of the 5 that the role may have are taken"))
            try connection.query("ALTER ROLE \(identifier: role) CONNECTION LIMIT -1")
            #expect(
                try ConnectionBudget.read(second)
                    == ConnectionBudget(free: 6, reason: "3 of the 9 that the database may have are taken"))
            try connection.query("ALTER DATABASE \(identifier: endpoint.database) CONNECTION LIMIT -1")
            #expect(try ConnectionBudget.read(second).reason.contains("without the reserved"))
            first.close()
            second.close()
        }
    }
}
