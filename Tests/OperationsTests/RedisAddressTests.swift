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
        switch address {
        case .unknown(let reason), .notConfigured(let reason): reason
        default: ""
        }
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
        try engine.variable(.backend, "REDIS_URL", "redis://elsewhere:6380")
        #expect(endpoint(try address(bench))?.server == "elsewhere:6380")
        // What the container was made with counts until it is made anew.
        try bench.editEnvFile("redis://infisical-redis:6379", "redis://later:6381")
        #expect(endpoint(try address(bench))?.server == "elsewhere:6380")
        try engine.variable(.backend, "REDIS_URL", nil)
        #expect(endpoint(try address(bench))?.server == "later:6381")
    }

    @Test func `a certificate is for the name, wherever that is reached; a container that is stopped has no address`()
        throws
    {
        let bench = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: bench)
        try engine.variable(.backend, "REDIS_URL", "rediss://:pw@infisical-redis:6379")
        let found = try #require(endpoint(try address(bench)))
        #expect(found.usesTLS && found.host == "127.0.0.1" && found.certificateName == "infisical-redis")
        try engine.change(.redis, ".State.Status = \"exited\" | .NetworkSettings = {Ports: {}, Networks: {}}")
        #expect(reason(try address(bench)) == "the container infisical-redis is exited")
    }

    @Test func `the authorities that node.js is given besides the public ones count, as the backend sees their file`()
        throws
    {
        let bench = try Bench(nil, initialised: false), file = bench.folder.path("ca.pem")
        try bench.folder.write("ca.pem", "of this host")
        try bench.addToEnvFile("INFISICAL_REDIS_URL=rediss://redis.example\nINFISICAL_NODE_EXTRA_CA_CERTS=\(file)")
        let ending = { (bytes: [UInt8]?) in bytes.map { String(decoding: $0.suffix(12), as: UTF8.self) } }
        let found = try #require(endpoint(try address(bench)))
        #expect(ending(found.certificates) == "of this host" && found.certificates?.contains(10) == true)
        // One that is not there changes nothing, as in node.js.
        try bench.addToEnvFile("INFISICAL_NODE_EXTRA_CA_CERTS=/no/such/file")
        #expect(try #require(endpoint(try address(bench))).certificates == nil)
        // Without TLS nothing is read.
        try bench.addToEnvFile("INFISICAL_REDIS_URL=redis://redis.example\nINFISICAL_NODE_EXTRA_CA_CERTS=\(file)")
        #expect(try #require(endpoint(try address(bench))).certificates == nil)
        let inside = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: inside)
        try engine.variable(.backend, "REDIS_URL", "rediss://infisical-redis:6379")
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", file)
        try engine.hook("case \"$*\" in exec*cat*ca.pem) printf 'in container'; exit 0 ;; esac")
        #expect(ending(try #require(endpoint(try address(inside))).certificates) == "in container")
        // What the env file says is nothing to a backend that was made without it.
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", nil)
        try inside.addToEnvFile("INFISICAL_NODE_EXTRA_CA_CERTS=\(file)")
        #expect(try #require(endpoint(try address(inside))).certificates == nil)
    }

    @Test(arguments: ["REDIS_SENTINEL_HOSTS", "INFISICAL_REDIS_CLUSTER_HOSTS"])
    func `several servers are not known; a URL beside them wins, as in Infisical`(name: String) throws {
        let bench = try Bench(nil, initialised: false)
        try bench.addToEnvFile("\(name)=10.0.0.1:26379,10.0.0.2:26379")
        let words = reason(try address(bench))
        #expect(words.contains(name) && words.contains("does not support") && !words.contains("not set"))
        try bench.addToEnvFile("REDIS_URL=redis://one.example")
        #expect(endpoint(try address(bench))?.server == "one.example:6379")
    }

    @Test func `without an address the container is asked for its own`() throws {
        let bench = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: bench)
        try bench.editEnvFile("INFISICAL_REDIS_URL=redis://infisical-redis:6379", "")
        // What the backend's container was made with still names it.
        #expect(endpoint(try address(bench))?.port == engine.redis.port)
        try engine.change(.backend, ".Config.Env = []")
        #expect(endpoint(try address(bench))?.port == engine.redis.port)
        try engine.remove(.redis)
        #expect(reason(try address(bench)).contains("Redis has no container here"))
    }
}
