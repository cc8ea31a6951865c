import Effects
import Faults
import InPlace
import Instance
import InstanceAccess
import InstanceHealth
import Journal
import LiveSupport
import Operations
import Postgres
import Rotation
import Secrets
import Settings
import TestSupport
import Testing

/// The health of an instance without containers: PostgreSQL is real, Redis and the backend are servers of the test.
@Suite struct HealthTests {
    /// A bench with everything in order, and its servers.
    private struct Site {
        let bench: Bench
        var redis: LoopbackServer
        var backend: LoopbackServer

        /// - Parameter bench: nil for one that shares its database with others, and must not change it.
        init(_ bench: Bench? = nil, redis: LoopbackServer? = nil, backend: LoopbackServer? = nil) throws {
            self.bench = try bench ?? Bench.october()
            self.redis = try redis ?? LocalServers.redis()
            self.backend = try backend ?? LocalServers.backend()
            try self.bench.addToEnvFile("INFISICAL_REDIS_URL=redis://127.0.0.1:\(self.redis.port)/2")
            self.bench.instanceLines.append("url: http://127.0.0.1:\(self.backend.port)")
        }

        func look(_ last: InstanceContainers.Role = .backend) throws -> HealthReport {
            try HealthOperation(try bench.workplace()).perform(through: last)
        }
    }

    private func conditions(_ report: HealthReport) -> [Condition] { report.steps.map(\.condition) }

    /// Looks at an instance whose backend alone is ill.
    private func backend(_ server: LoopbackServer) throws -> HealthStep {
        let report = try Site(backend: server).look()
        #expect(report.exit == .unhealthy && conditions(report).prefix(2) == [.healthy, .healthy])
        return try #require(report.steps.last)
    }

    @Test func `an instance that works, part by part`() throws {
        let instance = try Site(), report = try instance.look()
        #expect(report.isHealthy && report.exit == .done && report.isFinal && report.findings.isEmpty)
        #expect(report.steps.map(\.role) == [.database, .redis, .backend] && report.firstFailure == nil)
        #expect(report.steps[0].details[0].hasPrefix("PostgreSQL 15"))
        #expect(report.steps[2].details[0].contains("serves at http://127.0.0.1:\(instance.backend.port)"))
        #expect(try instance.look(.redis).steps.count == 2)
    }

    // MARK: - Database

    @Test func `a database that does not answer, and what is not looked at then`() throws {
        let instance = try Site(Bench(nil, initialised: false))
        instance.bench.namesDatabase = false
        instance.bench.instanceLines.append("database: { host: 127.0.0.1, port: 1 }")
        let report = try instance.look()
        #expect(conditions(report) == [.unreachable, .healthy, .notChecked] && !report.isFinal)
        #expect(report.steps[0].hints.isEmpty == false)
    }

    @Test func `a database that does not know the password, and one that is not there`() throws {
        let instance = try Site(Bench(nil, initialised: false)), port = try LiveServer.get().port
        instance.bench.namesDatabase = false
        instance.bench.instanceLines.append("database: { host: 127.0.0.1, port: \(port) }")
        let wrong = try instance.look()
        #expect(conditions(wrong)[0] == .wrongPassword && wrong.isFinal && wrong.exit == .unhealthy)
        instance.bench.instanceLines[2] =
            "database: { host: \(try LiveServer.get().folder), port: \(port), name: nope }"
        #expect(conditions(try instance.look())[0] == .unhealthy)
    }

    @Test func `a database without Infisical's tables, without settings, and one that cannot be written`() throws {
        #expect(try Site(Bench(nil, initialised: false)).look().steps[0].details[0].contains("no tables of Infisical"))
        let instance = try Site(Bench(initialised: false)), name = instance.bench.database
        try instance.bench.sql("DELETE FROM public.super_admin")
        let empty = try instance.look()
        #expect(conditions(empty)[0] == .unhealthy && empty.steps[0].details[0].contains("super_admin"))
        try instance.bench.sql("ALTER DATABASE \(identifier: name) SET default_transaction_read_only = on")
        #expect(try instance.look().steps[0].details[0].contains("cannot write"))
    }

    @Test func `a migration that goes on is a finding`() throws {
        let instance = try Site(Bench(initialised: false))
        try instance.bench.sql("UPDATE public.infisical_migrations_lock SET is_locked = 1")
        let report = try instance.look()
        #expect(report.isHealthy && report.findings.map(\.code) == ["health.migration-lock"])
    }

    @Test func `a database for audit logs is looked at, and no step of its own`() throws {
        let instance = try Site(), bench = instance.bench, server = try LiveServer.get(), logs = bench.newName("logs")
        try bench.addToEnvFile(
            "AUDIT_LOGS_DB_CONNECTION_URI=postgresql:///\(logs)?host=\(server.folder)&port=\(server.port)&user=postgres"
        )
        let words = { () -> String in
            let report = try instance.look()
            #expect(report.isHealthy)
            return report.findings.filter { $0.code == "health.audit-logs" }.map(\.message).joined()
        }
        #expect(try words().contains("cannot be used"))
        let session = try LiveServer.connect(server.endpoint())
        try session.query("CREATE DATABASE \(identifier: logs) TEMPLATE template0")
        session.close()
        #expect(try words().contains("has no table audit_logs"))
        try bench.script("CREATE TABLE public.audit_logs (id int)", in: logs)
        #expect(try words().contains("holds no audit log"))
        try bench.script("INSERT INTO public.audit_logs VALUES (1)", in: logs)
        #expect(try words().isEmpty)
    }

    // MARK: - Redis

    @Test(arguments: [
        ("-NOAUTH Authentication required.\r\n", Condition.wrongPassword),
        ("-LOADING Redis is loading the dataset in memory\r\n", .starting), ("-MASTERDOWN no\r\n", .unhealthy),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", .unhealthy), ("", .unhealthy),
    ])
    func `a Redis that does not serve`(answer: String, condition: Condition) throws {
        let report = try Site(redis: LocalServers.redis(answer)).look()
        #expect(conditions(report) == [.healthy, condition, .notChecked] && report.exit == .unhealthy)
    }

    @Test func `a Redis that is not there, is not named, or is reached in a way that is not known here`() throws {
        let instance = try Site(), before = try instance.bench.folder.text(".env")
        let url = { (text: String) in
            try instance.bench.folder.write(
                ".env", before.replacing("redis://127.0.0.1:\(instance.redis.port)/2", with: text))
            return try #require(try instance.look(.redis).steps.last)
        }
        #expect(try url("redis://127.0.0.1:1").condition == .unreachable)
        #expect(try url("redis://no-such-host.invalid:6379").condition == .unreachable)
        // Whoever speaks plainly there may not be whom the backend meets; that tells.
        #expect(try url("rediss://127.0.0.1:\(instance.redis.port)").condition == .notKnown)
        // Several servers are another matter than one that is ill.
        for name in ["REDIS_SENTINEL_HOSTS", "REDIS_CLUSTER_HOSTS"] {
            try instance.bench.folder.write(
                ".env", before.replacing("INFISICAL_REDIS_URL=redis", with: "\(name)=redis"))
            let report = try instance.look()
            #expect(conditions(report) == [.healthy, .notKnown, .healthy] && report.isHealthy && report.exit == .done)
            #expect(report.steps[1].details[0].contains(name) && report.isFinal)
        }
        let none = try url("")
        #expect(none.condition == .notChecked && none.details[0].contains("REDIS_URL") && !none.isFailure)
        // A backend that answers does not make green what nobody looked at.
        let unnamed = try instance.look()
        #expect(unnamed.isHealthy && unnamed.exit == .partial && unnamed.unchecked.count == 1)
        #expect(unnamed.unchecked.contains { $0.hasPrefix("whether Redis works could not be checked: ") })
        let bad = try url("http://127.0.0.1")
        #expect(bad.condition == .notKnown && !bad.hints.isEmpty)
        #expect(try url("redis://:secret@127.0.0.1:\(instance.redis.port)").condition == .healthy)
    }

    // MARK: - Backend

    @Test(arguments: [
        ("500 Internal Server Error", "{\"statusCode\":500}", "application/json"), ("200 OK", "<html>", "text/html"),
        ("502 Bad Gateway", "<html>nginx</html>", "text/html"),
    ])
    func `a backend that answers otherwise than it should`(status: String, body: String, type: String) throws {
        let step = try backend(LocalServers.http(status, body, type: type))
        #expect(step.condition == .unhealthy && step.details[0].contains("/api/status answers \(status.prefix(3))"))
        // Without containers there are no logs that this program could show.
        #expect(!step.hints.contains { if case .command(let words) = $0 { words.contains("logs") } else { false } })
    }

    @Test func `a backend that hangs, closes, or is not named`() throws {
        #expect(try backend(LoopbackServer { _ in nil }).condition == .unhealthy)
        #expect(try backend(LoopbackServer { _ in [] }).condition == .unreachable)
        let instance = try Site()
        instance.bench.instanceLines.removeLast()
        let unnamed = try instance.look().steps[2]
        #expect(unnamed.condition == .notChecked && unnamed.details[0].contains("its address is not configured"))
    }

    @Test func `a key that does not open the database, and addresses that do not agree`() throws {
        let instance = try Site()
        try instance.bench.editEnvFile("INFISICAL_SITE_URL=http://", "INFISICAL_SITE_URL=https://")
        #expect(try instance.look().findings.map(\.code) == ["health.site-url"])
        try instance.bench.editEnvFile(ScriptedEngine.key, "00112233445566778899aabbccddeeff")
        let report = try instance.look()
        #expect(conditions(report)[2] == .wrongKey && report.exit == .keyMismatch && report.isFinal)
        #expect(!report.steps[2].details.joined().contains("00112233"))
    }

    // MARK: - A backend that is down

    private static let otherKey = "00112233445566778899aabbccddeeff"

    /// An instance whose backend is down, and what is said of it.
    private func down(_ change: (Bench) throws -> Void) throws -> (step: HealthStep, report: HealthReport) {
        let instance = try Site(backend: LoopbackServer { _ in [] })
        try change(instance.bench)
        let report = try instance.look()
        return (try #require(report.steps.last), report)
    }

    @Test func `a backend that died of its key, without one, or without the other secret`() throws {
        let wrong = try down { try $0.editEnvFile(ScriptedEngine.key, HealthTests.otherKey) }
        #expect(wrong.step.condition == .wrongKey && wrong.report.isFinal)
        #expect(wrong.step.details.last?.contains("closed it without an answer") == true, "\(wrong.step.details)")
        let missing = try down { try $0.editEnvFile("INFISICAL_ENCRYPTION_KEY=", "UNUSED=") }
        #expect(missing.step.condition == .missingKey && missing.report.isFinal)
        let bare = try down { try $0.editEnvFile("INFISICAL_AUTH_SECRET=", "UNUSED=") }
        #expect(bare.step.condition == .unreachable && bare.report.isFinal)
        #expect(bare.step.details[0].contains("AUTH_SECRET is not set in"), "\(bare.step.details)")
        #expect(bare.step.details[0].contains(".env"))
        // One that has both is only down, and may come up.
        let plain = try down { _ in }
        #expect(plain.step.condition == .unreachable && !plain.report.isFinal)
        // The plain name counts too; so does a key that is deliberately elsewhere.
        let named = try down { try $0.editEnvFile("INFISICAL_AUTH_SECRET=", "AUTH_SECRET=") }
        #expect(!named.report.isFinal)
        let elsewhere = try down {
            try $0.editEnvFile("INFISICAL_ENCRYPTION_KEY=", "UNUSED=")
            try $0.editEnvFile("INFISICAL_AUTH_SECRET=", "UNUSED_TOO=")
            $0.instanceLines.append("key: elsewhere")
        }
        #expect(elsewhere.step.condition == .unreachable && !elsewhere.report.isFinal)
    }

    @Test func `a wrong key is told beside another part that does not work, and ends with its own code`() throws {
        let dead = try Site(redis: LocalServers.redis("-NOAUTH Authentication required.\r\n"))
        let right = try dead.look()
        #expect(conditions(right) == [.healthy, .wrongPassword, .notChecked] && right.exit == .unhealthy)
        #expect(right.findings.isEmpty)
        try dead.bench.editEnvFile(ScriptedEngine.key, HealthTests.otherKey)
        let both = try dead.look()
        #expect(conditions(both) == [.healthy, .wrongPassword, .wrongKey] && both.exit == .keyMismatch)
        #expect(both.firstFailure?.role == .redis && both.isFinal && !both.steps[2].hints.isEmpty)
        #expect(both.steps[2].details[0].contains("cannot be opened"), "\(both.steps[2].details)")
        // A Redis that is only not there yet is worth waiting for; the key is not.
        let gone = try Site()
        try gone.bench.editEnvFile("redis://127.0.0.1:\(gone.redis.port)", "redis://127.0.0.1:1")
        #expect(try !gone.look().isFinal)
        try gone.bench.editEnvFile(ScriptedEngine.key, HealthTests.otherKey)
        let report = try gone.look()
        #expect(report.isFinal && report.exit == .keyMismatch)
    }

    @Test func `a database that is ill lets the key be tried, and one that is dead hides no other part`() throws {
        let instance = try Site(Bench(initialised: false))
        try instance.bench.editEnvFile(ScriptedEngine.key, HealthTests.otherKey)
        let name = instance.bench.database
        try instance.bench.sql("ALTER DATABASE \(identifier: name) SET default_transaction_read_only = on")
        let ill = try instance.look()
        #expect(conditions(ill) == [.unhealthy, .healthy, .wrongKey] && ill.exit == .keyMismatch)
        let dead = try Site(Bench(nil, initialised: false), redis: LocalServers.redis("-LOADING x\r\n"))
        dead.bench.namesDatabase = false
        dead.bench.instanceLines.append("database: { host: 127.0.0.1, port: 1 }")
        let report = try dead.look()
        #expect(conditions(report) == [.unreachable, .starting, .notChecked] && report.exit == .unhealthy)
        #expect(report.findings.isEmpty, "\(report.findings)")
    }

    @Test func `a backend that serves has its secrets, wherever from`() throws {
        let instance = try Site()
        try instance.bench.editEnvFile("INFISICAL_AUTH_SECRET=", "UNUSED=")
        #expect(try instance.look().isHealthy)
    }

    @Test func `one damaged value of the settings is told from a wrong key, of which its log has the words`() throws {
        let instance = try Site(Bench(.s7), backend: LoopbackServer { _ in [] })
        try instance.bench.sql(
            """
            UPDATE public.super_admin SET "encryptedSlackClientSecret" =
                set_byte("encryptedSlackClientSecret", 20, 255 - get_byte("encryptedSlackClientSecret", 20))
            """)
        let step = try #require(try instance.look().steps.last)
        #expect(step.condition == .brokenKeys && step.details[0].contains("encryptedSlackClientSecret"), "\(step)")
        #expect(step.hints.first == .command(["infisical-ops", "list"]))
    }

    @Test func `another program at the backend's address, and a proxy without a backend`() throws {
        let other = try backend(LocalServers.http("404 Not Found", "{\"error\":\"no\"}"))
        #expect(other.condition == .unhealthy && other.details[0].contains("another program or a proxy"))
        #expect(other.hints.contains(LogCause.listeners))
        let proxy = try backend(LocalServers.http("502 Bad Gateway", "<html>nginx</html>", type: "text/html"))
        #expect(proxy.details[0].contains("no backend behind it"))
        // Infisical's own answers are its own.
        let emptied = try backend(
            LocalServers.http("404 Not Found", "{\"statusCode\":404,\"message\":\"Admin config not found\"}"))
        #expect(emptied.details == ["/api/status answers 404"])
    }

    @Test func `hints of an instance without containers lead somewhere there`() throws {
        let instance = try Site(backend: LoopbackServer { _ in nil })
        let hanging = try #require(try instance.look().steps.last)
        #expect(hanging.hints == [.check("restart the backend with what manages it, such as systemctl restart")])
        instance.bench.instanceLines.append("commands: { stop: [/bin/true], start: [/bin/true] }")
        let commanded = try #require(try instance.look().steps.last)
        #expect(commanded.hints == [.command(["infisical-ops", "restart", "--service", "backend"])])
    }

    // MARK: - The whole

    @Test func `a restore in place that was killed is told whatever else works`() throws {
        let instance = try Site(), access = try instance.bench.access()
        let work = InPlaceWork(
            server: DatabaseServer(identifier: nil, address: "x"), backup: "20260101T000000Z-00000001",
            live: instance.bench.database, replaced: nil, copy: "copy", kept: "kept", backend: nil, emptiesRedis: false)
        _ = try Journal.create(
            access.stateFile("in-place.journal"), kind: InPlaceRecord.kind,
            records: [try InPlaceRecord.began(work).line()], files: access.surroundings.files)
        let report = try instance.look()
        #expect(report.isHealthy && report.findings.map(\.code) == ["health.unfinished-restore"])
        #expect(report.findings[0].message.contains("20260101T000000Z-00000001"))
    }

    @Test func `an open rotation comes before whatever else works or does not`() throws {
        let instance = try Site(), access = try instance.bench.access()
        _ = try RotationJournal(access).begin(
            RotationWork(
                id: "20261129T120000Z", route: .authSecret, depth: nil,
                changes: [.init(variable: "AUTH_SECRET", old: "1a", new: "2b")],
                server: DatabaseServer(identifier: "7", address: "db:5432"),
                database: DatabaseIdentity(name: instance.bench.database, oid: 5), containers: [], files: []))
        let report = try instance.look()
        #expect(report.isHealthy && report.findings.map(\.code) == ["health.unfinished-rotation"])
        #expect(report.findings.first?.hints == [.command(["infisical-ops", "rotate", "status"])])
        #expect(report.exit == .unfinishedRotation)
        // What is refused until then is not advised.
        let restart = Hint.command(["infisical-ops", "restart"]), logs = Hint.command(["infisical-ops", "logs"])
        let stopped = HealthStep(.backend, container: "c", .stopped, [], hints: [restart, logs])
        #expect(
            HealthReport(steps: [stopped], unfinished: ["infisical-ops", "rotate", "status"]).steps[0].hints == [
                .command(["infisical-ops", "rotate", "status"]), logs,
            ])
        #expect(HealthReport(steps: [stopped]).steps[0].hints == [restart, logs])
    }

    @Test func `waiting ends when it works, when waiting cannot help, and when its time is over`() throws {
        let instance = try Site(Bench(nil, initialised: false)), bench = instance.bench
        let surroundings = try bench.access().surroundings
        let wait = { (patience: Duration?) in
            HealthWait(surroundings.cancellation, effects: surroundings.effects, patience: patience)
        }
        // Its tables are there at the second look.
        let template = try Site()
        var looks = 0
        let report = try wait(.seconds(5)).untilHealthy {
            looks += 1
            return try looks == 1 ? instance.look() : template.look()
        }
        #expect(report.isHealthy && looks == 2)
        looks = 0
        let count = { () -> HealthReport in
            looks += 1
            return try instance.look()
        }
        #expect(try !wait(nil).untilHealthy(count).isHealthy && looks == 1)
        #expect(try !wait(.milliseconds(700)).untilHealthy(count).isHealthy && looks > 2)
        bench.cancellation.cancel(signal: 2)
        #expect(fault { try instance.look() }?.exit == .interrupted)
        #expect(fault { try wait(.seconds(5)).untilHealthy { try template.look() } } == nil)
    }
}
