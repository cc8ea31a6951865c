import DurableFiles
import Effects
import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Databases that cannot be reached, or not be read with the programs at hand.
@Suite struct BadInputConnectionTests {
    let instance: OpsInstance

    init() throws { instance = try OpsInstance(nil) }

    private func refuses(
        _ url: String, code: String, exit: Int32 = 1, naming words: [String], commands: [[String]] = [["backup"]]
    ) throws {
        let environment: [String: EnvironmentValue] = ["INFISICAL_OPS_DATABASE_URL": .plain(url)]
        for command in commands {
            try instance.refuses(command, exit: exit, code: code, naming: words, environment: environment)
        }
    }

    private let both = [["backup"], ["backup", "--dry-run"]]

    @Test func `a wrong password is told with the place that it was taken from`() throws {
        let server = try LiveServer.get()
        let url = "postgresql://postgres@127.0.0.1:\(server.port)/\(instance.database)"
        let fault = try instance.refuses(
            ["backup"], exit: 1, code: "postgres.wrong-password",
            naming: ["127.0.0.1:\(server.port)", "user postgres"],
            environment: ["INFISICAL_OPS_DATABASE_URL": .plain(url)])
        // The one in the env file, which is not this server's.
        #expect(fault.hints.joined().contains("\(instance.envFile):12 INFISICAL_POSTGRES_PASSWORD"))
        let none = try instance.refuses(
            ["backup"], exit: 1, code: "postgres.wrong-password",
            environment: [
                "INFISICAL_OPS_DATABASE_URL": .plain(url), "INFISICAL_OPS_ENV_FILE": "", "PGPASSWORD": "hunter2hunter2",
            ])
        #expect(none.hints.joined().contains("environment PGPASSWORD"))
        #expect(!"\(none)".contains("hunter2"))
    }

    @Test func `the right password comes from PGPASSWORD, PGPASSFILE or the env file`() throws {
        let server = try LiveServer.get()
        let url = "postgresql://postgres@127.0.0.1:\(server.port)/\(instance.database)"
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(url)
        try instance.editEnvFile(
            "INFISICAL_POSTGRES_PASSWORD=EftUUhPWdjKNR7OKAzXo3zua",
            "INFISICAL_POSTGRES_PASSWORD=\"\(LiveServer.password.replacing("\\", with: "\\\\"))\"")
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_ENV_FILE"] = ""
        try instance.ops("backup").expect(1)
        try instance.run(["backup"], environment: ["PGPASSWORD": .plain(LiveServer.password)]).expect(0)
        let escaped = LiveServer.password.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
        let file = instance.path("pgpass")
        try instance.write(Array("*:*:*:*:\(escaped)\n".utf8), to: file)
        try instance.run(["backup"], environment: ["PGPASSFILE": .plain(file)]).expect(0)
    }

    @Test func `the right password comes from a command, a file or a credential, and is shown nowhere`() throws {
        let server = try LiveServer.get()
        let url = "postgresql://postgres@127.0.0.1:\(server.port)/\(instance.database)"
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(url)
        let file = instance.path("password"), count = instance.path("count")
        try instance.write(Array("\(LiveServer.password)\nmore\n".utf8), to: file)
        let store = try program("store", "echo run >>'\(count)'; cat '\(file)'")
        let configure = { (line: String) in
            try instance.write(Array("instance:\n  database:\n    \(line)\n".utf8), to: instance.configuration)
        }
        // The one in the env file is not this server's: what names a place for it is stronger.
        try configure("password_command: [\(store)]")
        try instance.ops("backup").expect(0)
        #expect(try String(contentsOfFile: count, encoding: .utf8) == "run\n")
        // Who only reads the repository, or the configuration, needs no password.
        for command in [["list"], ["verify"], ["config", "check"], ["config", "show"]] {
            try instance.run(command).expect(0)
        }
        #expect(try String(contentsOfFile: count, encoding: .utf8) == "run\n")
        let shown = try instance.ops("config", "show").expect(0).output
        #expect(shown.contains("database password") && !shown.contains(LiveServer.password))
        #expect(shown.contains("\(instance.configuration):3"))
        try configure("password_file: \(file)")
        try instance.ops("backup").expect(0)
        try configure("")
        let credentials = instance.path("credentials")
        try Files(effects: Effects()).createFolder(credentials)
        try instance.write(Array(LiveServer.password.utf8), to: credentials + "/infisical-ops-database-password")
        try instance.run(["backup"], environment: ["CREDENTIALS_DIRECTORY": .plain(credentials)]).expect(0)
        try instance.ops("backup").expect(1)
        // A command that fails keeps nobody from what needs no database.
        try configure("password_command: [/bin/false]")
        try instance.refuses(["backup"], exit: 3, code: "secret.command-failed", naming: ["false", "status 1"])
        let status = try instance.ops("status").expect(15)
        #expect(status.output.contains("secret") && status.output.contains("not reachable"))
        try configure("password_command: [/bin/false]\n    password_file: \(file)")
        try instance.refuses(
            ["list"], exit: 3, code: "settings.conflict", naming: ["password_file", "password_command"])
    }

    @Test func `a host that is not there is named`() throws {
        try refuses(
            "postgresql://127.0.0.1:1/x", code: "postgres.connection-refused", naming: ["127.0.0.1:1"], commands: both)
        try refuses(
            "postgresql://no-such-host.invalid/x", code: "postgres.unknown-host", naming: ["no-such-host.invalid"])
        try refuses(
            "postgresql:///x?host=/nowhere", code: "postgres.connection-refused", naming: ["/nowhere/.s.PGSQL.5432"])
    }

    @Test func `a database or a user that is not there is named`() throws {
        let server = try LiveServer.get()
        let place = "host=\(server.folder)&port=\(server.port)"
        try refuses("postgresql:///no_such?\(place)", code: "postgres.no-such-database", naming: ["no_such"])
        try refuses(
            "postgresql:///\(instance.database)?\(place)&user=nobody_at_all", code: "postgres.not-allowed",
            naming: ["nobody_at_all"])
    }

    @Test func `PostgreSQL below 14 is refused with its version`() throws {
        let old = try ScriptedServer(version: "13.9 (Debian 13.9-1)")
        try refuses(
            "postgresql://postgres@127.0.0.1:\(old.port)/x", code: "postgres.too-old", exit: 3,
            naming: ["PostgreSQL 13.9", "14"], commands: both)
    }

    // MARK: - pg_dump

    private func program(_ name: String, _ script: String, mode: Int = 0o755) throws -> String {
        let path = instance.path(name)
        try instance.write(Array("#!/bin/sh\n\(script)\n".utf8), to: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @Test(arguments: [
        ("echo 'pg_dump (PostgreSQL) 13.2'", "backup.pg-dump-too-old", Int32(3), "version 13.2"),
        ("echo hello", "backup.pg-dump-unknown", 3, "--version"),
        ("echo 'no library' >&2; exit 127", "process.failed", 1, "no library"),
    ])
    func `a pg_dump that cannot do it is told before anything is read`(
        script: String, code: String, exit: Int32, word: String
    ) throws {
        let path = try program("pg_dump", script)
        for arguments in both {
            try instance.refuses(
                arguments, exit: exit, code: code, naming: [word],
                environment: ["INFISICAL_OPS_BACKUP_PG_DUMP": .plain(path)])
        }
    }

    @Test func `a pg_dump that is missing or may not be run is named with the key that says where it is`() throws {
        let locked = try program("locked", "exit 0", mode: 0o644)
        for path in ["/nowhere/pg_dump", locked] {
            let fault = try instance.refuses(
                ["backup"], exit: 3, code: "backup.pg-dump-missing", naming: [path, "backup.pg_dump"],
                environment: ["INFISICAL_OPS_BACKUP_PG_DUMP": .plain(path)])
            #expect(fault.hints.contains { $0.contains("apt-get install postgresql-client-") })
        }
    }

    @Test func `without any pg_dump the package to install is named`() throws {
        // In a mount name space of its own, the folder that Debian keeps the programs in is empty.
        let result = try instance.shell(
            "mount -t tmpfs tmpfs /usr/lib/postgresql && exec \"$OPS\" backup --json",
            environment: ["PATH": .plain(try toolsWithoutPostgreSQL())])
        try result.expect(3)
        let fault = try result.fault()
        #expect(fault.code == "backup.pg-dump-missing")
        Hints.check(fault.hints)
        #expect(fault.hints.joined().contains("postgresql-client-"))
    }

    /// A folder with only what the script itself needs.
    private func toolsWithoutPostgreSQL() throws -> String {
        let folder = instance.path("bin")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, places) in [("mount", ["/usr/bin/mount", "/bin/mount"]), ("sh", ["/bin/sh"])] {
            guard let place = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
                throw TestProblem("no \(name)")
            }
            try FileManager.default.createSymbolicLink(atPath: folder + "/" + name, withDestinationPath: place)
        }
        return folder
    }
}
