import LiveSupport
import Postgres
import Processes
import Testing

/// `status` is about the database that the backups are of, and says so where it is asked about another.
@Suite struct StatusIdentityTests {
    private struct Status: Decodable {
        struct Identity: Decodable {
            let outcome: String
            let detail: String?
        }
        let databaseIdentity: Identity?
        let exit: Int32
    }

    private func status(_ instance: OpsInstance, _ code: Int32) throws -> Status {
        try instance.ops("status", "--json").expect(code).object()
    }

    @Test func `another database under the configured address is no green answer`() throws {
        let instance = try OpsInstance(.october), copy = try OpsInstance(.october, initialised: false)
        #expect(try status(instance, 10).databaseIdentity == nil)
        try instance.ops("backup").expect(0)
        let same = try status(instance, 0)
        #expect(same.databaseIdentity?.outcome == "same" && same.databaseIdentity?.detail == nil)
        // A copy of the instance, such as its staging: the same keys, users and projects.
        let address = try #require(instance.environment["INFISICAL_OPS_DATABASE_URL"])
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = copy.environment["INFISICAL_OPS_DATABASE_URL"]
        let other = try status(instance, 2)
        #expect(other.databaseIdentity?.outcome == "other")
        #expect(other.databaseIdentity?.detail?.contains("this one is called \"\(copy.database)\"") == true)
        let text = try instance.ops("status").expect(2).output
        #expect(text.contains("NOT the one of the newest backup: this one is called"), "\(text)")
        // Moved, by all that is known: then a backup settles it, after a look at the address.
        #expect(text.contains("look first whether the address is the right one; run: infisical-ops config show\n"))
        #expect(text.contains("if the database was moved, run: infisical-ops backup\n"))
        // Another instance, and no Infisical at all.
        try copy.sql("UPDATE super_admin SET \"instanceId\" = '00000000-0000-4000-8000-00000000000a'")
        #expect(
            try status(instance, 2).databaseIdentity?.detail?.contains("is of the instance 00000000-0000-4000") == true)
        let empty = try OpsInstance(nil, initialised: false)
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = empty.environment["INFISICAL_OPS_DATABASE_URL"]
        #expect(try status(instance, 2).databaseIdentity?.detail?.contains("does not look like Infisical's") == true)
        // The next backup settles it where it was meant; the old one shows that it is another again.
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = address
        #expect(try status(instance, 0).databaseIdentity?.outcome == "same")
    }

    @Test func `a backup without a configuration says where one was looked for`() throws {
        let instance = try OpsInstance(nil)
        instance.environment["INFISICAL_OPS_REPOSITORY"] = nil
        instance.environment["INFISICAL_OPS_CONFIG"] = nil
        instance.environment["XDG_CONFIG_HOME"] = .plain(instance.path("xdg"))
        let errors = try instance.ops("status").expect(3).errors
        #expect(errors.contains("there is no configuration file (looked for: "), "\(errors)")
        #expect(errors.contains(instance.path("xdg/infisical-ops/infisical-ops.yaml")))
    }

    @Test func `a command that is advised names the configuration that was named`() throws {
        let instance = try OpsInstance(.october), file = instance.path("my config.yaml")
        try instance.write([], to: file)
        instance.environment["INFISICAL_OPS_CONFIG"] = nil
        let status = try instance.ops("status", "--config", file).expect(10)
        #expect(status.output.contains("run: infisical-ops --config '\(file)' backup"), "\(status.output)")
        try instance.ops("backup", "--config", file).expect(0)
        let fault = try instance.run(
            ["restore", "--in-place", "--yes", "--json", "--config", file]).fault()
        #expect(fault.hints.allSatisfy { !$0.contains("run: infisical-ops ") || $0.contains("--config '\(file)' ") })
        #expect(status.errors.contains("hint: ") == false)
        // Not only what follows "run:", and in JSON not in names and tags that only look like advice.
        let empty = try OpsInstance(.july)
        let address = instance.environment["INFISICAL_OPS_DATABASE_URL"]
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = empty.environment["INFISICAL_OPS_DATABASE_URL"]
        let other = try instance.ops("status", "--config", file).output
        #expect(other.contains("is the right one; run: infisical-ops --config '\(file)' config show\n"), "\(other)")
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = address
        let odd = instance.path("a\"b\\c.yaml"), tag = "note=run: infisical-ops verify"
        try instance.write([], to: odd)
        try instance.ops("backup", "--config", file, "--tag", tag).expect(0)
        struct Listed: Decodable {
            struct Backup: Decodable { let tags: [String: String] }
            let backups: [Backup]
        }
        let listed: Listed = try instance.ops("list", "--json", "--config", odd).expect(0).object()
        #expect(listed.backups.last?.tags == ["note": "run: infisical-ops verify"])
        struct Checked: Decodable {
            struct Untried: Decodable { let command: String }
            let notTried: [Untried]
        }
        let checked: Checked = try instance.ops("config", "check", "--json", "--config", odd).expect(0).object()
        #expect(checked.notTried.first?.command == "infisical-ops --config '\(odd)' backup --dry-run")
        let sheet = try instance.ops("init", "--no-configuration", "--config", file).expect(0).output
        #expect(sheet.contains("infisical-ops --config '\(file)' init --adopt"), "\(sheet)")
        // What is advised can be run as it stands.
        let script = try #require(status.output.firstRange(of: "run: infisical-ops ")).upperBound
        let command = status.output[script...].prefix { $0 != "\n" }
        try instance.shell("\"$OPS\" \(command)").expect(0)
    }
}
