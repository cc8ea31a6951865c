import Age
import Crypto
import DurableFiles
import Effects
import Faults
import InfisicalData
import Instance
import Postgres
import Processes
import Repository
import Secrets
import Settings
import TestSupport
import Testing

@Suite struct RedactionTests {
    /// Every kind of value that holds a secret, each made with the hidden bytes.
    private func holders() throws -> [(String, Any)] {
        let endpoint = Endpoint(
            try PostgresURL(secret("postgresql://u:\(hidden)@h:5433/n?sslmode=require")), origin: "test")
        let spec = CommandSpec(
            "psql", ["-X"], environment: ["PGPASSWORD": .secret(secret()), "OTHER": .plain(hidden)],
            input: .secret(secret()))
        let text =
            "INFISICAL_ENCRYPTION_KEY=\(hidden)\nINFISICAL_AUTH_SECRET='\(hidden)'\n"
            + "INFISICAL_REDIS_URL=redis://:\(hidden)@redis\nINFISICAL_POSTGRES_PASSWORD=\"\(hidden)\"\n"
            + "AUDIT_LOGS_DB_CONNECTION_URI=postgres://a:\(hidden)@h/logs\nROOT_ENCRYPTION_KEY=\(hidden)\nX=$MISSING\n"
        let file = try EnvFile(secret(text), path: "/srv/.env")
        let instance = try InstanceEnvironment(files: [file])
        let url = try PostgresURL(secret("postgresql://u:\(hidden)@h/n"))
        let keys = EnvironmentKeys(
            encryptionKey: secret(), rootEncryptionKey: secret(Base64.encode(Array(hidden.utf8))))
        var options = ScratchServer.Options()
        options.password = secret()
        let redis = RedisEndpoint(host: "h", port: 1, user: "u", password: secret(), database: 0, usesTLS: false)
        var found = DiscoveredInstance()
        found.database = .init(
            container: "c", host: "h", port: 1, route: "r", name: "n", user: "u", password: secret(), aliases: ["c"])
        found.backend = .init(container: "c", environment: ["ENCRYPTION_KEY": secret()])
        let change = EnvFileEdit.Change.replace(name: "ROOT_ENCRYPTION_KEY", old: secret(), new: secret("x\(hidden)"))
        let edit = try EnvFileEdit(file, [change])
        let project = "services:\n  s:\n    environment:\n      KEY: '\(hidden)'\n"
        return [
            ("Secret", secret()), ("optional Secret", Optional(secret()) as Any), ("list", [secret(), secret()]),
            ("dictionary", ["a": secret()]), ("slice", secret().slice(0..<8)), ("trimmed", secret().trimmed()),
            ("Endpoint", endpoint), ("Endpoint with", endpoint.with(database: "other")),
            ("CommandSpec", spec), ("environment", spec.environment), ("Input", spec.input),
            ("EnvironmentValue", EnvironmentValue.secret(secret())), ("plain value", EnvironmentValue.plain(hidden)),
            ("EnvFileEdit", edit), ("Change", change), ("EnvFileRewrite", try EnvFileRewrite(edit)),
            ("EnvFile", file), ("Entry", file.entries), ("notes", file.notes), ("InstanceEnvironment", instance),
            ("DatabaseTarget", instance.databaseTarget), ("audit", instance.auditLogs as Any),
            ("Sourced", Sourced(secret(), .standard)), ("PostgresURL", url), ("SettingValue", SettingValue.url(url)),
            ("SettingValue text", SettingValue.url(url).description),
            ("AgeIdentity", AgeIdentity.x25519(privateKey: secret())),
            ("passphrase", AgeIdentity.passphrase(secret())), ("recipient", AgeRecipient.scrypt(passphrase: secret())),
            ("AgeSealer", try AgeSealer([.scrypt(passphrase: secret())])),
            ("AgeOpener", try AgeOpener([.passphrase(secret()), .x25519(privateKey: secret())])),
            ("identity text", AgeIdentity.x25519(privateKey: secret()).text),
            ("EnvironmentKeys", keys), ("KeyHolder", KeyHolder(name: "env", keys: keys)),
            ("KeyCandidate", KeyCandidate(source: .encryptionKeyUTF8, key: secret())),
            ("Signer", try Signer(seed: secret())),
            ("Escrow.File", Escrow.File(path: "/x", mode: 0, content: secret())),
            ("HexKey", HexKey.encode(secret())), ("ScratchServer.Options", options),
            ("RedisURL", try #require(RedisURL(secret("redis://u:\(hidden)@h/1")))),
            ("SecretMask", SecretMask([secret()])),
            ("RedisEndpoint", redis), ("DiscoveredInstance", found),
            ("RenderedService", try #require(try RenderedService(secret(project), service: "s"))),
            ("running", try InstanceEnvironment(container: "c", ["ENCRYPTION_KEY": secret()])),
        ]
    }

    @Test func `nothing that can be printed of a value shows the secret in it`() throws {
        for (name, value) in try holders() {
            let shown = everythingShown(of: value)
            #expect(!isLeak(shown), "\(name)")
            #expect(!isLeak(everythingShown(of: [value])), "\(name) in a list")
        }
    }

    @Test func `what looks for leaks finds them`() {
        struct Careless {
            let text = hidden
            let bytes = Array(hidden.utf8)
        }
        #expect(isLeak(everythingShown(of: Careless())))
        #expect(isLeak(everythingShown(of: Array(hidden.utf8))))
        #expect(isLeak(everythingShown(of: ["a": ["b": hidden]])))
        #expect(isLeak(Hex.encode(Array(hidden.utf8))) && isLeak(Base64.encode(Array(hidden.utf8))))
    }

    @Test func `the configuration in force shows no secret, in any of its lines`() throws {
        let folder = try TemporaryFolder()
        let env =
            "ENCRYPTION_KEY=\(hidden)\nAUTH_SECRET=\(hidden)\nDB_CONNECTION_URI=postgres://u:\(hidden)@h/n\n"
            + "REDIS_URL=redis://:\(hidden)@r\nAUDIT_LOGS_DB_CONNECTION_URI=postgres://u:\(hidden)@h/n\n"
        try Files(effects: Effects()).publish(Array(env.utf8), at: folder.path(".env"))
        let surroundings = SettingsSurroundings(
            environment: [
                "INFISICAL_OPS_ENV_FILE": folder.path(".env"), "PGPASSWORD": "set",
                "INFISICAL_OPS_DATABASE_URL": "postgresql://u:\(hidden)@h/n",
            ], workingFolder: folder.path, isRoot: false, processors: 1, effects: Effects())
        #expect(!isLeak(everythingShown(of: surroundings)))
        let resolved = try ResolvedConfiguration(nil, surroundings)
        #expect(!isLeak(everythingShown(of: resolved)))
        #expect(!isLeak(everythingShown(of: resolved.lines())))
        #expect(!isLeak(resolved.notes.joined()))
        // The secrets are in there all the same.
        #expect(resolved.instance.encryptionKey?.value.equals(secret()) == true)
        #expect(resolved.database.password?.equals(secret()) == true)
    }

    /// What a person sees of an error.
    private func told(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            let fault: any Fault = .of(error)
            return FaultRenderer.text(fault) + fault.code + everythingShown(of: error)
        }
    }

    @Test func `no fault repeats the text it complains of`() throws {
        let cases: [(String, () throws -> Void)] = [
            ("env file", { _ = try EnvFile(secret("A=1\n\(hidden)!x=1"), path: "/e") }),
            ("env quote", { _ = try EnvFile(secret("A='\(hidden)"), path: "/e") }),
            ("env reference", { _ = try EnvFile(secret("A=${X:?\(hidden)}"), path: "/e") }),
            ("yaml", { _ = try Configuration(secret("a: [\(hidden)\nb: }"), path: "/c") }),
            ("yaml value", { _ = try Configuration(secret("backup: { jobs: \(hidden) }"), path: "/c") }),
            (
                "yaml password",
                { _ = try Configuration(secret("instance: { database: { password: \(hidden) } }"), path: "/c") }
            ),
            (
                "yaml URI",
                {
                    let uri = "postgres://u:\(hidden)@h/n"
                    _ = try Configuration(secret("instance: { database: { url: '\(uri)' } }"), path: "/c")
                }
            ),
            ("URI port", { _ = try PostgresURL(secret("postgres://h:\(hidden)/n")) }),
            ("URI slash", { _ = try PostgresURL(secret("postgres://u:1/\(hidden)@h/n")) }),
            ("URI question", { _ = try PostgresURL(secret("postgres://u:1?\(hidden)@h/n")) }),
            ("URI hash", { _ = try PostgresURL(secret("postgres://u:1#\(hidden)@h/n")) }),
            ("URI key", { _ = try PostgresURL(secret("postgres://u@h/n?sslpassword=\(hidden)")) }),
            ("URI name", { _ = try PostgresURL(secret("postgres://h/n?\(hidden)=x")) }),
            ("node URI", { _ = try PostgresURL(secret("postgres://u:\(hidden)@h:x/n"), .node) }),
            ("node URI key", { _ = try PostgresURL(secret("postgres://h/n?sslpassword=\(hidden)"), .node) }),
            ("identity", { _ = try AgeIdentityFile.parse(secret("AGE-SECRET-KEY-1\(hidden)")) }),
            ("identity word", { _ = try AgeIdentityFile.parse(secret(hidden)) }),
            ("recipient", { _ = try AgeRecipient("AGE-SECRET-KEY-1\(hidden)") }),
            ("hex key", { _ = try HexKey.decode(secret(hidden + hidden), path: "/k") }),
            (
                "process",
                {
                    _ = try ProcessRunner(effects: Effects(), cancellation: Cancellation()).run(
                        CommandSpec("true", environment: ["A": .secret(secret(hidden + "\0"))]))
                }
            ),
        ]
        for (name, body) in cases {
            let seen = try #require(told(body), "\(name)")
            #expect(!isLeak(seen), "\(name): \(seen)")
        }
    }
}
