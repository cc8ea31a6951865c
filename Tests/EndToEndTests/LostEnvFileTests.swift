import FoundationEssentials
import LiveSupport
import Processes
import TestSupport
import Testing

/// On the day of need the env file that the configuration names is exactly what is gone: whatever does not need it goes
/// on, and what it was comes back from a backup.
@Suite struct LostEnvFileTests {
    private let instance: OpsInstance
    private let content: Data
    private let backup: String

    init() throws {
        instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        backup = try instance.ids()[0]
        try instance.write(Array("instance:\n  env_file: \(instance.envFile)\n".utf8), to: instance.configuration)
        instance.environment["INFISICAL_OPS_ENV_FILE"] = nil
        content = try Data(contentsOf: URL(filePath: instance.envFile))
        try FileManager.default.removeItem(atPath: instance.envFile)
    }

    @Test func `what needs no env file goes on without a word`() throws {
        let key = instance.path("key.env"), output = instance.path("out.json"), place = try DrillPlace(instance)
        try instance.write(Array(content), to: key)
        let id = try instance.ids()[0]
        let commands = [
            ["list"], ["show"], ["verify"], ["diff", "latest", "latest"], ["repair", "--dry-run"],
            ["repository", "recipients"], ["drill", "--level", "restored"], ["census"],
            ["keys", "check", "--key-file", key],
            ["export", "--list", "--from", id],
            ["export", "--project", "harbour-api", "--format", "json", "--from", id, "--output", output, "--quiet"],
        ]
        for command in commands {
            let run = try instance.run(command)
            #expect(run.exit == 0 && !run.errors.contains("env file"), "\(command): \(run.exit) \(run.errors)")
        }
        try place.expectNothing()
    }

    @Test func `restore --files brings it back, and status says that it is gone until then`() throws {
        let status = try instance.ops("status").expect(12)
        // Once: with the key that went with it, and with how it comes back.
        #expect(!status.errors.contains(instance.envFile), "\(status.errors)")
        #expect(status.output.contains("run: infisical-ops restore \(backup) --files kept-files"))
        #expect(status.output.contains("key now     is MISSING: the env file \(instance.envFile) does not exist"))
        #expect(try instance.ops("status", "--json").expect(12).output.contains("\(instance.envFile) does not exist"))
        // Redis and the backend are named in it: nobody can be asked.
        let health = try instance.ops("health").expect(2)
        #expect(health.errors.contains("the env file \(instance.envFile) does not exist"), "\(health.errors)")
        let kept = instance.path("kept")
        #expect(try instance.ops("restore", "latest", "--files", kept, "--yes").expect(0).errors == "")
        let names = try FileManager.default.contentsOfDirectory(atPath: kept)
        let name = try #require(names.first { $0.hasSuffix(".env") }, "\(names)")
        #expect(try Data(contentsOf: URL(filePath: "\(kept)/\(name)")) == content)
        try FileManager.default.moveItem(atPath: "\(kept)/\(name)", toPath: instance.envFile)
        try instance.ops("status").expect(0)
    }

    @Test func `what needs its content refuses, and says how it comes back`() throws {
        for command in [
            ["backup"], ["backup", "--dry-run"], ["restart", "--yes"], ["restore", "--in-place", "--yes"],
        ] {
            let fault = try instance.refuses(
                command, exit: 3, code: "settings.not-found",
                naming: [instance.envFile, "named by \(instance.configuration):2"])
            #expect(fault.hints.first == "run: infisical-ops restore \(backup) --files kept-files", "\(command)")
        }
        // The address of the database stood in it, too.
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = nil
        for command in [
            ["export", "--list"], ["census", "--live"], ["restore", "--to-database", "x", "--yes"],
        ] {
            try instance.refuses(command, exit: 3, code: "settings.not-found", naming: [instance.envFile])
        }
        #expect(try instance.ops("status", "--json").expect(15).output.contains(instance.envFile))
        let auto = try instance.run(
            ["export", "--project", "harbour-api", "--from", "auto", "--format", "json"]).expect(0)
        #expect(
            auto.errors.contains("the live database cannot be read: the env file \(instance.envFile) does not exist"))
    }

    @Test func `keys check has no key then, and says it once`() throws {
        let fault = try instance.refuses(
            ["keys", "check"], exit: 12, code: "instance-data.key-missing",
            naming: ["the env file \(instance.envFile) does not exist"])
        #expect(fault.hints.contains("run: infisical-ops restore \(backup) --files kept-files"), "\(fault.hints)")
        let errors = try instance.ops("keys", "check").expect(12).errors
        #expect(errors.split(separator: "\n").count { $0.contains("does not exist") } == 1, "\(errors)")
    }

    @Test func `config check names it once, with its place`() throws {
        let check = try instance.ops("config", "check").expect(3)
        #expect(check.output.contains("problem: the env file \(instance.envFile) does not exist (named by "))
        #expect(check.output.hasSuffix("1 problem\n"), "\(check.output)")
        #expect(try instance.ops("config", "show").expect(0).errors.contains(instance.envFile))
    }
}
