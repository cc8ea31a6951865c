import Effects
import Faults
import FoundationEssentials
import Instance
import InstanceAccess
import InstanceHealth
import LiveSupport
import Operations
import Postgres
import Processes
import Secrets
import TestSupport
import Testing

/// How the databases are reached, and what their programs are told.
@Suite struct DatabaseConnectionsTests {
    private func plain(_ environment: [String: EnvironmentValue], _ name: String) -> String? {
        if case .plain(let text)? = environment[name] { text } else { nil }
    }

    private func secret(_ environment: [String: EnvironmentValue], _ name: String) -> Secret? {
        if case .secret(let secret)? = environment[name] { secret } else { nil }
    }

    private let endpoint = Endpoint(
        host: "db.example", port: 5433, database: "infisical", user: "ops", password: Secret(testing: "hunter2"),
        parameters: [
            "sslmode": "verify-full", "sslrootcert": "/etc/ca.pem", "options": "-c work_mem=1MB", "made_up": "x",
        ])

    @Test func `a program of this host gets the address in its environment, the password only as a secret`() {
        let environment = endpoint.programEnvironment(applicationName: "test", .reading)
        let expected = [
            "PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "ops", "PGDATABASE": "infisical", "PGAPPNAME": "test",
            "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/ca.pem",
        ]
        for (name, value) in expected { #expect(plain(environment, name) == value, "\(name)") }
        #expect(plain(environment, "PGOPTIONS")?.contains("work_mem=1MB") == true)
        #expect(secret(environment, "PGPASSWORD")?.equals(Secret(testing: "hunter2")) == true)
        #expect(
            !environment.values.contains { if case .plain(let text) = $0 { text.contains("hunter2") } else { false } })
        #expect(!environment.keys.contains { $0.contains("made_up") } && !"\(environment)".contains("hunter2"))
    }

    @Test func `a program beside the server connects to it there`() {
        let environment = endpoint.insideEnvironment(applicationName: "test", .reading)
        #expect(plain(environment, "PGHOST") == "127.0.0.1" && plain(environment, "PGPORT") == "5432")
        #expect(plain(environment, "PGOPTIONS")?.contains("work_mem=1MB") == true && environment["PGSSLMODE"] == nil)
        #expect(secret(environment, "PGPASSWORD")?.equals(Secret(testing: "hunter2")) == true)
        var open = endpoint
        (open.password, open.parameters) = (nil, [:])
        #expect(open.insideEnvironment(applicationName: "x", .reading)["PGPASSWORD"] == nil)
    }

    @Test(arguments: [
        ("sslmode=require", nil, true),
        ("sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt", nil, false),
        ("ssl=true", nil, true), ("sslmode=no-verify", nil, false), ("", "YQ==", false), ("", nil, false),
        ("sslmode=require", "YQ==", false),
    ])
    func `authorities that node.js is given count where the database's certificate may be anybody's`(
        query: String, certificate: String?, isUsed: Bool
    ) throws {
        let bench = try Bench(nil, initialised: false)
        bench.namesDatabase = false
        try bench.folder.write("ca.pem", AuthorityBlocks.first)
        try bench.folder.write(
            ".env",
            "DB_CONNECTION_URI=postgres://u@db.example/d\(query.isEmpty ? "" : "?")\(query)\n"
                + "NODE_EXTRA_CA_CERTS=\(bench.folder.path("ca.pem"))\n"
                + (certificate.map { "DB_ROOT_CERT=\($0)\n" } ?? ""))
        let found = try DatabaseConnections(try bench.access()).endpoint(.main)
        let pem = AuthorityBlocks.added(found.authority?.pem)
        #expect((pem == AuthorityBlocks.first) == isUsed, "\(pem ?? "none")")
        #expect(!isUsed || found.parameters["sslrootcert"] == nil)
        if isUsed { #expect(found.authority?.origin.contains("NODE_EXTRA_CA_CERTS") == true) }
    }

    @Test func `of a DB_ROOT_CERT counts what is before the first block that cannot be read, as in node.js`() throws {
        let (first, second) = (AuthorityBlocks.first, AuthorityBlocks.second), rubbish = AuthorityBlocks.rubbish
        // What each text comes to, and whether something is to be said of it.
        let cases: [(String, String, Bool)] = [
            (first + second, first + second, false), (first + rubbish + second, first, true),
            // Without any nobody's certificate is accepted, there and here.
            (rubbish + first, rubbish + first, false), ("words\n" + first + "words", first, false),
            (first.replacing("CERTIFICATE", with: "TRUSTED CERTIFICATE"), first, false),
        ]
        for (text, counted, isTold) in cases {
            let bench = try Bench(nil, initialised: false)
            bench.namesDatabase = false
            try bench.folder.write(
                ".env",
                "DB_CONNECTION_URI=postgres://u@db.example/d\nDB_ROOT_CERT="
                    + Data(text.utf8).base64EncodedString() + "\n")
            let found = try DatabaseConnections(try bench.access()).endpoint(.main)
            #expect(found.authority.map { String(decoding: $0.pem, as: UTF8.self) } == counted)
            #expect((found.authorityNote?.hasPrefix("only the first certificate of ") ?? false) == isTold)
        }
    }

    @Test func `both databases are those that configuration and env file name`() throws {
        let bench = try Bench(nil, initialised: false)
        let single = DatabaseConnections(try bench.access())
        #expect(try !single.hasAuditLogs && single.endpoint(.main).database == bench.database)
        try bench.addToEnvFile(
            "AUDIT_LOGS_DB_CONNECTION_URI=postgresql://logger:pw@logs.example:5444/logs?sslmode=no-verify")
        let both = DatabaseConnections(try bench.access()), logs = try both.endpoint(.auditLogs)
        #expect(both.hasAuditLogs && logs.server == "logs.example:5444" && logs.database == "logs")
        #expect(logs.parameters == ["sslmode": "require"] && logs.passwordOrigin?.contains(".env") == true)
        let session = try both.open(.main, role: "test")
        #expect(try session.query("SELECT current_database()::text AS name").only().string("name") == bench.database)
        let beside = try both.openBeside("test")
        #expect(try beside.query("SELECT current_database()::text AS name").only().string("name") == "template1")
    }

    @Test func `an address that only containers know is told with why they could not be asked`() throws {
        let bench = try Bench(nil, initialised: false), engine = try ScriptedEngine(for: bench)
        try engine.folder.write("containers.json", "[]")
        (bench.namesEnvFile, bench.namesDatabase) = (true, false)
        try bench.editEnvFile("infisical-db", "no-such-host.invalid")
        let connections = DatabaseConnections(try bench.access())
        let unknown = fault { try connections.open(.main, role: "test", deadline: 5) }
        #expect(unknown is UndiscoveredDatabase && unknown?.code == "postgres.unknown-host", "\(unknown as Any)")
        #expect(unknown?.message.contains("its address could not be read from the container") == true)
        #expect(unknown?.hints.first == .command(["docker", "ps", "--all"]) && unknown?.exit == .failed)
        // Who wrote the address down himself is told of that alone.
        bench.instanceLines.append("database: { host: no-such-host.invalid }")
        let configured = fault { try DatabaseConnections(try bench.access()).open(.main, role: "test", deadline: 5) }
        #expect(configured is PostgresFault)
    }

    @Test func `of a container that is stopped it is said that it is stopped, not that its name is not known`() throws {
        let bench = try Bench.october(), engine = try ScriptedEngine(for: bench)
        try engine.change(
            .database, ".State.Status = \"exited\" | .State.ExitCode = 0 | .NetworkSettings = {Ports: {}, Networks: {}}"
        )
        let stopped = fault { try DatabaseConnections(try bench.access()).open(.main, role: "test", deadline: 5) }
        #expect(stopped is UndiscoveredDatabase && stopped?.exit == .failed, "\(stopped as Any)")
        #expect(
            stopped?.message
                == "the database's container infisical-db is not running: it was stopped, or ended by itself (0)")
        #expect(stopped?.hints.first == .command(["infisical-ops", "restart", "--service", "db"]))
        let report = try HealthOperation(try bench.workplace()).perform()
        #expect(
            report.steps[0].condition == .stopped
                && report.steps[0].details == [
                    "it was stopped, or ended by itself (0)"
                ])
    }

    @Test func `the folder of a local database is known, that of another host is not`() throws {
        let bench = try Bench(nil, initialised: false)
        let folder = try DatabaseConnections(try bench.access()).localDataFolder()
        #expect(folder?.hasPrefix(try LiveServer.get().folder) == true)
        bench.namesDatabase = false
        bench.instanceLines.append("database: { host: 127.0.0.1, port: 1 }")
        #expect(try DatabaseConnections(try bench.access()).localDataFolder() == nil)
    }

    @Test func `a stopped run opens no session, an uncancelled one does`() throws {
        let bench = try Bench(nil, initialised: false)
        bench.cancellation.cancel(signal: 2)
        let access = try bench.access()
        #expect(fault { try DatabaseConnections(access).open(.main, role: "test") }?.exit == .interrupted)
        try DatabaseConnections(access.uncancelled()).open(.main, role: "test").close()
        try DatabaseConnections(access).open(.main, role: "test", cancellation: Cancellation()).close()
    }
}
