import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import Testing

/// What the live database is, and what it has lost, is said by every command that reads it.
@Suite struct LiveDoubtTests {
    private struct Warned: Decodable {
        let warnings: [String]
        let exit: Int32
    }
    private struct Health: Decodable {
        struct Finding: Decodable {
            let code: String
            let message: String
            let hints: [String]
        }
        let healthy: Bool
        let findings: [Finding]
        let exit: Int32
    }

    /// An instance with a backup, and one whose database a wrong address leads to.
    private func bench(_ other: LiveFixture) throws -> (instance: OpsInstance, other: OpsInstance, good: String) {
        let instance = try OpsInstance(.october), other = try OpsInstance(other, initialised: false)
        let commands = "instance:\n  commands: { stop: [/bin/true], start: [/bin/true] }\n"
        try instance.write(Array(commands.utf8), to: instance.configuration)
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = other.environment["INFISICAL_OPS_DATABASE_URL"]
        instance.moreEnvFiles.append(other.envFile)
        return (instance, other, try instance.ids()[0])
    }

    @Test func `another instance under the address is told, also when its own key opens it`() throws {
        let (instance, other, good) = try bench(.s7)
        let key: [String: EnvironmentValue] = ["INFISICAL_OPS_ENV_FILE": .plain(other.envFile)]
        let words = "the live database is of another instance than the backup \(good): this one is of the instance "
        func run(_ words: String...) throws -> OpsResult { try instance.run(words, environment: key) }

        let census: Warned = try run("census", "--live", "--json").expect(2).object()
        #expect(census.warnings.contains { $0.hasPrefix(words) && $0.contains("config show") } && census.exit == 2)
        #expect(try run("export", "--list").expect(2).errors.contains(words))
        #expect(try run("restart", "--dry-run").expect(15).errors.contains(words))
        let health: Health = try run("health", "--json").expect(2).object()
        let finding = try #require(health.findings.first { $0.code == "health.other-instance" })
        #expect(!health.healthy && finding.message.hasPrefix(words))
        #expect(finding.hints.prefix(2).last == "run: infisical-ops config show", "\(finding.hints)")
        let backup: Warned = try run("backup", "--dry-run", "--json").expect(2).object()
        #expect(backup.warnings.contains { $0.contains("would be of another instance: ") && !$0.contains("shrunk") })

        // What is there is given, but not in the place of what was exported before.
        let file = instance.path("out.json"), export = ["export", "--project", "orchard-api", "--output", file]
        let given = try instance.run(export, environment: key).expect(2)
        #expect(given.errors.contains(words), "\(given.errors)")
        let before = try Data(contentsOf: URL(filePath: file))
        let kept = try instance.run(export + ["--json"], environment: key).expect(3).fault()
        #expect(kept.code == "export.live-other-instance" && kept.message.hasPrefix("\(file) is left as it is"))
        #expect(kept.hints.contains("run: infisical-ops config show"), "\(kept.hints)")
        #expect(try Data(contentsOf: URL(filePath: file)) == before && !before.isEmpty)
        let auto = try run("export", "--list", "--from", "auto").expect(2)
        #expect(auto.output.contains("harbour-api"))
        #expect(auto.errors.contains("the live database is not taken: it is of another instance than the backup"))
        let none = try run("export", "--project", "harbour-api", "--output", file + "2", "--json").expect(10).fault()
        #expect(none.message.hasPrefix(words) && none.message.contains("run: infisical-ops config show"))
    }

    @Test func `with a wrong key on top the advice is about the address, and not about a backup`() throws {
        let (instance, other, good) = try bench(.s7)
        let file = instance.path("out.json"), address = "run: infisical-ops config show"
        for words in [["restart", "--dry-run"], ["export", "--project", "orchard-api", "--output", file]] {
            let fault = try instance.run(words + ["--json"]).expect(12).fault()
            #expect(fault.hints.first == "look first whether the address is the right one", "\(words) \(fault.hints)")
            #expect(fault.hints.contains(address) && !fault.hints.contains { $0.contains(good) })
        }
        let health = try instance.ops("health").expect(12)
        #expect(health.output.contains("is of another instance (") && health.output.contains(address))
        for words in [["health"], ["census", "--live"], ["status"], ["backup", "--dry-run"]] {
            let told = try instance.run(words).expect(12), text = told.output + told.errors
            #expect(text.contains("of another instance") || text.contains("NOT the one of"), "\(words) \(text)")
            #expect(!text.contains("restore \(good) --files"), "\(words) \(text)")
        }
        #expect(try other.exists(other.database))
    }

    @Test func `a copy elsewhere is named, and nothing ends otherwise for it`() throws {
        let (instance, copy, _) = try bench(.october)
        let census = try instance.ops("census", "--live").expect(0)
        #expect(census.errors.contains("is not where that of the backups was: this one is called \"\(copy.database)\""))
        let health: Health = try instance.ops("health", "--json").object()
        #expect(health.findings.contains { $0.code == "health.database-moved" })
    }

    @Test func `the database of another instance is replaced in place only where that was said`() throws {
        let (instance, other, good) = try bench(.s7)
        let restore = ["restore", "--in-place", "--keep-redis", "--yes"]
        let fault = try instance.run(restore + ["--json"]).expect(3).fault()
        #expect(fault.code == "in-place.replaces-other-instance", "\(fault)")
        #expect(fault.hints.last?.hasSuffix("--other-instance") == true)
        #expect(try other.databases() == [other.database])
        try instance.refuses(
            ["restore", "--other-instance", "--to-database", "x"], exit: 64, code: "usage.refused-value",
            naming: ["--in-place"])
        // A plan can be looked at as before. Nothing is known of a backend here, which is no success.
        let plan: Warned = try instance.run(
            ["restore", "--in-place", "--keep-redis", "--dry-run", "--json"]
        ).expect(15).object()
        #expect(plan.warnings.contains { $0.contains("that is replaced is of another instance (") })
        try instance.run(restore + ["--other-instance"]).expect(15)
        other.restored = try other.databases().filter { $0.hasPrefix(other.database + "_before_") }
        #expect(other.restored.count == 1)
        // What this program put there is no other instance.
        let health: Health = try instance.ops("health", "--json").expect(2).object()
        #expect(health.findings.isEmpty, "\(health.findings) \(good)")
        // Another key as well is no obstacle, since the backup keeps its own.
        try instance.sql("SELECT 1")
        let key: [String: EnvironmentValue] = ["INFISICAL_OPS_ENV_FILE": .plain(other.envFile)]
        try other.sql("UPDATE super_admin SET \"instanceId\" = '00000000-0000-4000-8000-00000000000a'")
        let both = try instance.run(restore + ["--json"], environment: key).expect(3).fault()
        #expect(both.code == "in-place.replaces-other-instance" && both.message.contains("is of another instance ("))
    }

    @Test func `what went away in small steps is told, with the fuller backup and what accepts it`() throws {
        let (instance, _, full) = try bench(.october)
        // The bench leads elsewhere: back to the instance's own.
        let server = try LiveServer.get()
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
            "postgresql:///\(instance.database)?host=\(server.folder)&port=\(server.port)&user=postgres")
        func lose() throws {
            try instance.connection().execute(
                script: """
                    SET session_replication_role = replica;
                    DELETE FROM public.secrets_v2 WHERE id IN (SELECT id FROM public.secrets_v2 ORDER BY id
                        LIMIT (SELECT count(*) * 45 / 100 FROM public.secrets_v2))
                    """)
        }
        try lose()
        #expect(try instance.ops("backup").expect(0).errors == "")
        try lose()
        let words = "the live database holds less than half of the most that there was: "
        let lookup = "run: infisical-ops export --list --from \(full)"
        let health: Health = try instance.ops("health", "--json").expect(2).object()
        let finding = try #require(health.findings.first { $0.code == "health.declined" })
        #expect(finding.message.hasPrefix(words) && finding.hints.contains(lookup), "\(finding)")
        for command in [["census", "--live"], ["export", "--list"]] {
            let told = try instance.run(command).expect(0).errors
            #expect(told.contains(words) && told.contains(lookup) && told.contains("repository accept latest"))
        }
        #expect(try instance.ops("restart", "--dry-run").expect(15).errors.contains(words))
        let status = try instance.ops("status").expect(0).output
        #expect(status.contains("content now less than half of the most: ") && status.contains(lookup), "\(status)")
        let dry = try instance.ops("backup", "--dry-run").expect(0).errors
        #expect(dry.contains("the backup would hold less than half of the most") && dry.contains(lookup), "\(dry)")

        let taken = try instance.ops("backup").expect(0).errors, id = try instance.ids()[2]
        #expect(taken.contains("the backup \(id) holds less than half of the most") && taken.contains(lookup))
        #expect(taken.contains("if that is intended, run: infisical-ops repository accept \(id)"), "\(taken)")
        #expect(try instance.ops("list").expect(0).output.contains(", declined"))
        struct Status: Decodable {
            struct Declined: Decodable { let fuller: String }
            struct Backup: Decodable { let declined: Declined? }
            let databaseDeclined: Declined?
            let latest: Backup
        }
        let told: Status = try instance.ops("status", "--json").expect(0).object()
        #expect(told.databaseDeclined?.fuller == full && told.latest.declined?.fuller == full)

        let accept = ["repository", "accept", "latest", "--yes"]
        #expect(try instance.run(accept).expect(0).output.hasSuffix("\(id) is accepted\n"))
        for command in [["status"], ["census", "--live"], ["backup"], ["export", "--list"]] {
            let calm = try instance.run(command).expect(0), text = calm.output + calm.errors
            #expect(!text.contains("less than half"), "\(command) \(text)")
        }
        #expect(try instance.run(accept + ["--revoke"]).exit == 0)
    }
}
