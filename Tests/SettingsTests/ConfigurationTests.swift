import Effects
import Faults
import Glibc
import Settings
import TestSupport
import Testing

struct ConfigurationTests {
    private let path = "/etc/infisical-ops/infisical-ops.yaml"

    private func fails(_ text: String) throws -> SettingsFault {
        try fault { _ = try configuration(text) }
    }

    @Test func `the documented file is understood`() throws {
        let text = """
            instance:
              env_file: [.env, ./more.env, /abs.env]
              files: compose.yaml
              database: { host: 127.0.0.1, port: 5433, name: postgres, user: "postgres" }
              containers: { backend: a, database: b, redis: c }
            repository:
              path: repository
              recipients: [age1one, age1two]
              identity_file: none
              signer: SHA256:\(String(repeating: "a", count: 43))
            backup: { jobs: 3, compression_level: 19, yield_after: 5m, migration_wait: 0s, pg_dump: /usr/bin/pg_dump }
            state_folder: state
            """
        let file = try configuration(text)
        #expect(file.folder == "/etc/infisical-ops")
        #expect(file.settings.count == 19)
        #expect(file[.jobs]?.origin == .file(path, line: 11))
        #expect(file[.pgDump]?.origin.description == "\(path):11")
    }

    @Test(arguments: ["", "# nothing\n", "instance:\n", "instance:\n  database:\n  env_file:\nbackup: ~\n"])
    func `a file may set nothing`(text: String) throws {
        #expect(try configuration(text).settings.isEmpty)
    }

    @Test(
        arguments: [
            ("repositry:\n  path: x\n", "1:1", "repositry", "repository"),
            ("repository:\n  pth: x\n", "2:3", "repository.pth", "path"),
            ("repository:\n  path: x\n  recipent: x\n", "3:3", "repository.recipent", "recipients"),
            ("instance:\n  database:\n    hots: x\n", "3:5", "instance.database.hots", "host"),
            ("recipients: [x]\n", "1:1", "recipients", "repository.recipients"),
            ("instance: {containers: {bakend: x}}\n", "1:25", "instance.containers.bakend", "backend"),
            ("backup:\n  zzzzzz: 1\n", "2:3", "backup.zzzzzz", nil),
        ])
    func `an unknown key is named with its place and the nearest known one`(
        text: String, place: String, key: String, nearest: String?
    ) throws {
        let found = try fails(text)
        #expect(found == .unknownKey(place: "\(path):\(place)", key: key, nearest: nearest))
        #expect(seen(found).contains(nearest.map { "did you mean \"\($0)\"?" } ?? "config show"))
    }

    @Test(
        arguments: [
            ("backup:\n  jobs: many\n", "2:9", "backup.jobs"), ("backup: {jobs: 0}\n", "1:16", "backup.jobs"),
            ("backup: {jobs: 65}\n", "1:16", "backup.jobs"), ("backup: {jobs: +3}\n", "1:16", "backup.jobs"),
            ("backup: {compression_level: 20}\n", "1:29", "backup.compression_level"),
            ("backup: {yield_after: 20}\n", "1:23", "backup.yield_after"),
            ("backup: {yield_after: -2s}\n", "1:23", "backup.yield_after"), ("backup: 3\n", "1:9", "backup"),
            ("backup: {yield_after: 99999d}\n", "1:23", "backup.yield_after"),
            ("backup: [jobs]\n", "1:9", "backup"), ("- jobs\n", "1:1", "the file"),
            ("state_folder: [a]\n", "1:15", "state_folder"), ("state_folder: {a: b}\n", "1:15", "state_folder"),
            ("repository: {recipients: {a: b}}\n", "1:26", "repository.recipients"),
            ("repository: {recipients: []}\n", "1:26", "repository.recipients"),
            ("repository: {recipients: [[a]]}\n", "1:26", "repository.recipients"),
            ("repository: {signer: SHA256:abc}\n", "1:22", "repository.signer"),
            ("instance: {containers: all}\n", "1:24", "instance.containers"),
            ("instance: {database: {url: nothing}}\n", "1:28", "instance.database.url"),
            ("instance: {database: {port: 70000}}\n", "1:29", "instance.database.port"),
        ])
    func `a value of the wrong type is named with its place`(text: String, place: String, key: String) throws {
        let found = try fails(text)
        guard case .wrongValue(let where_, key, let expected, isUsage: false, _) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(where_ == "\(path):\(place)")
        #expect(!expected.isEmpty)
        #expect(found.exit == .refused)
    }

    @Test(
        arguments: [
            ("schedule: {backup: Sun 25:41}\n", "  Sun 25:41\n      ^\n", "hours are 0 to 23"),
            ("schedule: {drill: Mi 05:41}\n", "  Mi 05:41\n  ^\n", "a day is expected here"),
            ("backup: {yield_after: 20}\n", "  20\n    ^\n", "s, m, h or d is expected here"),
        ])
    func `what stops making sense in the middle has a caret under the spot`(
        text: String, lines: String, problem: String
    ) throws {
        let shown = FaultRenderer.text(try fails(text))
        #expect(shown.contains(lines) && shown.contains(problem), "\(shown)")
    }

    @Test(
        arguments: [
            "instance: {database: {password: hunter2}}\n", "instance: {database: {url: 'postgres://u:hunter2@h/d'}}\n",
            "instance: {database: {url: 'postgres://h/d?password=hunter2'}}\n", "repository: {Password: hunter2}\n",
        ])
    func `a password in the file is refused, with the place where it belongs`(text: String) throws {
        let found = try fails(text)
        #expect(found.code == "settings.password-refused")
        #expect(seen(found).contains("PGPASSFILE"))
        #expect(seen(found).contains("env file"))
        #expect(!seen(found).contains("hunter2"))
    }

    @Test func `a URI and single parts of the address conflict`() throws {
        let found = try fails("instance:\n  database:\n    url: postgres://h/d\n    port: 3\n")
        #expect(found.code == "settings.conflict")
        #expect(found.message.contains("\(path):4"))
    }

    @Test func `a named file must exist`() throws {
        let folder = try TemporaryFolder()
        let missing = folder.path("missing.yaml")
        let byFlag = try fault { _ = try Configuration.find(named: "missing.yaml", .test(in: folder.path)) }
        #expect(byFlag == .notFound(path: missing, namedBy: .flag("--config")))
        let variables = ["INFISICAL_OPS_CONFIG": missing]
        let byVariable = try fault { _ = try Configuration.find(named: nil, .test(variables)) }
        #expect(byVariable == .notFound(path: missing, namedBy: .environment("INFISICAL_OPS_CONFIG")))
    }

    @Test func `the file is looked for in the documented order`() throws {
        let folder = try TemporaryFolder()
        let work = folder.path("work"), home = folder.path("home"), xdg = folder.path("xdg")
        for made in [work, home, home + "/.config", home + "/.config/infisical-ops", xdg, xdg + "/infisical-ops"] {
            #expect(mkdir(made, 0o700) == 0)
        }
        let inHome = home + "/.config/infisical-ops/infisical-ops.yaml"
        let inXDG = xdg + "/infisical-ops/infisical-ops.yaml"
        let inWork = work + "/infisical-ops.yaml"
        let named = folder.path("named.yaml"), flagged = folder.path("flagged.yaml")
        var variables = ["HOME": home]
        let find = { (flag: String?) in try Configuration.find(named: flag, .test(variables, in: work))?.path }

        #expect(try Configuration.find(named: nil, .test(["HOME": home], in: work)) == nil)
        try write("", to: inHome)
        #expect(try find(nil) == inHome)
        try write("", to: inXDG)
        variables["XDG_CONFIG_HOME"] = "relative-is-ignored"
        #expect(try find(nil) == inHome)
        variables["XDG_CONFIG_HOME"] = xdg
        #expect(try find(nil) == inXDG)
        try write("", to: inWork)
        #expect(try find(nil) == inWork)
        try write("", to: named)
        variables["INFISICAL_OPS_CONFIG"] = named
        #expect(try find(nil) == named)
        try write("", to: flagged)
        #expect(try find("../flagged.yaml") == flagged)
    }

    @Test func `a new file goes to the user's folder, for root to the system's`() {
        let user = SettingsSurroundings.test(["HOME": "/home/u"])
        #expect(Configuration.newPath(named: nil, user) == "/home/u/.config/infisical-ops/infisical-ops.yaml")
        #expect(Configuration.newPath(named: "x.yaml", user) == "/work-folder/x.yaml")
        let root = SettingsSurroundings.test(["HOME": "/root"], isRoot: true)
        #expect(Configuration.newPath(named: nil, root) == path)
        #expect(Configuration.newPath(named: nil, .test()) == path)
    }

    @Test func `a file that cannot be read is a fault of its own`() throws {
        let folder = try TemporaryFolder()
        try write("backup: {jobs: 2}\n", to: folder.path("c.yaml"))
        var surroundings = SettingsSurroundings.test(in: folder.path)
        surroundings.effects = Effects(observer: FailingObserver(at: 1, kind: .failsBefore, error: EACCES))
        let found = try fault { _ = try Configuration.find(named: "c.yaml", surroundings) }
        #expect(found.code == "file.no-permission")
        #expect(found.message.contains("c.yaml"))
        #expect(!found.hints.isEmpty)
        #expect(found.exit == .failed)
    }

    @Test func `a file too large for settings is refused`() throws {
        let folder = try TemporaryFolder()
        try write(String(repeating: "#", count: (4 << 20) + 1), to: folder.path("c.yaml"))
        let found = try fault { _ = try Configuration.find(named: "c.yaml", .test(in: folder.path)) }
        #expect(found.code == "file.too-large")
    }
}
