import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import Testing

/// `export`: which backup it takes where none is named, and what it says of a key that opens nothing.
@Suite struct ExportPlaceTests {
    private static let nowhere: EnvironmentValue = "postgresql://nobody@127.0.0.1:1/none"
    private let own = "9f2c47d1e0b86a35c7f41d9280ae53b6", other = "00112233445566778899aabbccddeeff"
    private let instance: OpsInstance
    private let export = ["export", "--project", "harbour-api", "--format", "json"]

    init() throws { instance = try OpsInstance(.october) }

    // MARK: - Which backup

    @Test func `auto passes over a newest backup that is shrunk, and latest names the one to take`() throws {
        try instance.ops("backup").expect(0)
        let whole = try instance.run(export).expect(0).output
        try instance.connection().execute(
            script: "SET session_replication_role = replica; DELETE FROM public.secrets_v2; DELETE FROM public.users")
        try instance.ops("backup").expect(2)
        let ids = try instance.ids()
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = Self.nowhere
        let auto = try instance.run(export + ["--from", "auto"]).expect(0)
        #expect(auto.output == whole)
        #expect(auto.errors.contains("the live database cannot be read: "), "\(auto.errors)")
        #expect(auto.errors.contains("taken from the backup \(ids[0])"))
        #expect(auto.errors.contains("the newer backup \(ids[1]) was passed over: it is shrunk: "))
        let fault = try instance.refuses(
            export + ["--from", "latest", "--output", instance.path("o")], exit: 3, code: "export.backup-unusable",
            naming: [ids[1], "it is shrunk", "the newest that can be used is \(ids[0])"])
        // The same command, with the backup to take.
        #expect(
            fault.hints.first
                == "run: infisical-ops export --project harbour-api --output \(instance.path("o")) --format json "
                + "--from \(ids[0])", "\(fault.hints)")
        // Whoever names it gets it.
        try instance.ops("export", "--list", "--from", ids[1]).expect(0)
        // That there is nothing in it is no success.
        let nothing = try instance.run(export + ["--from", ids[1]]).expect(2)
        #expect(nothing.errors.contains("the backup \(ids[1]) is shrunk: "), "\(nothing.errors)")
    }

    @Test func `where the env file is gone, too, a backup that keeps no key is passed over`() throws {
        try instance.ops("backup").expect(0)
        let whole = try instance.run(export).expect(0).output
        try instance.write(Array("AUTH_SECRET=a\n".utf8), to: instance.envFile)
        try instance.ops("backup").expect(12)
        let ids = try instance.ids()
        try FileManager.default.removeItem(atPath: instance.envFile)
        let auto = try instance.run(export + ["--from", "auto"]).expect(0)
        #expect(auto.output == whole)
        #expect(auto.errors.contains("the newer backup \(ids[1]) was passed over: there is no key to open the backup"))
        let fault = try instance.refuses(
            export + ["--from", "latest", "--output", instance.path("o")], exit: 12, code: "instance-data.key-missing",
            naming: [ids[1], "because the env file \(instance.envFile) does not exist"])
        #expect(fault.hints.contains("or read the backup \(ids[0]), whose own key opened everything"))
    }

    @Test func `auto falls to the newest backup whose key opens it, and latest names that one`() throws {
        try instance.ops("backup").expect(0)
        let whole = try instance.run(export).expect(0).output
        try instance.editEnvFile(own, other)
        try instance.ops("backup").expect(12)
        let ids = try instance.ids()
        let auto = try instance.run(export + ["--from", "auto"]).expect(0)
        #expect(auto.output == whole)
        #expect(auto.errors.contains("the live database cannot be read: the key does not open the live database"))
        #expect(auto.errors.contains("the newer backup \(ids[1]) was passed over: the key does not open the backup"))
        let fault = try instance.refuses(
            export + ["--from", "latest", "--output", instance.path("o")], exit: 12,
            code: "instance-data.key-does-not-open", naming: [ids[1]])
        #expect(fault.hints.contains("or read the backup \(ids[0]), whose own key opened everything"))
        // Where nothing is left to fall to, both reasons are said.
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = Self.nowhere
        for name in try instance.stored("escrow") where name.contains(ids[0]) {
            try FileManager.default.removeItem(atPath: instance.repository + "/" + name)
        }
        let none = try instance.run(export + ["--from", "auto", "--output", instance.path("o"), "--json"])
        let message = try none.fault().message
        #expect([12, 13].contains(none.exit) && message.contains("the live database cannot be read ("), "\(message)")
        #expect(message.contains(", and no backup: "))
    }

    // MARK: - The key

    @Test func `no key, one that can be none and one of another database are three errors, each with its cure`() throws
    {
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0], live = export + ["--output", instance.path("o")]
        try instance.editEnvFile(own, other)
        let wrong = try instance.refuses(
            live, exit: 12, code: "instance-data.key-does-not-open",
            naming: ["the key does not open the live database", "ENCRYPTION_KEY of the env file (label "])
        try instance.editEnvFile(other, "abcdef")
        let short = try instance.refuses(
            live, exit: 12, code: "instance-data.key-unusable", naming: ["has 6 bytes instead of 32"])
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=abcdef", "INFISICAL_SOMETHING=1")
        let none = try instance.refuses(
            live, exit: 12, code: "instance-data.key-missing", naming: ["the env file sets no INFISICAL_ENCRYPTION_KEY"]
        )
        for fault in [wrong, short, none] {
            #expect(fault.hints.contains("run: infisical-ops restore \(id) --files kept-files"), "\(fault.hints)")
            #expect(fault.hints.contains { $0.contains("--key-file") })
        }
        // Without the repository nobody knows which backup keeps the key, and why is said.
        let place = instance.environment["INFISICAL_OPS_REPOSITORY"]
        instance.environment["INFISICAL_OPS_REPOSITORY"] = .plain(instance.path("nowhere"))
        let blind = try instance.run(live + ["--json"]).expect(12).fault()
        #expect(
            blind.hints.contains {
                $0.hasPrefix("whether a backup keeps the right key is not known: ") && $0.contains("nowhere")
            }, "\(blind.hints)")
        #expect(
            try instance.ops("health").output.contains("whether a backup keeps the right key is not known: "))
        instance.environment["INFISICAL_OPS_REPOSITORY"] = place
        // The hints work.
        try instance.ops("restore", id, "--files", instance.path("home/kept"), "--yes").expect(0)
        let names = try FileManager.default.contentsOfDirectory(atPath: instance.path("home/kept"))
        let file = try #require(names.first { $0.hasSuffix(".env") })
        try instance.run(live + ["--key-file", "./kept/\(file)"]).expect(0)
    }

    // MARK: - What would have no effect

    @Test func `what would have no effect is refused`() throws {
        try instance.ops("backup").expect(0)
        for (options, word) in [
            (["--list", "--output", "x"], "--output"), (["--list", "--recursive"], "--recursive"),
            (["--list", "--format", "json"], "--format"), (["--list", "--versions"], "--versions"),
            (["--list", "--tags", "a"], "--tags"),
            (["--project", "harbour-api", "--versions", "--output", "x"], "--versions"),
            (["--project", "harbour-api", "--compatible", "--format", "csv", "--output", "x"], "--compatible"),
            (["--project", "harbour-api", "--max-age", "1h", "--output", "x"], "--max-age"),
        ] {
            try instance.refuses(["export"] + options, exit: 64, code: "usage.refused-value", naming: [word])
        }
        let all = try instance.ops("export", "--list").expect(0).output
        let one = try instance.ops("export", "--list", "--project", "harbour-api", "--env", "dev").expect(0).output
        #expect(all.contains("payments-core") && !one.contains("payments-core") && one.contains("harbour-api"))
        #expect(one.contains("dev ") && !one.contains("prod "))
        try instance.refuses(
            ["export", "--list", "--project", "harbor-api"], exit: 10, code: "secret-export.no-project",
            naming: ["did you mean \"harbour-api\"?"])
        try instance.refuses(
            ["export", "--list", "--project", "harbour-api", "--path", "/none"], exit: 10,
            code: "secret-export.no-folder")
    }

    // MARK: - Nothing to write

    @Test func `nothing never takes the place of a file with content, unless that is allowed`() throws {
        try instance.ops("backup").expect(0)
        let file = instance.path("app.env"), content = Array("A=1\n".utf8)
        try instance.sql(
            """
            DELETE FROM secrets_v2 WHERE "folderId" IN (SELECT f.id FROM secret_folders f
                JOIN project_environments e ON e.id = f."envId" JOIN projects p ON p.id = e."projectId"
                WHERE e.slug = 'dev' AND p.slug = 'harbour-api')
            """)
        let empty = ["export", "--project", "harbour-api", "--env", "dev", "--output"]
        let fresh = try instance.run(empty + [file, "--format", "json"]).expect(0).errors
        #expect(fresh.contains("there is no secret in /"), "\(fresh)")
        // What holds just that is written again.
        try instance.run(empty + [file, "--format", "json"]).expect(0)
        try instance.write(content, to: file)
        for more in [[], ["--from", "auto"], ["--format", "json"]] {
            let fault = try instance.refuses(
                empty + [file] + more, exit: 3, code: "export.nothing-to-replace",
                naming: [file, "there is no secret in / of the project harbour-api, environment dev"])
            #expect(fault.hints.first?.hasPrefix("run: infisical-ops export --list --project harbour-api") == true)
            #expect(fault.hints.last?.contains("--allow-empty") == true)
            #expect(try Data(contentsOf: URL(filePath: file)) == Data(content))
        }
        try instance.run(empty + [file, "--allow-empty"]).expect(0)
        #expect(try Data(contentsOf: URL(filePath: file)).isEmpty)
        try instance.refuses(
            export + ["--allow-empty"], exit: 64, code: "usage.refused-value",
            naming: ["--allow-empty", "--output FILE"])
    }

    // MARK: - What is said

    @Test func `a list says that no key was tried, and how to try it`() throws {
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0]
        try instance.editEnvFile(own, other)
        let words = "no key was tried, because a list needs none; to try it, run: infisical-ops census "
        #expect(try instance.ops("export", "--list").expect(0).errors.contains(words + "--live"))
        #expect(try instance.ops("export", "--list", "--from", "latest").expect(0).errors.contains(words + id))
        struct List: Decodable { let keyTried: Bool }
        let list: List = try instance.ops("export", "--list", "--json").expect(0).object()
        #expect(!list.keyTried)
    }

    @Test func `the summary says what was exported, and a folder that is missing is named`() throws {
        let summary = try instance.run(export + ["--env", "dev", "--recursive"]).expect(0).errors
        #expect(
            summary.contains(
                " secrets of the project harbour-api, environment dev, folder / and below, from the live "),
            "\(summary)")
        let folder = instance.path("none")
        let fault = try instance.refuses(
            export + ["--output", folder + "/out.json"], exit: 3, code: "export.folder-missing", naming: [folder])
        #expect(!fault.message.contains(".tmp") && fault.hints == ["run: mkdir -p \(folder)"])
    }

    @Test func `a project file of somebody else decides nothing, and one's own is named`() throws {
        let file = instance.path("home/.infisical.json")
        let id = try instance.sql("SELECT id FROM projects WHERE slug = 'harbour-api'").only().string("id")
        try instance.write(Array(#"{"workspaceId":"\#(id)"}"#.utf8), to: file)
        let named = try instance.ops("export", "--format", "json").expect(0)
        #expect(named.errors.contains("(as \(file) says)"), "\(named.errors)")
        let refused = ["export", "--output", instance.path("o")]
        #expect(chmod(file, 0o666) == 0)
        try instance.refuses(
            refused, exit: 3, code: "export.project-file-untrusted", naming: [file, "everyone may write to it"])
        #expect(chmod(file, 0o644) == 0 && chown(file, 4_000_001, 4_000_001) == 0)
        try instance.refuses(
            refused, exit: 3, code: "export.project-file-untrusted", naming: ["it belongs to user id 4000001"])
        // Whoever names the project needs no file.
        try instance.run(export).expect(0)
    }
}
