import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import Secrets
import TestSupport
import Testing

/// `export`: from where, to where, and what it refuses. What is read is compared with the servers' answers elsewhere.
@Suite struct ExportCommandTests {
    private struct Item: Decodable, Equatable {
        let key: String
        let value: String
        let type: String
        let secretPath: String
    }

    private static let project = "harbour-api"

    private func items(_ instance: OpsInstance, _ arguments: String...) throws -> [Item] {
        let result = try instance.run(
            ["export", "--project", Self.project, "--env", "dev", "--recursive", "--format", "json"] + arguments
        ).expect(0)
        return try JSONDecoder().decode([Item].self, from: Data(result.output.utf8))
    }

    private func shell(_ script: String) throws -> String {
        let runner = ProcessRunner(effects: .init(), cancellation: .init())
        let result = try runner.run(
            CommandSpec("/bin/sh", ["-c", script], environment: ["PATH": .plain("/usr/bin:/bin")]),
            deadline: .seconds(20))
        return String(decoding: result.output, as: UTF8.self)
    }

    @Test func `a backup gives the same without a server as the live database`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let live = try items(instance)
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain("postgresql://nobody@127.0.0.1:1/none")
        let stored = try items(instance, "--from", "latest")
        #expect(stored == live && stored.count > 50)
        #expect(try instance.ops("export", "--list", "--from", "latest").expect(0).output.contains(Self.project))
        // On a host that has lost the env file, too: the key is in the backup.
        instance.environment["INFISICAL_OPS_ENV_FILE"] = nil
        #expect(try items(instance, "--from", "latest") == live)
    }

    @Test func `auto takes the live database, and says so where it takes the backup`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let live = try instance.run(
            ["export", "--project", Self.project, "--from", "auto", "--format", "json"]).expect(0)
        #expect(!live.errors.contains("cannot be read"))
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain("postgresql://nobody@127.0.0.1:1/none")
        try instance.refuses(
            ["export", "--project", Self.project, "--output", instance.path("o")], exit: 1,
            code: "postgres.connection-refused")
        let stored = try instance.run(
            ["export", "--project", Self.project, "--from", "auto", "--format", "json"]).expect(0)
        #expect(stored.output == live.output)
        #expect(
            stored.errors.contains("the live database cannot be read")
                && stored.errors.contains("taken from the backup"))
        // Ages are in whole seconds.
        usleep(2_100_000)
        try instance.refuses(
            ["export", "--project", Self.project, "--from", "auto", "--max-age", "1s", "--output", instance.path("o")],
            exit: 16,
            code: "export.backup-too-old")
    }

    @Test func `what no backup can change is no reason to take one`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        for place in ["live", "auto", "latest"] {
            try instance.refuses(
                ["export", "--project", "harbor-api", "--from", place, "--output", instance.path("o")], exit: 10,
                code: "secret-export.no-project")
            try instance.refuses(
                [
                    "export", "--project", Self.project, "--env", "devv", "--from", place, "--output",
                    instance.path("o"),
                ],
                exit: 10,
                code: "secret-export.no-environment")
        }
    }

    @Test func `a file is replaced as a whole, and belongs to its owner alone`() throws {
        let instance = try OpsInstance(.october), file = instance.path("out.env")
        try instance.write(Array("before".utf8), to: file)
        try instance.refuses(
            ["export", "--project", Self.project, "--env", "none", "--output", file], exit: 10,
            code: "secret-export.no-environment")
        #expect(try String(contentsOf: URL(filePath: file), encoding: .utf8) == "before")
        let result = try instance.run(
            ["export", "--project", Self.project, "--env", "dev", "--output-file", file, "--json"])
        #expect([0, 2].contains(result.exit))
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        // Every value comes out of a shell as it is, and nothing runs.
        let known = try instance.run(
            ["export", "--project", Self.project, "--env", "dev", "--format", "json"]).expect(0)
        let items = try JSONDecoder().decode([Item].self, from: Data(known.output.utf8))
        var compared = 0
        for item in items where item.key.utf8.allSatisfy({ $0 == 0x5f || (0x41...0x5a).contains($0) }) {
            guard !item.value.utf8.contains(0) else { continue }
            #expect(try shell(". '\(file)'; printf '%s' \"$\(item.key)\"") == item.value, "\(item.key)")
            compared += 1
        }
        #expect(compared > 20)
    }

    @Test func `what is no file of its own is not replaced, and a dash is standard output`() throws {
        let instance = try OpsInstance(.october)
        let export = ["export", "--project", Self.project, "--format", "json", "--output"]
        let pipe = instance.path("pipe"), link = instance.path("link"), target = instance.path("target")
        #expect(mkfifo(pipe, 0o600) == 0)
        try instance.write(Array("before".utf8), to: target)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        for path in [pipe, link, instance.folder.path("home"), "/dev/null"] {
            try instance.refuses(export + [path], exit: 3, code: "export.output-is-no-file")
        }
        #expect(try String(contentsOf: URL(filePath: target), encoding: .utf8) == "before")
        var status = stat()
        #expect(lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        let whole = try instance.run(Array(export.dropLast())).expect(0)
        for name in ["-", "/dev/stdout"] { #expect(try instance.run(export + [name]).expect(0).output == whole.output) }
    }

    @Test func `a tag that nothing has does not empty a good file`() throws {
        let instance = try OpsInstance(.october), file = instance.path("kept.json")
        try instance.write(Array("before".utf8), to: file)
        try instance.refuses(
            ["export", "--project", Self.project, "--tags", "no-such-tag", "--output", file], exit: 10,
            code: "export.no-such-tag")
        #expect(try String(contentsOf: URL(filePath: file), encoding: .utf8) == "before")
    }

    @Test func `secrets are not shown on a terminal by accident`() throws {
        let instance = try OpsInstance(.october)
        let run = try TerminalRun(instance, ["export", "--project", Self.project])
        #expect(try run.ended() == 3)
        #expect(run.shown.contains("would be shown on this terminal"))
        try instance.refuses(
            ["export", "--project", Self.project, "--json"], exit: 64, code: "export.json-without-file")
    }

    @Test func `project and environment are those of the client's file, then of the configuration`() throws {
        let instance = try OpsInstance(.october)
        try instance.refuses(["export", "--output", instance.path("o")], exit: 64, code: "export.no-project")
        try instance.write(
            Array("export:\n  project: payments-core\n  environment: prod\n".utf8), to: instance.configuration)
        let configured = try instance.run(["export", "--format", "json"])
        #expect([0, 2].contains(configured.exit))
        let named = try instance.run(["export", "--project", "payments-core", "--env", "prod", "--format", "json"])
        #expect(configured.output == named.output)
        let id = try instance.sql("SELECT id FROM projects WHERE slug = \(Self.project)").first?.string("id") ?? ""
        try instance.write(
            Array(
                #"{"workspaceId":"\#(id)","defaultEnvironment":"staging","gitBranchToEnvironmentMapping":null}"#.utf8),
            to: instance.path(".infisical.json"))
        let found = try instance.run(["export", "--format", "json"])
        let other = try instance.run(["export", "--projectId", id, "--env", "staging", "--format", "json"])
        #expect(found.output == other.output && found.output != configured.output)
        try instance.write(Array("{".utf8), to: instance.path(".infisical.json"))
        try instance.refuses(
            ["export", "--output", instance.path("o")], exit: 3, code: "export.project-file-unreadable")
    }

    @Test func `a list that was asked for is printed, also where all else is quiet`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup", "--quiet").expect(0)
        for command in [
            ["export", "--list"], ["list"], ["list", "--ids"], ["show"], ["config", "show"],
            ["diff", "latest", "latest"], ["repository", "recipients"],
        ] {
            let loud = try instance.run(command).expect(0), quiet = try instance.run(command + ["-q"]).expect(0)
            // Ages go on meanwhile.
            #expect(quiet.output.split(separator: "\n").count == loud.output.split(separator: "\n").count, "\(command)")
            #expect(quiet.output != "")
        }
    }

    @Test func `names that a format cannot carry are named with one that can`() throws {
        let instance = try OpsInstance(.october)
        struct Report: Decodable {
            struct LeftOut: Decodable { let key: String, reason: String }
            let leftOut: [LeftOut]
            let warnings: [String]
        }
        let file = instance.path("out")
        let all = ["export", "--project", Self.project, "--env", "dev", "--output", file, "--json"]
        let dotenv: Report = try instance.run(all).expect(2).object()
        let json: Report = try instance.run(all + ["--format", "json"]).expect(0).object()
        let names = dotenv.leftOut.filter { $0.reason == "its name is no variable name" }
        try #require(!names.isEmpty, "\(dotenv)")
        #expect(dotenv.warnings.contains { $0.contains("run the same command with --format json") })
        #expect(json.leftOut.isEmpty && !json.warnings.contains { $0.contains("--format json") })
    }

    @Test func `one of the instance's own keys is written only if it is the one in force`() throws {
        let instance = try OpsInstance(.october), file = instance.path("stack.env")
        let arguments = ["export", "--project", "local-ai-packaged", "--recursive", "--output", file, "--json"]
        struct Report: Decodable {
            struct LeftOut: Decodable { let key: String }
            let secrets: Int
            let leftOut: [LeftOut]
        }
        struct Listing: Decodable {
            struct Project: Decodable { let slug: String, environments: [Environment] }
            struct Environment: Decodable { let slug: String, folders: [Folder] }
            struct Folder: Decodable { let shared: Int }
            let projects: [Project]
        }
        let listing: Listing = try instance.ops("export", "--list", "--json").expect(0).object()
        let environments = listing.projects.first { $0.slug == "local-ai-packaged" }?.environments ?? []
        let filled = try #require(environments.first { $0.folders.contains { $0.shared > 5 } }?.slug)
        let before: Report = try instance.run(arguments + ["--env", filled]).object()
        #expect(!before.leftOut.contains { $0.key == "INFISICAL_ENCRYPTION_KEY" })
        let own = try LiveFixture.october.encryptionKey.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(try String(contentsOf: URL(filePath: file), encoding: .utf8).contains(own))
        // After a rotation by hand the stored copy is an old key, which must not come back through a start script.
        try instance.editEnvFile(own, "00112233445566778899aabbccddeeff")
        let given = instance.path("given.env")
        try instance.write(Array("ENCRYPTION_KEY=\(own)\n".utf8), to: given)
        instance.moreEnvFiles.append(given)
        let after: Report = try instance.run(arguments + ["--env", filled, "--key-file", given]).expect(2).object()
        #expect(after.leftOut.contains { $0.key == "INFISICAL_ENCRYPTION_KEY" })
        #expect(!(try String(contentsOf: URL(filePath: file), encoding: .utf8)).contains("INFISICAL_ENCRYPTION_KEY="))
    }
}
