import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// A dry run ends as the run would, says so, and changes nothing.
@Suite struct DryRunTests {
    private struct Plan: Decodable {
        let key: String?
        let warnings: [String]
        let reason: String?
        let exit: Int32
        let freeBytes: Int?
    }

    /// Runs a command with `--dry-run`, which must leave the repository as it is, and then in earnest.
    ///
    /// - Returns: the dry run, in text.
    @discardableResult
    private func same(
        _ command: [String], _ instance: OpsInstance, exit: Int32, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> OpsResult {
        let before = try instance.contents()
        let dry = try instance.run(command + ["--dry-run"]).expect(exit, sourceLocation: sourceLocation)
        let json = try instance.run(command + ["--dry-run", "--json"]).expect(exit, sourceLocation: sourceLocation)
        try instance.expectUnchanged(since: before, sourceLocation: sourceLocation)
        try instance.expectUnlocked(sourceLocation: sourceLocation)
        let asks = command.first != "backup"
        let real = try instance.run(command + (asks ? ["--yes"] : []) + ["--json"]).expect(
            exit, sourceLocation: sourceLocation)
        if real.output.isEmpty {
            let (planned, met) = try (json.fault(), real.fault())
            #expect(planned.code == met.code, "\(planned) \(met)", sourceLocation: sourceLocation)
        } else if command != ["repair"] {
            let plan: Plan = try json.object()
            #expect(plan.exit == exit && (plan.reason == nil) == (exit == 0), sourceLocation: sourceLocation)
            #expect(dry.output.contains("would end \(exit)") == (exit != 0), sourceLocation: sourceLocation)
        }
        return dry
    }

    @Test func `of a backup it tries the key`() throws {
        let instance = try OpsInstance(), key = "9f2c47d1e0b86a35c7f41d9280ae53b6"
        let good = try same(["backup"], instance, exit: 0)
        #expect(good.output.contains("the key opens the data (label ") && good.errors == "")
        try instance.editEnvFile(key, "00112233445566778899aabbccddeeff")
        let wrong = try same(["backup"], instance, exit: 12)
        #expect(wrong.output.hasSuffix("would end 12: the key does not open all of the data\n"), "\(wrong.output)")
        #expect(wrong.errors.contains("the backup would be stored, but the key in the env file does not open"))
        #expect(try instance.ops("backup", "-nq").expect(12).output.contains("would end 12: "))
        try instance.editEnvFile("INFISICAL_ENCRYPTION_KEY=00112233445566778899aabbccddeeff", "")
        let none = try same(["backup"], instance, exit: 12)
        #expect(none.output.hasSuffix("would end 12: there is no key here that opens the data\n"), "\(none.output)")
        let plan: Plan = try instance.ops("backup", "--dry-run", "--json").object()
        #expect(plan.key == "missing" && plan.exit == 12 && (plan.freeBytes ?? 0) > 0)
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        try same(["backup"], instance, exit: 0)
    }

    @Test func `of a backup it meets what keeps the run from beginning or ending`() throws {
        let instance = try OpsInstance(nil)
        // A table that somebody is changing, and one that this user may not read.
        instance.environment["INFISICAL_OPS_BACKUP_YIELD_AFTER"] = "1s"
        let session = try instance.connection()
        try session.query("BEGIN")
        try session.query("LOCK TABLE something IN ACCESS EXCLUSIVE MODE")
        try same(["backup"], instance, exit: 1)
        session.close()
        let folder = instance.path("programs"), dump = folder + "/pg_dump"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try instance.write(
            Array("#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 15.9' && exit\necho x\n".utf8),
            to: dump)
        chmod(dump, 0o755)
        instance.environment["INFISICAL_OPS_BACKUP_PG_DUMP"] = .plain(dump)
        try same(["backup"], instance, exit: 1)
        instance.environment["INFISICAL_OPS_BACKUP_PG_DUMP"] = nil
        // One that holds the lock.
        let lock = instance.repository + "/locks/backup"
        try same(["backup"], instance, exit: 0)
        try instance.shell("flock '\(lock)' \"$OPS\" backup --dry-run").expect(11)
        try instance.shell("flock '\(lock)' \"$OPS\" backup").expect(11)
        // Damage in the repository.
        let manifest = try #require(try instance.stored("backups").first { $0.hasSuffix(".json") })
        try instance.write([UInt8(ascii: "x")], to: instance.repository + "/" + manifest)
        try same(["backup"], instance, exit: 13)
    }

    @Test func `of a restore it looks for every chunk, the rights of the user, and the lock`() throws {
        let instance = try OpsInstance(nil), name = try instance.restoredName()
        try instance.ops("backup").expect(0)
        let restore = ["restore", "--to-database", name]
        try instance.sql("CREATE ROLE \(identifier: name) LOGIN")
        defer { do { try instance.sql("DROP ROLE \(identifier: name)") } catch { Issue.record(error) } }
        let address = instance.environment["INFISICAL_OPS_DATABASE_URL"]
        let server = try LiveServer.get()
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
            "postgresql:///\(instance.database)?host=\(server.folder)&port=\(server.port)&user=\(name)")
        try same(restore + ["--no-owner"], instance, exit: 1)
        instance.environment["INFISICAL_OPS_DATABASE_URL"] = address
        try instance.shell("flock '\(instance.repository)/locks/repository' \"$OPS\" restore --to-database \(name) -n")
            .expect(11)
        for chunk in try instance.stored("chunks") {
            try FileManager.default.removeItem(atPath: instance.repository + "/" + chunk)
        }
        try same(restore, instance, exit: 13)
        // What is left can be planned by `repair`, and no more than that.
        try same(["repair"], instance, exit: 2)
    }

    @Test func `of the files of a backup it says that the key in them opened nothing`() throws {
        let instance = try OpsInstance()
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        try instance.ops("backup").expect(12)
        let dry = try same(["restore", "--files", instance.path("kept")], instance, exit: 2)
        #expect(dry.output.contains("would end 2: when this backup was taken, no key in these files opened"))
    }

    @Test func `of new recipients, and of a host that takes over, it tries the identity`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let sheet = try instance.ops("init", "--no-configuration").expect(0).output
        let signer = try #require(sheet.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("SHA256:") })
        let recipient = try #require(sheet.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("age1") })
        let other = instance.path("other.txt")
        try instance.shell("age-keygen -o '\(other)' 2>/dev/null").expect(0)
        let change = ["repository", "recipients", String(recipient), "--identity-file", other]
        try same(change, instance, exit: 12)
        instance.environment["INFISICAL_OPS_STATE_FOLDER"] = .plain(instance.path("new-host"))
        try same(
            ["init", "--adopt", "--no-configuration", "--signer", String(signer), "--identity-file", other], instance,
            exit: 12)
        #expect(!FileManager.default.fileExists(atPath: instance.path("new-host")))
        // A host without the keys can start no new generation.
        try same(["repository", "rekey"], instance, exit: 3)
    }
}
