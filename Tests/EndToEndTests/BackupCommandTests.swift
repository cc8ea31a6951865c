import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// The options of `backup`, and what it keeps beside the data.
@Suite struct BackupCommandTests {
    private struct Report: Decodable {
        struct Backup: Decodable {
            let id: String
            let tags: [String: String]
            let storedBytes: Int
            let newBytes: Int
            let keyLabel: String?
        }
        let backup: Backup
        let warnings: [String]
    }

    private struct Plan: Decodable {
        let schema: String
        let repository: String
        let databases: [String]
        let escrow: [String]
        let jobs: Int
        let level: Int
    }

    @Test func `a dry run says what would be done and does nothing`() throws {
        let instance = try OpsInstance()
        let before = try instance.contents()
        let plan: Plan = try instance.ops("backup", "--dry-run", "--json", "--jobs", "3", "--compression-level", "7")
            .expect(0).object()
        #expect(plan.schema == "infisical-ops/backup-plan/1" && plan.repository == instance.repository)
        #expect(plan.jobs == 3 && plan.level == 7 && plan.escrow == [instance.envFile])
        #expect(plan.databases.count == 1 && plan.databases[0].contains(instance.database))
        let text = try instance.ops("backup", "-n", "-j", "1").expect(0).output
        #expect(text.contains("with 1 connection, level 2") && text.contains(instance.envFile))
        try instance.expectUnchanged(since: before)
        try instance.expectUnlocked()
    }

    @Test(arguments: [(1, 1), (1, 19), (4, 2), (16, 2)])
    func `any number of connections and any level give the same data`(jobs: Int, level: Int) throws {
        let instance = try OpsInstance()
        try instance.ops("backup", "--jobs", String(jobs), "--compression-level", String(level)).expect(0)
        try instance.ops("verify", "--level", "readable", "--jobs", String(jobs)).expect(0)
        let copy = try instance.restoredName()
        try instance.ops("restore", "--to-database", copy, "--jobs", String(jobs), "--yes").expect(0)
        #expect(try instance.dump(copy) == instance.dump(instance.database))
    }

    @Test func `a second backup of what did not change writes no chunk, not even of the schema`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let chunks = try instance.stored("chunks")
        // The archive of the schema knows its second; this one begins in another.
        let second = Int(Date().timeIntervalSince1970)
        while Int(Date().timeIntervalSince1970) == second { usleep(20_000) }
        let report: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(report.backup.newBytes == 0 && report.backup.storedBytes > 0)
        #expect(try instance.stored("chunks") == chunks)
    }

    @Test func `tags are kept, shown and searchable`() throws {
        let instance = try OpsInstance(nil)
        let report: Report = try instance.ops(
            "backup", "--tag", "reason=upgrade", "--tag", "note=a=b c", "--tag", "empty=", "--json"
        ).expect(0).object()
        #expect(report.backup.tags == ["reason": "upgrade", "note": "a=b c", "empty": ""])
        #expect(try instance.ops("show").expect(0).output.contains("empty= note=a=b c reason=upgrade"))
        #expect(try instance.ops("list", "--json").expect(0).output.contains(#""reason":"upgrade""#))
        for text in ["novalue", "=x"] {
            try instance.refuses(["backup", "--tag", text], exit: 64, code: "usage.bad-value", naming: ["KEY=VALUE"])
        }
    }

    @Test func `several env files and further files are kept, and come back under names of their own`() throws {
        let instance = try OpsInstance()
        let more = instance.path("more"), second = more + "/.env", compose = instance.path("docker-compose.yml")
        try FileManager.default.createDirectory(atPath: more, withIntermediateDirectories: true)
        // Later files win: the first has a key that opens nothing.
        let right = [UInt8](try Data(contentsOf: URL(filePath: instance.envFile)))
        try instance.write(right, to: second)
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        try instance.write(Array("services: {}\n".utf8), to: compose)
        instance.environment["INFISICAL_OPS_ENV_FILE"] = ""
        try instance.write(
            Array("instance:\n  env_file: [.env, more/.env]\n  files: [docker-compose.yml]\n".utf8),
            to: instance.configuration)
        try instance.ops("backup").expect(0)
        #expect(try instance.ops("show").expect(0).output.contains("escrow     .env, 2-.env, docker-compose.yml"))
        let kept = instance.path("kept")
        let result = try instance.ops("restore", "--files", kept, "--yes").expect(0)
        #expect(result.output.contains("\(kept)/2-.env (was \(second))"))
        #expect([UInt8](try Data(contentsOf: URL(filePath: kept + "/2-.env"))) == right)
        #expect(try Data(contentsOf: URL(filePath: kept + "/docker-compose.yml")) == Data("services: {}\n".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: kept + "/.env")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        // The list in one variable is one with colons.
        instance.environment["INFISICAL_OPS_ENV_FILE"] = .plain("\(instance.envFile):\(second)")
        try instance.ops("backup").expect(0)
    }

    @Test func `a backup without an env file is taken, and is red like one with a wrong key`() throws {
        let instance = try OpsInstance()
        instance.environment["INFISICAL_OPS_ENV_FILE"] = ""
        let report: Report = try instance.ops("backup", "--json").expect(12).object()
        #expect(
            try instance.ops("status").expect(12).output.contains("key now     is MISSING: no env file is configured"))
        #expect(report.warnings.contains { $0.contains("no env file is configured") })
        let fault = try instance.refuses(
            ["restore", "--files", "x", "--yes"], exit: 3, code: "restore.no-escrow", naming: [report.backup.id])
        #expect(fault.hints == ["run: infisical-ops show \(report.backup.id)"])
        // Unless it is kept elsewhere on purpose, which is shown and never green.
        let elsewhere: [String: EnvironmentValue] = ["INFISICAL_OPS_KEY": "elsewhere"]
        try instance.run(["backup"], environment: elsewhere).expect(0)
        let status = try instance.run(["status"], environment: elsewhere).expect(0)
        #expect(status.output.contains("not tried: it is kept elsewhere"))
    }

    @Test(arguments: [
        ("abc", "ENCRYPTION_KEY has 3 bytes instead of 32"),
        (String(repeating: "0f", count: 32), "64 hex characters (32 bytes)"),
    ])
    func `a key of a wrong form is told once`(key: String, words: String) throws {
        let instance = try OpsInstance()
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", key)
        for command in [["backup"], ["backup", "--dry-run"]] {
            let errors = try instance.run(command).expect(12).errors
            #expect(errors.components(separatedBy: words).count == 2, "\(errors)")
        }
    }

    @Test func `a quiet run says nothing, a failed one its cause`() throws {
        let instance = try OpsInstance()
        let good = try instance.ops("backup", "--quiet").expect(0)
        #expect(good.output == "" && good.errors == "")
        let bad = try instance.run(
            ["backup", "-q"], environment: ["INFISICAL_OPS_DATABASE_URL": "postgresql://127.0.0.1:1/x"]
        ).expect(1)
        #expect(bad.output == "" && bad.errors.hasPrefix("infisical-ops: error: backup of the database \"x\": no Post"))
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = [], rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
