import Instance
import InstanceAccess
import InstanceHealth
import LiveSupport
import Operations
import Postgres
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
        try bench.folder.write("ca.pem", AuthorityBlocks.first)
        try bench.addToEnvFile("INFISICAL_REDIS_URL=rediss://redis.example\nINFISICAL_NODE_EXTRA_CA_CERTS=\(file)")
        let found = try #require(endpoint(try address(bench)))
        #expect(AuthorityBlocks.added(found.certificates) == AuthorityBlocks.first)
        // One that is not there changes nothing, as in node.js.
        try bench.addToEnvFile("INFISICAL_NODE_EXTRA_CA_CERTS=/no/such/file")
        #expect(try #require(endpoint(try address(bench))).certificates == nil)
        // Without TLS nothing is read.
        try bench.addToEnvFile("INFISICAL_REDIS_URL=redis://redis.example\nINFISICAL_NODE_EXTRA_CA_CERTS=\(file)")
        #expect(try #require(endpoint(try address(bench))).certificates == nil)
        let inside = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: inside)
        try engine.variable(.backend, "REDIS_URL", "rediss://infisical-redis:6379")
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", file)
        try engine.file(file, AuthorityBlocks.second)
        let seen = try #require(endpoint(try address(inside)))
        #expect(AuthorityBlocks.added(seen.certificates) == AuthorityBlocks.second)
        // What the env file says is nothing to a backend that was made without it.
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", nil)
        try inside.addToEnvFile("INFISICAL_NODE_EXTRA_CA_CERTS=\(file)")
        #expect(try #require(endpoint(try address(inside))).certificates == nil)
    }

    /// An instance whose backend is given a file that lies in its container.
    private func contained(_ path: String = "/certs/extra.pem") throws -> (bench: Bench, engine: ScriptedEngine) {
        let bench = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: bench)
        try engine.variable(.backend, "REDIS_URL", "rediss://infisical-redis:6379")
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", path)
        return (bench, engine)
    }

    private func added(_ access: InstanceAccess) throws -> String? {
        AuthorityBlocks.added(try #require(endpoint(try RedisAddress.find(access))).certificates)
    }

    @Test func `the file of a backend that is stopped is read as well, once for everything that is reached with it`()
        throws
    {
        let (bench, engine) = try contained()
        try engine.file("/certs/extra.pem", AuthorityBlocks.first)
        try engine.change(.backend, ".State.Status = \"exited\"")
        // Nothing is run in a container that does not run.
        try engine.hook("case $1 in exec) exit 1 ;; esac")
        try bench.addToEnvFile("AUDIT_LOGS_DB_CONNECTION_URI=postgres://u@127.0.0.1:1/logs?sslmode=require")
        let access = try bench.access(), connections = DatabaseConnections(access)
        #expect(try added(access) == AuthorityBlocks.first && added(access) == AuthorityBlocks.first)
        #expect(AuthorityBlocks.added(try connections.endpoint(.auditLogs).authority?.pem) == AuthorityBlocks.first)
        #expect(try added(access.uncancelled()) == AuthorityBlocks.first)
        #expect(try engine.commands("cp").count == 1)
        // What was read stays, whatever the engine gives out later.
        try engine.hook("case $1 in cp | exec) exit 1 ;; esac")
        let later = try access.refreshed()
        #expect(try added(later) == AuthorityBlocks.first && added(try later.refreshed()) == AuthorityBlocks.first)
        try engine.change(.backend, ".Id = \"00\" + .Id[2:]")
        let again = try access.refreshed()
        #expect(try added(again) == AuthorityBlocks.first && again.authorityNote == nil)
        #expect(try engine.commands("cp").count == 2)
        // Another file is another matter.
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", "/certs/other.pem")
        let other = try access.refreshed()
        #expect(try added(other) == nil && other.authorityNote?.contains("/certs/other.pem") == true)
    }

    @Test func `a file that a link in the container leads to is read; a folder is not`() throws {
        let (bench, engine) = try contained("/certs/link.pem")
        try engine.file("/certs/real/extra.pem", AuthorityBlocks.first)
        #expect(engine.folder.run("ln -s real/extra.pem root/certs/link.pem") == 0)
        #expect(try added(try bench.access()) == AuthorityBlocks.first)
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", "/certs/real")
        let folder = try bench.access()
        #expect(try added(folder) == nil)
        #expect(folder.authorityNote?.contains("no regular file of at most 1048576 bytes") == true)
    }

    /// Tried on node.js 20: what is before the block counts, what is behind it does not, and a warning says why.
    @Test(arguments: ["not base64!", "YQ==", "MAowADAAAwQAQUJD", "MAo"])
    func `a block that cannot be read ends the file, as in node.js`(body: String) throws {
        let (bench, engine) = try contained(), path = "/certs/extra.pem"
        let words = "words\n" + AuthorityBlocks.block("MAowADAAAwQAQUJD", "PRIVATE KEY")
        let windows = AuthorityBlocks.second.split(separator: "\n").map { $0 + " \r\n" }.joined()
        try engine.file(path, [words, AuthorityBlocks.first, words, windows].joined())
        let whole = try bench.access()
        #expect(try added(whole) == AuthorityBlocks.first + AuthorityBlocks.second && whole.authorityNote == nil)
        let bad = AuthorityBlocks.block(body)
        try engine.file(path, [words, AuthorityBlocks.first, bad, windows].joined())
        let access = try bench.access()
        #expect(try added(access) == AuthorityBlocks.first)
        let note = try #require(access.authorityNote)
        #expect(note.hasPrefix("only the first certificate of \(path) ("), "\(note)")
        // Without any before it, it is as if there were no such file.
        try engine.file(path, bad + AuthorityBlocks.first)
        let empty = try bench.access()
        #expect(try added(empty) == nil)
        #expect(empty.authorityNote?.contains("its first certificate cannot be read: ") == true)
        try engine.file(path, words)
        let none = try bench.access()
        #expect(try added(none) == nil && none.authorityNote?.contains("no certificate in PEM form") == true)
    }

    @Test func `a file that cannot be read changes nothing, and is told where the certificate counts`() throws {
        let (bench, engine) = try contained("/certs/gone.pem")
        try bench.addToEnvFile("AUDIT_LOGS_DB_CONNECTION_URI=postgres://u@127.0.0.1:1/logs?sslmode=require")
        let access = try bench.access()
        #expect(access.authorityNote == nil)
        let found = try #require(endpoint(try RedisAddress.find(access))), note = try #require(access.authorityNote)
        #expect(found.certificates == nil && found.authorityNote == note)
        #expect(note.contains("/certs/gone.pem (") && note.contains("NODE_EXTRA_CA_CERTS"), "\(note)")
        #expect(note.contains("Could not find the file"), "\(note)")
        #expect(RedisFault.untrusted(server: found.server, note: found.authorityNote).message.hasSuffix(": " + note))
        let logs = try DatabaseConnections(access).endpoint(.auditLogs)
        #expect(logs.authority == nil && logs.parameters["sslrootcert"] != nil && logs.authorityNote == note)
        let report = try HealthOperation(Workplace(access)).perform()
        #expect(report.findings.filter { $0.code == "health.extra-authorities" }.map(\.message) == [note])
        try engine.variable(.backend, "NODE_EXTRA_CA_CERTS", "certs/gone.pem")
        let relative = try bench.access()
        #expect(try added(relative) == nil && relative.authorityNote?.hasSuffix("not absolute") == true)
        // Where nothing is encrypted, nobody misses it.
        try engine.variable(.backend, "REDIS_URL", "redis://infisical-redis:6379")
        let plain = try bench.access()
        #expect(try added(plain) == nil && plain.authorityNote == nil)
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
