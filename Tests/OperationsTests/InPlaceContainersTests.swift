import Effects
import Faults
import Instance
import InstanceAccess
import InstanceHealth
import LiveSupport
import Operations
import Postgres
import Synchronization
import TestSupport
import Testing

/// Restores in place of an instance in containers: the engine stops and starts the backend, Redis is emptied.
@Suite struct InPlaceContainersTests {
    private let bench: Bench
    private let engine: ScriptedEngine

    init() throws {
        bench = try Bench(copying: PreparedRepository.ofOctober(), own: .october)
        engine = try ScriptedEngine(for: bench)
        try bench.sql("DELETE FROM public.webhooks")
    }

    @discardableResult private func restore(
        _ change: (inout InPlaceRestore.Options) -> Void = { _ in }
    ) throws -> (report: InPlaceRestore.Report, told: [String]) {
        var options = InPlaceRestore.Options(), told: [String] = []
        options.timeout = .seconds(2)
        options.stopPatience = 1
        change(&options)
        let operation = InPlaceRestore(try bench.workplace(), options)
        let report = try operation.perform(try operation.plan(), progress: BackupProgress()) { told.append($0) }
        if let kept = report.kept { bench.drops(kept) }
        return (report, told)
    }

    private func webhooks() throws -> Int {
        try bench.sql("SELECT count(*) AS n FROM public.webhooks").only().integer("n")
    }

    @Test func `the engine's policy is put back, and Redis is emptied before the start`() throws {
        let (report, told) = try restore()
        #expect(report.health.isHealthy && report.rows ?? 0 > 10_000)
        #expect(try webhooks() > 0)
        #expect(told.contains("emptying Redis"))
        let words = try engine.commands().map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        #expect(words == ["update --restart no", "stop -t 1", "update --restart unless-stopped", words.last])
        #expect(words.last?.hasPrefix("start ") == true)
    }

    @Test func `a container on another key than the file has is made again`() throws {
        try engine.change(.backend, ".Config.Env[0] = \"ENCRYPTION_KEY=00112233445566778899aabbccddeeff\"")
        try engine.folder.write("recreation.jq", ".[0].Config.Env[0] = \"ENCRYPTION_KEY=\(ScriptedEngine.key)\"")
        let (report, _) = try restore { $0.keepsRedis = true }
        #expect(report.health.isHealthy)
        #expect(try engine.commands("compose .* up").count == 1)
    }

    @Test func `an engine that does not stop the backend leaves everything as it was`() throws {
        try engine.hook("case $1 in stop) exit 0 ;; update) echo 'unknown flag: --restart' >&2; exit 125 ;; esac")
        let refused = fault { try restore() }
        #expect(refused?.code == "instance.not-stopped" && refused?.message.contains("is running") == true)
        #expect(try webhooks() == 0 && bench.databases().isEmpty)
        #expect(try engine.commands("start").count == 1)
    }

    @Test func `authorities of the backend that cannot be read are told in the plan and do not hinder it`() throws {
        try engine.variable(.backend, "REDIS_URL", "rediss://infisical-redis:6379")
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", "/certs/gone.pem")
        var options = InPlaceRestore.Options()
        options.keepsRedis = true
        let told = try InPlaceRestore(try bench.workplace(), options).plan().warnings
        #expect(told.filter { $0.contains("/certs/gone.pem") }.count == 1, "\(told)")
        // Those that can be read are known before the backend is stopped.
        try engine.file("/certs/gone.pem", AuthorityBlocks.first)
        let workplace = try bench.workplace(), operation = InPlaceRestore(workplace, options)
        #expect(try !operation.plan().warnings.contains { $0.contains("/certs/gone.pem") })
        try engine.hook("case $1 in cp) exit 1 ;; esac")
        guard case .endpoint(let redis) = try RedisAddress.find(workplace.instance.refreshed()) else {
            Issue.record("Redis has no address")
            return
        }
        #expect(AuthorityBlocks.added(redis.certificates) == AuthorityBlocks.first)
    }

    @Test func `what stands in the way is told before anything is made`() throws {
        let code = { (change: (inout InPlaceRestore.Options) -> Void) in fault { try restore(change) }?.code }
        try engine.folder.write("space", "1024")
        #expect(code { _ in } == "in-place.no-room")
        try engine.folder.write("space", "99999998")
        try engine.variable(.backend, "REDIS_URL", "redis://127.0.0.1:1")
        #expect(code { _ in } == "in-place.redis-unreachable")
        try bench.editEnvFile(ScriptedEngine.key, "00112233445566778899aabbccddeeff")
        try engine.render(backend: ["image: \"tiny:1\""])
        #expect(code { $0.keepsRedis = true } == "in-place.other-key")
        try bench.editEnvFile("00112233445566778899aabbccddeeff", ScriptedEngine.key)
        try engine.remove(.backend)
        #expect(code { $0.keepsRedis = true } == "instance.container-missing")
        #expect(try engine.commands().isEmpty && bench.databases().isEmpty)
    }
}
