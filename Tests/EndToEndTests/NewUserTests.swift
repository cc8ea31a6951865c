import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What made somebody stop who had nothing but the program and its README: each state, the text, the exit code.
@Suite struct NewUserTests {
    private let otherKey = "00112233445566778899aabbccddeeff"

    // MARK: - The escrow

    /// Two backups, the later one with a key that opens nothing.
    private func withWrongKey() throws -> (instance: OpsInstance, good: String, bad: String) {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", otherKey)
        try instance.ops("backup").expect(12)
        let ids = try instance.ids()
        return (instance, ids[0], ids[1])
    }

    @Test func `an escrow whose key opened nothing is handed out with a warning, and with where a better one is`()
        throws
    {
        let (instance, good, bad) = try withWrongKey()
        let latest = try instance.ops("restore", "--files", instance.path("latest"), "--yes").expect(2)
        #expect(latest.errors.contains("no key in these files opened all of its data"))
        #expect(latest.errors.contains("run: infisical-ops restore \(good) --files kept-files"))
        let older = try instance.ops("restore", good, "--files", instance.path("older"), "--yes").expect(0)
        #expect(older.errors == "")

        struct Sheet: Decodable {
            let signer: String
        }
        let sheet: Sheet = try instance.ops("init", "--no-configuration", "--json").expect(0).object()
        let script = """
            "$REPOSITORY/recover.sh" --identity '\(try instance.identityFile)' --signer \(sheet.signer) --files "$HOME/kept"
            """
        let recovered = try instance.shell(script + " \(bad)").expect(2)
        let warning = "warning: no key in the escrow of this backup opened all of its data when it was taken"
        #expect(
            (recovered.output + recovered.errors).contains(
                "\(warning); which key it needs is not known; the newest backup with a key that opened everything: "
                    + "\(good) (label "))
        let fine = try instance.shell(script.replacing("/kept", with: "/fine") + " \(good)").expect(0)
        #expect(!(fine.output + fine.errors).contains(warning))
    }

    @Test func `a wrong key is followed by what to do, in the names of the file at hand`() throws {
        let (instance, good, _) = try withWrongKey()
        let status = try instance.ops("status").expect(12)
        #expect(status.output.contains("run: infisical-ops restore \(good) --files kept-files"))
        #expect(
            status.output.contains(
                "put the INFISICAL_ENCRYPTION_KEY of \(instance.keptEnvFile) back into \(instance.envFile)\n"))
        #expect(try instance.ops("status", "--json").expect(12).output.contains("restore \(good) --files kept-files"))
        // Right again: only the newest backup is not.
        try instance.editEnvFile(otherKey, "9f2c47d1e0b86a35c7f41d9280ae53b6")
        let mended = try instance.ops("status").expect(12)
        let lines = mended.output.split(separator: "\n"),
            line = try #require(lines.firstIndex { $0.hasPrefix("key  ") })
        #expect(mended.output.contains("key now     opens the data\nrepository  "), "\(mended.output)")
        #expect(lines[line + 1] == "            run: infisical-ops backup", "\(mended.output)")
    }

    @Test func `a key that is gone is followed by alternatives, then by steps, and by nothing to recreate`() throws {
        let instance = try OpsInstance(.october), key = "9f2c47d1e0b86a35c7f41d9280ae53b6"
        try instance.ops("backup").expect(0)
        let good = try instance.ids()[0]
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=" + key, "INFISICAL_AUTH_SECRET=a")
        let steps = [
            "if another env file holds the key, name that file as instance.env_file",
            "or, if the key is deliberately not on this host, set instance.key to elsewhere",
            "or, if the key was lost, take it from the backup \(good), in three steps:",
            "run: infisical-ops restore \(good) --files kept-files",
            "put the INFISICAL_ENCRYPTION_KEY of \(instance.keptEnvFile) back into \(instance.envFile)",
        ]
        let status = try instance.ops("status").expect(12).output
        let indent = "\n            "
        #expect(status.contains("key now     is MISSING: the env file sets no INFISICAL_ENCRYPTION_KEY" + indent))
        #expect(status.contains((steps + ["then restart the backend"]).joined(separator: indent)), "\(status)")
        // Where there are commands, the restart is one of this program's.
        instance.environment["INFISICAL_OPS_INSTANCE_COMMANDS_STOP"] = "true"
        instance.environment["INFISICAL_OPS_INSTANCE_COMMANDS_START"] = "true"
        let health = try instance.ops("health").expect(12)
        #expect(health.output.contains("backend   missing key"), "\(health.output)")
        #expect(
            health.output.contains("run: infisical-ops restart --service backend\n")
                && !health.output.contains("--recreate"),
            "\(health.output)\(health.errors)")
        // A backup without it, and a look at that one, say where the key was last.
        let words =
            "the newest backup with a key that opened everything is \(good); run: infisical-ops restore \(good) "
        for command in ["backup", "verify"] {
            let errors = try instance.ops(command).expect(12).errors
            #expect(errors.contains(words + "--files kept-files"), "\(command): \(errors)")
        }
    }

    @Test func `what to do about a warning of health goes where the warning goes`() throws {
        let instance = try OpsInstance(.october)
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=", "INFISICAL_OTHER=")
        let health = try instance.ops("health")
        let lines = health.errors.split(separator: "\n").map(String.init)
        let warning = try #require(lines.firstIndex { $0.contains("instance.key is elsewhere") }, "\(health.errors)")
        #expect(lines[warning + 1] == "infisical-ops: hint: run: infisical-ops config show")
    }

    @Test func `an identity that is deliberately elsewhere is no warning every night`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = "none"
        let verified = try instance.ops("verify", "--quiet").expect(0)
        #expect(verified.output == "" && verified.errors == "")
        #expect(try instance.ops("verify").expect(0).output.hasSuffix("the backup is whole; nothing was decrypted\n"))
    }

    @Test func `a quiet run says what is wrong, and nothing of what is meant`() throws {
        let instance = try OpsInstance(.october), key = "9f2c47d1e0b86a35c7f41d9280ae53b6"
        try instance.ops("backup", "--quiet").expect(0)
        try instance.editEnvFile(key, otherKey)
        #expect(try instance.ops("status", "--quiet").expect(12).output.contains("does NOT open the data"))
        #expect(try instance.ops("health", "--quiet").expect(12).output.contains("backend   wrong key"))
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=" + otherKey, "")
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        for command in ["backup", "status"] {
            let run = try instance.ops(command, "--quiet").expect(0)
            #expect(run.output == "" && run.errors == "", "\(command): \(run.errors)")
        }
        // That nothing can be opened any more is no matter of where the key is.
        try instance.sql("DELETE FROM kms_root_config")
        let emptied = try instance.ops("backup", "--quiet").expect(12).errors
        #expect(emptied.contains("kms_root_config"), "\(emptied)")
    }

    @Test func `a root key that is gone is not looked for in the env file, and nothing is started on the database`()
        throws
    {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0]
        try instance.sql("DELETE FROM kms_root_config")
        for command in ["status", "health"] {
            let text = try instance.ops(command).expect(12).output
            #expect(text.contains("do not start the backend before that"), "\(text)")
            #expect(text.contains("infisical-ops restore \(id) --in-place"), "\(text)")
            #expect(!text.contains("put the") && !text.contains("restart"), "\(text)")
        }
    }

    @Test func `what was verified is dated, and a restore says how long it took`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        try instance.ops("verify", "--level", "stored").expect(0)
        #expect(try instance.ops("show").expect(0).output.contains(/proof      verified as stored at \S+Z, not read\n/))
        try instance.ops("verify").expect(0)
        let dated = /proof +verified as readable at 20\S+Z\n/
        #expect(try instance.ops("show").expect(0).output.contains(dated))
        #expect(try instance.ops("status").expect(0).output.contains(dated))
        let copy = try instance.restoredName()
        let restored = try instance.ops("restore", "--to-database", copy, "--yes").expect(0).output
        #expect(restored.contains(/into "\w+" in \d+\.\d s\n/), "\(restored)")
        let again = try instance.refuses(
            ["restore", "--to-database", copy, "--yes"], exit: 3, code: "restore.database-exists",
            naming: ["the database \"\(copy)\" already exists; nothing was changed"])
        #expect(again.hints == ["give another name to --to-database"])
    }

    // MARK: - Setting up

    @Test func `init says where the identity goes, and creates nothing twice`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        let plan = try instance.ops("init", "--dry-run").expect(0).output
        #expect(
            plan.contains(
                "create an identity that can read the backups: identity.txt, in a folder for this repository below "
                    + instance.state))
        let own = instance.path("own/id.txt")
        let named = try instance.ops("init", "--dry-run", "--identity-file", own, "--no-configuration").expect(0).output
        #expect(named.contains("create an identity that can read the backups: \(own)\n"))
        #expect(try instance.ops("init", "--yes", "--no-configuration").expect(0).output.contains("created: "))
        let second = try instance.ops("init", "--yes", "--no-configuration").expect(0).output
        #expect(
            second.hasPrefix("the repository \(instance.repository) is set up already; nothing was created or changed"))
        for _ in 0..<2 {
            let again = try instance.ops("init", "--adopt", "--yes", "--no-configuration").expect(0).output
            #expect(!again.contains("created: "), "\(again)")
            #expect(
                again.contains(
                    "\nthis host had its keys to \(instance.repository) already; nothing was created\nfound: the repository"
                ))
        }
        try instance.ops("backup").expect(0)
        try instance.refuses(
            ["verify", "--identity-file", own], exit: 3, code: "repository.identity-missing",
            naming: ["the identity file \(own) does not exist"])
    }

    @Test func `the first command of the help works on a fresh host, and the sheet's line adopts on another`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        #expect(try instance.ops("--help").expect(0).output.contains("infisical-ops init --repository /"))
        instance.environment["INFISICAL_OPS_REPOSITORY"] = nil
        let sheet = try instance.ops("init", "--repository", instance.repository, "--yes").expect(0).output
        let lines = sheet.split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.contains("infisical-ops init --adopt") })
        let command = lines[start..<(start + 3)].joined(separator: " ").replacing("\\", with: " ")
            .replacing("~/identity.txt", with: try instance.identityFile)
        let words = command.split(separator: " ").map(String.init)
        instance.environment["INFISICAL_OPS_STATE_FOLDER"] = .plain(instance.path("other-state"))
        instance.environment["INFISICAL_OPS_CONFIG"] = .plain(instance.path("other.yaml"))
        try instance.run(Array(words.dropFirst()) + ["--yes"]).expect(0)
        try instance.ops("backup").expect(0)
    }

    @Test func `config check sees a key that nothing can use, and config show no place that is not used`() throws {
        let instance = try OpsInstance(.october)
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = nil
        try instance.write(Array("INFISICAL_ENCRYPTION_KEY=abcde\n".utf8), to: instance.envFile)
        let check = try instance.ops("config", "check").expect(3).output
        #expect(check.contains("\(instance.envFile):1 INFISICAL_ENCRYPTION_KEY: not a usable encryption key"))
        #expect(check.contains("INFISICAL_ENCRYPTION_KEY has 5 bytes instead of 32"))
        try instance.write(Array("INFISICAL_ENCRYPTION_KEY=\n".utf8), to: instance.envFile)
        let absent = try instance.ops("config", "check").expect(0).errors
        #expect(absent.contains("no INFISICAL_ENCRYPTION_KEY is set in \(instance.envFile)"))
        let shown = try instance.ops("config", "show").expect(0).output
        #expect(!shown.contains("infisical-backend") && !shown.contains("127.0.0.1"))
        let line = try #require(shown.split(separator: "\n").first { $0.hasPrefix("database in force") })
        #expect(line.hasSuffix("not set"))
    }

    @Test func `a path with two dots in it is shown as it leads`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_REPOSITORY"] = .plain(instance.path("repository/../repository"))
        #expect(try instance.ops("status").expect(0).output.contains("repository  \(instance.repository), "))
        let copy = instance.path("repository/../other")
        let refused = try instance.ops("repair", "--from", copy, "--yes").expect(10).errors
        #expect(refused.contains(instance.path("other")) && !refused.contains(".."), "\(refused)")
    }

    // MARK: - Restoring

    @Test func `a restore without a target names all of them, and an undo takes no backup`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0]
        for command in [["restore"], ["restore", id, "--yes"]] {
            try instance.refuses(
                command, exit: 64, code: "usage.missing-choice",
                naming: ["give one of --to-database, --to-server, --in-place, --files"])
        }
        try instance.refuses(
            ["restore", id, "--in-place", "--undo", "--yes"], exit: 64, code: "usage.refused-value",
            naming: ["--undo: it takes no backup"])
    }

    @Test func `without a key list says so, and a restore says it again at its end`() throws {
        let instance = try OpsInstance(.october)
        try instance.write(Array("AUTH_SECRET=a\n".utf8), to: instance.envFile)
        try instance.ops("backup").expect(12)
        let list = try instance.ops("list").expect(0).output
        #expect(list.contains(", OWN KEY MISSING") && !list.contains("DOES NOT OPEN"))
        let copy = try instance.restoredName()
        let restored = try instance.ops("restore", "--to-database", copy, "--yes", "--no-owner").expect(2)
        #expect(restored.output.contains("no key was known to open this backup when it was taken"))
    }

    // MARK: - The instance

    @Test func `health of a database alone is no failure, and a wrong key is 12 and said once`() throws {
        let instance = try OpsInstance(.october)
        let bare: [String: EnvironmentValue] = ["INFISICAL_OPS_ENV_FILE": ""]
        let minimal = try instance.run(["health"], environment: bare).expect(2)
        #expect(minimal.output.contains("redis     not checked") && minimal.output.contains("backend   not checked"))
        #expect(minimal.output.contains("set REDIS_URL in the env file that the backend reads"))
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", otherKey)
        let wrong = try instance.ops("health").expect(12)
        let line = try #require(wrong.output.split(separator: "\n").first { $0.hasPrefix("backend") })
        #expect(line.contains("wrong key"))
        #expect(!wrong.errors.contains("warning"), "\(wrong.output)\(wrong.errors)")
    }

    @Test func `without containers there is nothing to recreate, and the hint is a restart`() throws {
        let instance = try OpsInstance(nil)
        instance.environment["INFISICAL_OPS_INSTANCE_COMMANDS_STOP"] = "true"
        instance.environment["INFISICAL_OPS_INSTANCE_COMMANDS_START"] = "true"
        instance.environment["INFISICAL_OPS_INSTANCE_URL"] = "http://127.0.0.1:1"
        let fault = try instance.refuses(
            ["restart", "--recreate", "--yes"], exit: 3, code: "instance.no-containers", naming: ["none to recreate"])
        #expect(fault.hints.first == "run: infisical-ops restart")
    }
}
