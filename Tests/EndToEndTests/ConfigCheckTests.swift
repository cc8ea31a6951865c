import FoundationEssentials
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
        let problems: [Problem]
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
        #expect(good.problems.isEmpty && good.warnings.isEmpty)
        #expect(try instance.ops("config", "check").expect(0).output.hasSuffix("the configuration can be used\n"))
        instance.environment["INFISICAL_OPS_JBOS"] = "2"
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(instance.repository + "/identity.txt")
        let odd = try check("", exit: 0)
        #expect(odd.warnings.count == 2 && odd.warnings[0].contains("INFISICAL_OPS_JBOS"))
        #expect(odd.warnings[1].contains("inside the repository"))
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
              commands: { stop: [/no/such/program, x], start: [a-name-in-PATH] }
            repository:
              passphrase_file: nowhere
            backup:
              pg_dump: /no/such/pg_dump
            """, exit: 3)
        #expect(missing.problems.map(\.code) == Array(repeating: "settings.not-found", count: 4))
        #expect(
            missing.problems.map(\.place) == [
                instance.path("compose.yml"), "/no/such/program", instance.path("nowhere"), "/no/such/pg_dump",
            ])
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
}
