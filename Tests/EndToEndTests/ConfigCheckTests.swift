import FoundationEssentials
import Glibc
import LiveSupport
import Processes
import Testing

/// `config check`: every problem at once, each with its place and what was probably meant.
@Suite struct ConfigCheckTests {
    private struct Check: Decodable {
        struct Problem: Decodable {
            let code: String
            let place: String?
            let key: String?
            let message: String
            let hints: [String]
        }
        let file: String?
        let searched: [String]?
        let problems: [Problem]
        struct Untried: Decodable {
            let what: String
            let command: String
        }
        let looked: [String]
        let notTried: [Untried]
        let warnings: [String]
        let exit: Int32
    }

    private let instance: OpsInstance

    init() throws { instance = try OpsInstance(nil, initialised: false) }

    private func check(_ text: String, exit: Int32) throws -> Check {
        try instance.write(Array(text.utf8), to: instance.configuration)
        return try instance.ops("config", "check", "--json").expect(exit).object()
    }

    @Test func `every problem is said at once, with line, column and the nearest key`() throws {
        let found = try check(
            """
            repositry:
              path: x
            backup:
              jobs: many
              jbs: 2
            instance:
              commands:
                stop: systemctl stop infisical
              database:
                url: postgresql://u:hunter2@h/d
                password: hunter2
            """, exit: 3)
        let file = instance.configuration
        #expect(found.file == file && found.exit == 3)
        #expect(
            found.problems.map(\.code) == [
                "settings.unknown-key", "settings.wrong-value", "settings.unknown-key", "settings.wrong-value",
                "settings.password-refused", "settings.password-refused",
            ])
        #expect(found.problems.map(\.place) == ["1:1", "4:9", "5:3", "8:11", "10:10", "11:5"].map { "\(file):\($0)" })
        #expect(found.problems[0].hints == ["did you mean \"repository\"?"] && found.problems[2].key == "backup.jbs")
        #expect(!"\(found)".contains("hunter2"))
        let text = try instance.ops("config", "check").expect(3).output
        #expect(text.contains("problem: \(file):4:9: backup.jobs must be a whole number from 1 to 64"))
        #expect(
            text.contains("  did you mean \"jobs\"?") && text.hasSuffix("6 problems\n") && !text.contains("hunter2"))
    }

    @Test func `a configuration that can be used ends with 0, and what is odd is a warning`() throws {
        let good = try check("backup:\n  jobs: 2\n", exit: 0)
        #expect(good.problems.isEmpty && good.searched == nil)
        // What it did not try is said, with what does.
        #expect(good.looked.contains("the form of the key in the env files"))
        #expect(
            good.notTried.map(\.command)
                == [
                    "backup --dry-run", "verify", "drill", "health", "config show",
                ].map { "infisical-ops " + $0 })
        let said = try instance.ops("config", "check").expect(0).output
        for untried in good.notTried { #expect(said.contains("\(untried.what): \(untried.command)\n"), "\(said)") }
        #expect(said.contains("looked at  the keys and values of the configuration file\n"))
        let none = "there is no repository at \(instance.repository) yet; run: infisical-ops init"
        #expect(good.warnings == [none])
        #expect(try instance.ops("config", "check").expect(0).output.hasSuffix("the configuration can be used\n"))
        instance.environment["INFISICAL_OPS_JBOS"] = "2"
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(instance.repository + "/identity.txt")
        let odd = try check("", exit: 0)
        #expect(odd.warnings.count == 4 && odd.warnings[0].contains("INFISICAL_OPS_JBOS") && odd.warnings[1] == none)
        #expect(odd.warnings.contains { $0.contains("inside the repository") })
        #expect(odd.warnings.contains { $0.hasPrefix("there is no identity at ") })
    }

    @Test func `variables, files and programs that are named are looked at`() throws {
        instance.environment["INFISICAL_OPS_BACKUP_JOBS"] = "99"
        let variable = try check("", exit: 3)
        #expect(variable.problems.map(\.place) == ["environment INFISICAL_OPS_BACKUP_JOBS"])
        instance.environment["INFISICAL_OPS_BACKUP_JOBS"] = nil
        let missing = try check(
            """
            instance:
              files: [compose.yml]
              commands: { stop: [/no/such/program, x], start: [no-such-name-in-PATH] }
            repository:
              passphrase_file: nowhere
            backup:
              pg_dump: /no/such/pg_dump
              jobs: many
            """, exit: 3)
        // What is missing is said beside a value of a wrong form.
        let gone = "settings.not-found"
        #expect(
            missing.problems.map(\.code) == [
                "settings.wrong-value", gone, gone, "settings.bad-program", gone, gone,
            ])
        #expect(
            missing.problems.dropFirst().map(\.place) == [
                instance.path("compose.yml"), "/no/such/program", "no-such-name-in-PATH", instance.path("nowhere"),
                "/no/such/pg_dump",
            ])
        let commands = try check("instance:\n  commands: { stop: [ls], start: [./infisical-ops.yaml] }\n", exit: 3)
        #expect(commands.problems.map(\.code) == ["settings.bad-program"])
        #expect(commands.problems[0].message.contains("infisical-ops.yaml is not an executable file"))
        try instance.write(Array("A B=c\n".utf8), to: instance.envFile)
        let env = try check("", exit: 3)
        #expect(env.problems.map(\.place) == ["\(instance.envFile):1"])
    }

    @Test func `what is no YAML, not there or another kind of file is one problem`() throws {
        #expect(try check("a: [\n", exit: 3).problems.map(\.code) == ["settings.yaml-syntax"])
        for (path, code) in [("/nowhere.yaml", "settings.not-found"), (instance.path("home"), "file.wrong-kind")] {
            let found: Check = try instance.ops("config", "check", "--config", path, "--json").expect(3).object()
            #expect(found.problems.map(\.code) == [code] && found.file == path)
        }
    }

    @Test func `an address without a host is a problem`() throws {
        let found = try check("instance:\n  url: https://\n", exit: 3)
        #expect(found.problems.map(\.code) == ["settings.wrong-value"] && found.problems[0].key == "instance.url")
        #expect(try check("instance:\n  url: https://infisical.example\n", exit: 0).problems.isEmpty)
    }

    @Test(arguments: [("stop", "start"), ("start", "stop")])
    func `a command that stops without one that starts is a problem, and the reverse`(one: String, other: String) throws
    {
        let found = try check("instance:\n  commands: { \(one): [ls] }\n", exit: 3)
        #expect(found.problems.map(\.code) == ["settings.incomplete"])
        #expect(found.problems[0].key == "instance.commands.\(one)")
        #expect(found.problems[0].message.contains("instance.commands.\(other) is not"))
        #expect(found.problems[0].place == "\(instance.configuration):2")
    }

    @Test func `what a drill starts needs a command and a folder that is one`() throws {
        let half = try check("drill:\n  backend: { command: [ls] }\n", exit: 3)
        #expect(half.problems.map(\.code) == ["settings.incomplete"])
        #expect(half.problems[0].message.contains("drill.backend.folder is not"))
        let none = try check("drill:\n  backend: { command: [ls], folder: /no/such/folder }\n", exit: 3)
        #expect(none.problems.map(\.code) == ["settings.not-found"])
        let file = try check("drill:\n  backend: { command: [ls], folder: infisical-ops.yaml }\n", exit: 3)
        #expect(file.problems.map(\.code) == ["file.wrong-kind"])
        #expect(try check("drill:\n  backend: { command: [ls], folder: . }\n", exit: 0).problems.isEmpty)
    }

    @Test func `folders that are named are looked at, and an identity that nothing will make`() throws {
        // There is no repository yet: init would make it.
        let missing = try check("drill: { folder: /no/such/folder }\nstate_folder: infisical-ops.yaml/x\n", exit: 3)
        instance.environment["INFISICAL_OPS_STATE_FOLDER"] = nil
        let state = try check("state_folder: infisical-ops.yaml/x\n", exit: 3)
        #expect(missing.problems.map(\.code) == ["settings.not-found"])
        #expect(missing.problems[0].place == "/no/such/folder")
        #expect(state.problems.map(\.code) == ["file.wrong-kind"] && state.problems[0].place == instance.configuration)
        #expect(
            try check("drill: { folder: infisical-ops.yaml }\n", exit: 3).problems.map(\.code) == ["file.wrong-kind"])
        #expect(try check("drill: { folder: . }\nstate_folder: a/b\n", exit: 0).problems.isEmpty)
        let identity = "  identity_file: nowhere.txt\n"
        let made = try check("repository:\n" + identity, exit: 0)
        #expect(
            made.warnings.contains(
                "there is no identity at \(instance.path("nowhere.txt")) yet; to create it, run: infisical-ops init"))
        // With recipients of one's own none is made.
        let never = try check(
            "repository:\n  recipients: [age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq]\n"
                + identity, exit: 3)
        #expect(never.problems.map(\.place) == [instance.path("nowhere.txt")])
        #expect(
            never.problems[0].hints.last
                == "if it is kept off this host on purpose, set repository.identity_file to none")
    }

    @Test func `the identity and the repository are looked at as well`() throws {
        let identity = instance.path("identity.txt")
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(identity)
        // Before there is a repository, `init` makes both.
        #expect(try check("", exit: 0).problems.isEmpty)
        struct Sheet: Decodable { let signer: String }
        let sheet: Sheet = try instance.ops("init", "--yes", "--no-configuration", "--json").expect(0).object()
        #expect(try check("", exit: 0).warnings == [])
        #expect(chmod(identity, 0o644) == 0)
        #expect(try check("", exit: 0).warnings.contains { $0.contains("run: chmod 600 \(identity)") })
        #expect(unlink(identity) == 0)
        #expect(try check("", exit: 3).problems.map(\.code) == ["settings.not-found"])
        #expect(mkfifo(identity, 0o600) == 0)
        #expect(try check("", exit: 3).problems.map(\.code) == ["file.wrong-kind"])
        #expect(unlink(identity) == 0)
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = "none"
        instance.environment["INFISICAL_OPS_REPOSITORY"] = .plain(instance.envFile)
        #expect(try check("", exit: 3).problems.map(\.code) == ["file.wrong-kind"])
        // Where a signer is trusted, there was a repository.
        instance.environment["INFISICAL_OPS_REPOSITORY"] = .plain(instance.path("home"))
        let gone = try check("repository:\n  signer: \(sheet.signer)\n", exit: 3)
        #expect(gone.problems.map(\.code) == ["settings.no-repository"])
        #expect(gone.problems[0].hints[0].contains("mounted"))
    }

    @Test func `without any configuration nothing is said to be usable, but where it was looked for`() throws {
        instance.environment = instance.environment.filter { !$0.key.hasPrefix("INFISICAL_OPS_") }
        let text = try instance.ops("config", "check").expect(0).output
        let first = instance.path("home/infisical-ops.yaml")
        #expect(text.hasPrefix("file: none; looked for: \(first), "), "\(text)")
        #expect(text.contains("/etc/infisical-ops/infisical-ops.yaml\n") && !text.contains("can be used"), "\(text)")
        #expect(
            text.hasSuffix("there is no configuration: the defaults apply, and what is discovered of the instance\n"))
        let found: Check = try instance.ops("config", "check", "--json").expect(0).object()
        #expect(found.file == nil && found.searched?.first == first)
        instance.environment["INFISICAL_OPS_REPOSITORY"] = "../repository"
        let variables = try instance.ops("config", "check").expect(0)
        #expect(
            variables.output.contains("there is no configuration file; the environment variables that are set can be"))
        // A path is printed as it is, whatever way it was given.
        #expect(
            variables.errors.contains("there is no repository at \(instance.repository) yet"), "\(variables.errors)")
    }

    @Test func `keys of this host that are gone are a problem, as they are for a backup`() throws {
        try instance.ops("init", "--yes", "--no-configuration").expect(0)
        let key = try URL(filePath: instance.identityFile).deletingLastPathComponent().path() + "/signing-key"
        #expect(unlink(key) == 0)
        let found = try check("", exit: 3)
        #expect(found.problems.map(\.code) == ["repository.host-keys-missing"])
        #expect(found.problems[0].hints.first == "run: infisical-ops init --adopt")
        #expect(found.looked.contains { $0.contains("keys to the repository") })
    }

    @Test func `a file that sets nothing is not said to be usable`() throws {
        for text in ["", "# nothing\n"] {
            try instance.write(Array(text.utf8), to: instance.configuration)
            let output = try instance.ops("config", "check").expect(0).output
            #expect(
                output.contains("the configuration file sets nothing: ") && !output.contains("can be used"), "\(output)"
            )
        }
    }

    @Test func `a passphrase that nothing asks for is told`() throws {
        try instance.ops("init", "--yes", "--no-configuration").expect(0)
        let file = instance.path("passphrase"), identity = try instance.identityFile,
            sealed = instance.path("sealed.age")
        try instance.write(Array("p\n".utf8), to: file)
        try instance.seal(identity, passphrase: "p", to: sealed)
        let line = "repository:\n  passphrase_file: \(file)\n"
        #expect(
            try check(line, exit: 0).warnings == [
                "repository.passphrase_file is set, but repository.identity_file is not, and the identity that init makes "
                    + "has no passphrase"
            ])
        #expect(
            try check(line + "  identity_file: \(identity)\n", exit: 0).warnings == [
                "repository.passphrase_file is set, but the identity \(identity) has no passphrase, so nothing is done with it"
            ])
        #expect(try check(line + "  identity_file: \(sealed)\n", exit: 0).warnings.isEmpty)
    }
}
