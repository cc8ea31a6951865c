import FoundationEssentials
import LiveSupport
import Processes
import Testing

/// Configurations and env files that say something else than was meant.
@Suite struct BadInputSettingsTests {
    let instance: OpsInstance

    init() throws { instance = try OpsInstance(nil) }

    private func configure(_ text: String) throws { try instance.write(Array(text.utf8), to: instance.configuration) }

    @Test(arguments: [
        ("repositry:\n  path: /x\n", ":1:1", #"did you mean "repository"?"#),
        ("backup:\n  jobs: 2\n  compresion_level: 3\n", ":3:3", #"did you mean "compression_level"?"#),
        ("repository:\n  env_file: .env\n", ":2:3", #"did you mean "instance.env_file"?"#),
        ("instance: { database: { hst: a } }\n", ":1:", #"did you mean "host"?"#),
    ])
    func `an unknown key is told with its place and the nearest known one`(
        text: String, place: String, hint: String
    ) throws {
        try configure(text)
        for command in [["status"], ["backup"], ["config", "show"], ["init", "--dry-run"]] {
            let fault = try instance.refuses(
                command, exit: 3, code: "settings.unknown-key", naming: [instance.configuration + place])
            #expect(fault.hints == [hint])
        }
    }

    @Test(arguments: [
        ("repository: [\n", "settings.yaml-syntax", ":2:1"),
        ("backup:\n  jobs: many\n", "settings.wrong-value", ":2:9"),
        ("backup:\n  jobs: 65\n", "settings.wrong-value", "from 1 to 64"),
        ("backup:\n  yield_after: soon\n", "settings.wrong-value", "20s"),
        ("repository:\n  path: /a\n  path: /b\n", "settings.duplicate-key", ":3:3"),
        ("instance:\n  database:\n    password: x\n", "settings.password-refused", ":3:5"),
        ("instance:\n  database: { url: 'postgresql://u:hunter2@h/d' }\n", "settings.password-refused", ":2:"),
        ("instance:\n  database: { url: 'postgresql://h/d', host: h }\n", "settings.conflict", "host"),
        ("repository:\n  signer: abc\n", "settings.wrong-value", "SHA256:"),
    ])
    func `what else a configuration can have wrong is told with its place`(
        text: String, code: String, word: String
    ) throws {
        try configure(text)
        let fault = try instance.refuses(["status"], exit: 3, code: code, naming: [word])
        #expect(!"\(fault)".contains("hunter2"))
    }

    @Test func `a configuration that is named must be there`() throws {
        let path = instance.path("no.yaml")
        try instance.refuses(
            ["--config", path, "status"], exit: 3, code: "settings.not-found", naming: [path, "--config"])
        try instance.refuses(
            ["status"], exit: 3, code: "settings.not-found", naming: [path, "INFISICAL_OPS_CONFIG"],
            environment: ["INFISICAL_OPS_CONFIG": .plain(path)])
    }

    @Test func `without any configuration the missing value is named with both ways to give it`() throws {
        let fault = try instance.refuses(
            ["status"], exit: 3, code: "settings.missing", naming: ["repository.path"],
            environment: ["INFISICAL_OPS_REPOSITORY": ""])
        #expect(fault.hints.joined().contains("INFISICAL_OPS_REPOSITORY"))
    }

    @Test(arguments: [
        ("A=1\nB C=2\n", 2, "space"), ("# c\n\nA='open\n", 3, "never closed"), ("=x\n", 1, "no variable name"),
        ("A=1\nK@Y=hunter2\n", 2, "character"), ("A=${hunter2-}\nB=${A\n", 2, "${"),
    ])
    func `a malformed line of an env file is told by number, never by content`(
        text: String, line: Int, word: String
    ) throws {
        try instance.write(Array(text.utf8), to: instance.envFile)
        for command in [["backup"], ["status"], ["restore", "--to-database", "x"]] {
            let fault = try instance.refuses(
                command, exit: 3, code: "settings.env-malformed", naming: ["\(instance.envFile):\(line)", word])
            #expect(!"\(fault)".contains("hunter2"))
        }
    }

    @Test func `an env file or a file to keep that is missing is named, because a backup without it is worth little`()
        throws
    {
        let path = instance.path("no.env")
        try instance.refuses(
            ["backup"], exit: 3, code: "settings.not-found", naming: [path, "INFISICAL_OPS_ENV_FILE"],
            environment: ["INFISICAL_OPS_ENV_FILE": .plain(path)])
        try configure("instance: { files: [compose.yml] }\n")
        for command in [["backup"], ["backup", "--dry-run"]] {
            try instance.refuses(
                command, exit: 1, code: "file.missing", naming: [instance.path("compose.yml")])
        }
    }

    @Test func `variables that name no key are told`() throws {
        let result = try instance.run(["backup"], environment: ["INFISICAL_OPS_REPOSITRY": "/x"])
        try result.expect(0)
        #expect(result.errors.contains("INFISICAL_OPS_REPOSITRY"))
    }
}
