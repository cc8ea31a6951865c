import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Whether the key opens the data is tried, never believed, and told apart from what was not tried.
@Suite struct KeyTrialTests {
    private struct Report: Decodable {
        struct Backup: Decodable {
            struct Trial: Decodable {
                let role: String
                let outcome: String
                let label: String?
                let note: String?
            }
            let keyLabel: String?
            let keyOpens: Bool?
            let keys: [Trial]
        }
        let backup: Backup
        let warnings: [String]
        let exit: Int32

        func outcome(_ role: String) -> String? { backup.keys.first { $0.role == role }?.outcome }
    }

    private let rightKey = "c5e8ea8f4dc7dca30718c670d50b3e19"

    @Test func `FIPS mode that the database does not know is not in force`() throws {
        let instance = try OpsInstance(.october)
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=", "INFISICAL_FIPS_ENABLED=true\nINFISICAL_ENCRYPTION_KEY=")
        let report: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(report.backup.keyLabel == rightKey && report.backup.keyOpens == true)
        #expect(report.outcome("root-wrap") == "opens")
    }

    @Test func `values under a key that nobody gave are not green`() throws {
        let instance = try OpsInstance(.october)
        // One webhook whose row says that ROOT_ENCRYPTION_KEY sealed it.
        let changed = try instance.sql(
            SQL(
                raw: """
                    UPDATE public.webhooks SET "keyEncoding" = 'base64'
                    WHERE id = (SELECT id FROM public.webhooks WHERE "urlCipherText" IS NOT NULL LIMIT 1)
                    """))
        #expect(changed.affected == 1)
        let result = try instance.ops("backup", "--json").expect(12)
        let report: Report = try result.object()
        #expect(report.backup.keyOpens == false)
        #expect(report.outcome("root-wrap") == "opens" && report.outcome("base64-triples") == "not checked")
        #expect(report.warnings.contains { $0.contains("ROOT_ENCRYPTION_KEY") }, "\(report.warnings)")
        // The label that the root key needs is known all the same.
        #expect(report.backup.keyLabel == rightKey)
        let status = try instance.ops("status").expect(12)
        #expect(status.output.contains("is MISSING: the env file sets no ROOT_ENCRYPTION_KEY"))
    }

    @Test func `another key ends 12, is published and stays red`() throws {
        let instance = try OpsInstance(.july)
        try instance.editEnvFile("ENCRYPTION_KEY=", "ENCRYPTION_KEY=00112233445566778899aabbccddeeff\nUNUSED=")
        let report: Report = try instance.ops("backup", "--json").expect(12).object()
        #expect(report.backup.keyOpens == false && report.exit == 12)
        #expect(report.outcome("root-wrap") == "does not open")
        #expect(report.backup.keys.allSatisfy { $0.outcome != "does not open" || $0.label == nil })
        try instance.ops("status").expect(12)
        let verified = try instance.ops("verify", "--all").expect(12)
        #expect(verified.output.contains(", but the key does NOT open the data: the root key"))
        #expect(verified.errors.contains("find the right key before you need it"))
    }

    @Test func `a key that is deliberately elsewhere is recorded as such, and is no warning`() throws {
        let instance = try OpsInstance(.october)
        try instance.write(Array("AUTH_SECRET=a\n".utf8), to: instance.envFile)
        try instance.ops("backup").expect(12)
        let missing = try instance.ops("status").expect(12).output
        for title in ["key now     ", "key         "] {
            #expect(missing.contains(title + "is MISSING: the env file sets no ENCRYPTION_KEY\n"), "\(missing)")
        }
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        #expect(try instance.ops("status").expect(0).output.contains("not tried: it is kept elsewhere (instance.key)"))
        let report: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(report.backup.keyOpens == nil)
        // What the operator chose is no warning every night.
        #expect(report.warnings == [])
        let quiet = try instance.ops("backup", "--quiet").expect(0)
        #expect(quiet.output == "" && quiet.errors == "")
        try instance.ops("verify").expect(0)
        // That no key was tried on purpose is recorded, and holds whatever is configured later.
        instance.environment["INFISICAL_OPS_KEY"] = nil
        #expect(try instance.ops("show").expect(0).output.contains("not tried: it is kept elsewhere (instance.key)"))
        let untried = try instance.ops("verify").expect(0).output
        #expect(untried.contains("whether a key opens its data was not tried\n"))
        #expect(untried.hasSuffix(" --key-file FILE\n") && untried.contains(" has the key: infisical-ops census 20"))
        // The live database has no key then, and nobody says that this is meant.
        #expect(try instance.ops("status").expect(12).output.contains("key now     is MISSING"))
        let refusal = try instance.run(["status"], environment: ["INFISICAL_OPS_KEY": "here"]).expect(3)
        #expect(refusal.errors.contains("the word elsewhere"))
    }

    @Test(arguments: [LiveFixture.october, .july]) func `verify tries the key at hand on a backup taken without one`(
        fixture: LiveFixture
    ) throws {
        let instance = try OpsInstance(fixture), file = instance.folder.path("key.env")
        let text = try String(contentsOfFile: instance.envFile, encoding: .utf8)
        try instance.write(Array("AUTH_SECRET=a\n".utf8), to: instance.envFile)
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        try instance.ops("backup").expect(0)
        try instance.write(Array(text.utf8), to: file)
        let given: [String: EnvironmentValue] = ["INFISICAL_OPS_ENV_FILE": .plain(file)]
        let opened = try instance.run(["verify"], environment: given).expect(0).output
        #expect(opened.contains(", and the key at hand (label "), "\(opened)")
        #expect(opened.hasSuffix("the backup is whole and can be read; the key at hand opens its keys\n"))
        struct Verified: Decodable {
            struct Backup: Decodable { let keyOpens: Bool? }
            let backups: [Backup]
        }
        let report: Verified = try instance.run(["verify", "--json"], environment: given).expect(0).object()
        #expect(report.backups.map(\.keyOpens) == [true])
        try instance.write(Array("ENCRYPTION_KEY=00112233445566778899aabbccddeeff\n".utf8), to: file)
        let closed = try instance.run(["verify"], environment: given).expect(12)
        #expect(closed.output.contains(", but no key at hand opens it: "), "\(closed.output)")
        #expect(closed.errors.contains("no key that is available now opens"))
        // Without the identity nothing can be tried.
        try instance.run(["verify", "--level", "stored"], environment: given).expect(0)
    }

    @Test func `a table of an unknown form does not keep the data from being backed up`() throws {
        let instance = try OpsInstance(.october)
        try instance.sql("ALTER TABLE public.infisical_migrations RENAME COLUMN batch TO lot")
        try instance.sql("ALTER TABLE public.projects ALTER COLUMN version TYPE text")
        let report: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(report.backup.keyOpens == true)
        #expect(report.warnings.contains { $0.hasPrefix("the number of secrets could not be read") })
        try instance.ops("verify").expect(0)
    }

    @Test func `the key that is tried is the one that is kept`() throws {
        // Both come out of one reading: a file that is edited between start and backup cannot part them. Here the
        // second of two env files overrides the first.
        let instance = try OpsInstance(.october)
        let other = instance.folder.path("other.env")
        try instance.write(Array("INFISICAL_ENCRYPTION_KEY=00112233445566778899aabbccddeeff\n".utf8), to: other)
        instance.environment["INFISICAL_OPS_ENV_FILE"] = nil
        try instance.write(
            Array("instance:\n  env_file: [\(other), \(instance.envFile)]\n".utf8), to: instance.configuration)
        try instance.ops("backup").expect(0)
        try instance.write(
            Array("instance:\n  env_file: [\(instance.envFile), \(other)]\n".utf8), to: instance.configuration)
        try instance.ops("backup").expect(12)
    }
}
