import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// No output of any command holds a secret, in success and in failure, for people and for scripts.
///
/// Every run of every test here is looked through for them (`Secrecy`); this suite makes sure that this look would find
/// one, and runs what no other test does.
@Suite struct SecrecyTests {
    @Test func `the secrets that are looked for are the right ones`() throws {
        let instance = try OpsInstance()
        let names = Secrecy.secrets(of: instance).map(\.name)
        for word in [
            "INFISICAL_ENCRYPTION_KEY", "INFISICAL_AUTH_SECRET", "INFISICAL_POSTGRES_PASSWORD", "identity.txt",
            "signing-key", "id-key-1", "the server's password",
        ] {
            #expect(names.contains { $0.contains(word) }, "\(word)")
        }
        for secret in Secrecy.secrets(of: instance) {
            #expect(Secrecy.found(in: "x\(secret.value)y", of: instance).contains(secret.name))
        }
        let json = String(decoding: try JSONEncoder().encode([LiveServer.password]), as: UTF8.self)
        #expect(Secrecy.found(in: json, of: instance) == ["the server's password"])
        #expect(Secrecy.found(in: "nothing", of: instance) == [])
    }

    @Test func `no command prints a secret, whatever becomes of it`() throws {
        let instance = try OpsInstance()
        let server = try LiveServer.get()
        let password = LiveServer.password.utf8.map { "%" + String($0, radix: 16) }.joined()
        // The addresses hold passwords, the right one and a wrong one.
        let addresses = [LiveServer.password, "wrong"].map { secret in
            let text = secret == "wrong" ? "hunter2hunter2" : password
            return "postgresql://postgres:\(text)@127.0.0.1:\(server.port)/\(instance.database)"
        }
        let broken = instance.path("broken.env")
        let lines = try String(contentsOfFile: instance.envFile, encoding: .utf8)
        try instance.write(Array((lines + "\nA B=1\n").utf8), to: broken)
        instance.moreEnvFiles.append(broken)
        let environments: [[String: EnvironmentValue]] = [
            [:], ["INFISICAL_OPS_DATABASE_URL": .plain(addresses[0])],
            ["INFISICAL_OPS_DATABASE_URL": .plain(addresses[1])], ["INFISICAL_OPS_ENV_FILE": .plain(broken)],
            ["INFISICAL_OPS_REPOSITORY": .plain(instance.path("nowhere"))],
            ["PGPASSWORD": .plain(LiveServer.password), "INFISICAL_OPS_DATABASE_URL": "postgresql://127.0.0.1:1/x"],
        ]
        let identity = try String(contentsOfFile: instance.identityFile, encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("AGE-SECRET") }
        let secret = String(try #require(identity))
        let commands = [
            ["backup"], ["backup", "--dry-run"], ["list"], ["show"], ["status"], ["verify"], ["config", "show"],
            ["init"], ["repair"], ["restore", "--to-database", "x", "--dry-run"],
            ["restore", "--files", "x", "--dry-run"], ["repository", "recipients"],
            ["repository", "rekey", "--dry-run"], ["verify", "--identity-file", instance.envFile],
        ]
        for (number, environment) in environments.enumerated() {
            for (index, command) in commands.enumerated() {
                // Every command in both forms, and every environment too.
                let form = (number + index).isMultiple(of: 2) ? [] : ["--json"]
                let result = try instance.run(command + form, environment: environment)
                #expect(!(result.output + result.errors).contains("hunter2"), "\(command)")
            }
        }
        // An identity in the place of a recipient is a mistake that happens.
        for command in [["init", "--recipient", secret], ["repository", "recipients", secret]] {
            for form in [[], ["--json"]] {
                let result = OpsResult(arguments: ["…"], result: try instance.run(command + form).expect(3).result)
                #expect(!(result.output + result.errors).contains(secret.dropFirst(20)))
            }
        }
    }

    @Test func `passwords reach no command line of a child`() throws {
        // Whatever pg_dump is called with, it writes down; its environment is where the password is.
        let instance = try OpsInstance(nil), server = try LiveServer.get()
        let password = LiveServer.password.utf8.map { "%" + String($0, radix: 16) }.joined()
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
            "postgresql://postgres:\(password)@127.0.0.1:\(server.port)/\(instance.database)")
        let script = """
            #!/bin/sh
            printf '%s\\n' "$@" >>'\(instance.path("arguments"))'
            tr '\\0' '\\n' </proc/$PPID/cmdline >>'\(instance.path("arguments"))'
            for program in /usr/lib/postgresql/*/bin/pg_dump; do :; done
            exec "$program" "$@"

            """
        let path = instance.path("pg_dump")
        try instance.write(Array(script.utf8), to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        try instance.run(["backup"], environment: ["INFISICAL_OPS_BACKUP_PG_DUMP": .plain(path)]).expect(0)
        let arguments = try String(contentsOfFile: instance.path("arguments"), encoding: .utf8)
        #expect(arguments.contains("--schema-only") && arguments.contains("infisical-ops"))
        for secret in Secrecy.secrets(of: instance) { #expect(!arguments.contains(secret.value), "\(secret.name)") }
    }
}
