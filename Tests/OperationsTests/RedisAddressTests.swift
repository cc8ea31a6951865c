import Instance
import InstanceAccess
import LiveSupport
import Secrets
import TestSupport
import Testing

/// Where Redis is, as env file and container say.
@Suite struct RedisAddressTests {
    private func address(_ bench: Bench) throws -> RedisAddress { try RedisAddress.find(try bench.access()) }

    private func endpoint(_ address: RedisAddress) -> RedisEndpoint? {
        if case .endpoint(let endpoint) = address { endpoint } else { nil }
    }

    private func reason(_ address: RedisAddress) -> String {
        if case .unknown(let reason) = address { reason } else { "" }
    }

    @Test func `an address of the env file, with all its parts`() throws {
        let bench = try Bench(nil, initialised: false)
        try bench.addToEnvFile("INFISICAL_REDIS_URL=rediss://worker:pw@redis.example:6390/3")
        let found = try #require(endpoint(try address(bench)))
        #expect(found.server == "redis.example:6390" && found.user == "worker" && found.database == 3 && found.usesTLS)
        #expect(found.password?.equals(.init(testing: "pw")) == true && !"\(found)".contains("pw\""))
    }

    @Test func `without an address, or with one of another kind, it is not known`() throws {
        let bench = try Bench(nil, initialised: false), before = try bench.folder.text(".env")
        #expect(reason(try address(bench)).contains("REDIS_URL is not set"))
        try bench.folder.write(".env", before + "\nINFISICAL_REDIS_URL=http://redis\n")
        #expect(reason(try address(bench)).contains("redis://host:port"))
    }

    @Test func `a name of the container is replaced by its address from here`() throws {
        let bench = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: bench)
        #expect(endpoint(try address(bench))?.server == "127.0.0.1:\(engine.redis.port)")
        try engine.change(.redis, ".NetworkSettings.Ports = {}")
        #expect(endpoint(try address(bench))?.server == "172.18.0.3:6379")
        try engine.change(.redis, ".NetworkSettings.Networks.stack_default.IPAddress = \"\"")
        #expect(reason(try address(bench)).contains("attached to no network"))
        // Another host of the same network is not this container.
        try bench.editEnvFile("redis://infisical-redis:6379", "redis://elsewhere:6380")
        #expect(endpoint(try address(bench))?.server == "elsewhere:6380")
    }

    @Test func `without an address the container is asked for its own`() throws {
        let bench = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: bench)
        try bench.editEnvFile("INFISICAL_REDIS_URL=redis://infisical-redis:6379", "")
        // What the backend's container was made with still names it.
        #expect(endpoint(try address(bench))?.port == engine.redis.port)
        try engine.change(.backend, ".Config.Env = []")
        #expect(endpoint(try address(bench))?.port == engine.redis.port)
        try engine.remove(.redis)
        #expect(reason(try address(bench)).contains("no container to ask"))
    }
}
