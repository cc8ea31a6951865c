import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import Testing

/// `status`: are the backups fresh and proven, and the exit codes by which a monitoring system asks it.
@Suite struct StatusTests {
    private struct Status: Decodable {
        struct Fault: Decodable {
            let code: String
        }
        struct LiveKey: Decodable {
            let outcome: String
            let detail: String?
        }
        struct Latest: Decodable {
            let id: String
            let proof: String?
        }
        let schema: String
        let databaseReachable: Bool
        let databaseFault: Fault?
        let latest: Latest?
        let ageSeconds: Int?
        let backups: Int
        let freeBytes: Int
        let stale: Bool
        let unverified: Bool
        let verified: String?
        let liveKey: LiveKey
        let hints: [String]
        let exit: Int32
    }

    private func status(
        _ instance: OpsInstance, _ arguments: String..., expecting code: Int32,
        environment: [String: EnvironmentValue] = [:]
    ) throws -> Status {
        let result = try instance.run(["status", "--json"] + arguments, environment: environment).expect(code)
        let status: Status = try result.object()
        #expect(status.exit == code && result.errors == "")
        return status
    }

    @Test func `one screen says everything, and the code the worst of it`() throws {
        let instance = try OpsInstance()
        let empty = try status(instance, expecting: 10)
        #expect(empty.latest == nil && empty.backups == 0 && empty.databaseReachable)
        #expect(try instance.ops("status").expect(10).output.contains("none yet; run: infisical-ops backup"))
        // A monitoring system that asks for freshness gets its own code.
        #expect(try status(instance, "--max-age", "1d", expecting: 16).stale)

        try instance.ops("backup").expect(0)
        let fresh = try status(instance, "--max-age", "1d", expecting: 0)
        #expect(fresh.backups == 1 && fresh.latest?.proof == nil && !fresh.stale && fresh.freeBytes > 0)
        let text = try instance.ops("status").expect(0).output
        for word in [
            "reachable, PostgreSQL", instance.repository, "never verified", "key now     opens the data",
            "opens the data (label ", "rows in",
        ] {
            #expect(text.contains(word), "\(word)")
        }
        try instance.ops("verify").expect(0)
        #expect(try status(instance, expecting: 0).latest?.proof == "readable")
        #expect(try instance.ops("status").expect(0).output.contains("readable at 20"))
        try instance.ops("status", "--quiet").expect(0)
    }

    @Test func `databases that a restore in place has put aside are told, with what removes them`() throws {
        struct Told: Decodable {
            struct Kept: Decodable {
                let name: String
                let bytes: Int?
                let drop: String
            }
            let keptDatabases: [Kept]
        }
        let instance = try OpsInstance(), session = try LiveServer.connect(LiveServer.get().endpoint())
        try instance.ops("backup").expect(0)
        let names = ["before_20260102T030405Z", "undone_20260102T030405Z_2", "before_20270102T030405Z", "before_that"]
        for (number, name) in names.map({ "\(instance.database)_\($0)" }).enumerated() {
            instance.restored.append(name)
            try session.query("CREATE DATABASE \(identifier: name) TEMPLATE template0")
            // One is open: somebody uses it, whatever it is called.
            if number != 2 { try session.query("ALTER DATABASE \(identifier: name) ALLOW_CONNECTIONS false") }
        }
        let told: Told = try instance.run(["status", "--json"]).expect(0).object()
        #expect(told.keptDatabases.map(\.name) == names.prefix(2).map { "\(instance.database)_\($0)" })
        #expect(told.keptDatabases.allSatisfy { $0.bytes ?? 0 > 1 << 20 && $0.drop == "DROP DATABASE \"\($0.name)\";" })
        let text = try instance.ops("status").expect(0).output
        #expect(text.contains("put aside   \"\(instance.database)_before_20260102T030405Z\", "))
        #expect(!text.contains("_2027"))
    }

    @Test func `backups that nobody verified are told, and have a code of their own`() throws {
        let instance = try OpsInstance()
        #expect(try status(instance, "--max-unverified", "1d", expecting: 16).unverified)
        try instance.ops("backup").expect(0)
        let never = try status(instance, "--max-unverified", "1d", expecting: 16)
        #expect(never.unverified && never.verified == nil)
        let text = try instance.ops("status", "--max-unverified", "1d").expect(16).output
        #expect(text.contains("never verified; run: infisical-ops verify, and no other backup was verified either"))
        try instance.ops("verify", "--level", "stored").expect(0)
        let stored = try status(instance, "--max-unverified", "1d", expecting: 0)
        #expect(!stored.unverified && stored.verified == stored.latest?.id)
        // A newer one that nobody looked at: the older one counts while it is young enough.
        try instance.ops("backup").expect(0)
        let older = try status(instance, "--max-unverified", "1d", expecting: 0)
        #expect(older.verified == stored.verified && older.latest?.id != older.verified)
        var result = try instance.ops("status", "--max-unverified", "0s")
        for _ in 0..<100 where result.exit == 0 { result = try instance.ops("status", "--max-unverified", "0s") }
        try result.expect(16)
        #expect(result.output.contains("the last one verified is"))
    }

    @Test func `the keys at hand are tried on the live database`() throws {
        let instance = try OpsInstance(.s8)
        try instance.ops("backup").expect(0)
        #expect(try status(instance, expecting: 0).liveKey.outcome == "opens")
        try instance.connection().execute(
            script: """
                SET session_replication_role = replica;
                UPDATE public.internal_kms SET "encryptedKey" = pg_catalog.set_byte("encryptedKey", 20, 0)
                """)
        let broken = try status(instance, expecting: 12)
        #expect(broken.liveKey.outcome == "does not open")
        #expect(broken.liveKey.detail?.contains("internal_kms.encryptedKey of the KMS key ") == true)
        let elsewhere = try status(
            instance, expecting: 15, environment: ["INFISICAL_OPS_DATABASE_URL": "postgresql://127.0.0.1:1/x"])
        #expect(elsewhere.liveKey.outcome == "not checked")
    }

    @Test func `a backup that is too old is told, and a bad duration is a usage error`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        // The clock has seconds, so the next one makes it older than zero.
        var result = try instance.ops("status", "--max-age", "0s")
        for _ in 0..<100 where result.exit == 0 { result = try instance.ops("status", "--max-age", "0s") }
        try result.expect(16)
        #expect(result.output.contains("old: too old"))
        for text in ["soon", "1", "h", "-1h", "1w"] {
            try instance.refuses(
                ["status", "--max-age=\(text)"], exit: 64, code: "usage.bad-value", naming: ["a duration such as"])
        }
    }

    @Test func `a database that cannot be reached is 15, and everything else is still said`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let environment: [String: EnvironmentValue] = ["INFISICAL_OPS_DATABASE_URL": "postgresql://127.0.0.1:1/x"]
        let unreachable = try status(instance, expecting: 15, environment: environment)
        #expect(!unreachable.databaseReachable && unreachable.databaseFault?.code == "postgres.connection-refused")
        #expect(unreachable.latest?.id == (try instance.ids().last))
        let text = try instance.run(["status"], environment: environment).expect(15).output
        #expect(text.contains("not reachable: no PostgreSQL server answers at 127.0.0.1:1"))
        // What matters more comes first.
        let none = try OpsInstance(nil)
        _ = try status(none, expecting: 10, environment: environment)
        _ = try status(none, "--max-age", "1d", expecting: 15, environment: environment)
    }

    @Test func `the order of importance is key, damage, reachability, age, what is left out`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let environment: [String: EnvironmentValue] = ["INFISICAL_OPS_DATABASE_URL": "postgresql://127.0.0.1:1/x"]
        let chunk = "\(instance.repository)/\(try instance.stored("chunks")[0])"
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: chunk)))
        try instance.write(Array(bytes.dropLast()), to: chunk)
        try instance.ops("verify").expect(13)
        let damaged = try status(instance, "--max-age", "1d", expecting: 13, environment: environment)
        #expect(damaged.hints.contains("run: infisical-ops repair"))
        let text = try instance.ops("status").expect(13)
        #expect(text.output.contains("DAMAGED") && text.errors.contains("infisical-ops repair"))

        try instance.write(bytes, to: chunk)
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        try instance.ops("backup").expect(12)
        try instance.write(Array(bytes.dropLast()), to: chunk)
        try instance.ops("verify").expect(12)
        _ = try status(instance, "--max-age", "1d", expecting: 12, environment: environment)
    }
}
