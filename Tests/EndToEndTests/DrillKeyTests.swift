import DurableFiles
import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import Secrets
import TestSupport
import Testing

/// `drill` with keys: every ciphertext, and Infisical itself on the copy.
@Suite struct DrillKeyTests {
    @Test func `a value that was damaged before the backup is named, and the copy is proven equal all the same`() throws
    {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        let row = try instance.sql(
            """
            UPDATE secrets_v2 SET "encryptedValue" = set_byte("encryptedValue", 20, get_byte("encryptedValue", 20) # 1)
            WHERE id = (SELECT id FROM secrets_v2 WHERE length("encryptedValue") > 40 ORDER BY id LIMIT 1)
            RETURNING id::text AS id
            """
        ).only().string("id")
        _ = try instance.ops("backup")
        let report = try instance.drill(expecting: 13)
        #expect(report.proven == "equal" && report.problems.count == 1)
        #expect(report.problems.first?.code == "drill.value-does-not-open")
        #expect(report.problems.first?.subject == "secrets_v2.encryptedValue")
        #expect(report.problems.first?.message.contains(row) == true)
        let standing = try instance.lastProof()
        #expect(standing.proof == "equal" && standing.damagedSince == nil)
        #expect(standing.drillFailure?.level == "decrypts" && standing.drillFailure?.message.contains(row) == true)
        try place.expectNothing()
    }

    @Test func `a key that does not open the data, and none at all, are told apart from damage`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        let own = try LiveFixture.october.encryptionKey.withBytes { String(decoding: $0, as: UTF8.self) }
        try instance.editEnvFile(own, "00112233445566778899aabbccddeeff")
        try instance.ops("backup").expect(12)
        // Nothing is said of single values: what stays closed under another key has no other reason.
        let census = try instance.ops("census").expect(12).output
        #expect(!census.contains("no server reads it"), "\(census)")
        let wrong = try instance.drill(expecting: 12)
        #expect(wrong.proven == "equal" && wrong.problems.map(\.code) == ["drill.key-does-not-open"])
        #expect(!wrong.notes.contains { $0.hasPrefix("not provable") }, "\(wrong.notes)")
        #expect(try instance.lastProof().drillFailure?.code == "drill.key-does-not-open")
        let id = try instance.ids()[0]
        #expect(
            wrong.hints == [
                "run: infisical-ops keys check \(id)",
                "run, with FILE as an env file that has the key: infisical-ops census \(id) --key-file FILE",
            ])
        let text = try instance.ops("drill").expect(12).output
        #expect(text.contains("problem: the backup \(id) does not open with the key in its escrow: "), "\(text)")
        #expect(!text.contains("drill.key") && !text.contains("opened 0") && !text.contains("decrypted"), "\(text)")
        try instance.editEnvFile("00112233445566778899aabbccddeeff", "")
        try instance.ops("backup").expect(12)
        let missing = try instance.drill(expecting: 12)
        #expect(missing.proven == "equal" && missing.problems.map(\.code) == ["drill.key-missing"])
        // With a backup that keeps the right one, that is named.
        try instance.write(
            Array(try Data(contentsOf: URL(filePath: LiveFixture.october.envFile))), to: instance.envFile)
        try instance.ops("backup").expect(0)
        let kept = try instance.ids()[2]
        // A value that can be no key is wrong, and not missing.
        let short = instance.path("short.env")
        try instance.write(Array("ENCRYPTION_KEY=abc\n".utf8), to: short)
        let unusable = try instance.drill("--key-file", short, expecting: 12)
        #expect(unusable.problems.map(\.code) == ["drill.key-does-not-open"])
        #expect(unusable.problems[0].message.contains("ENCRYPTION_KEY has 3 bytes instead of 32: "))
        let told: DrillReport = try instance.run(["drill", id, "--json"]).expect(12).object()
        #expect(
            told.hints == [
                "a key that opened everything is kept with the backup \(kept); to try it:",
                "run: infisical-ops restore \(kept) --files kept-files",
                "run: infisical-ops census \(id) --key-file \(instance.keptEnvFile)",
            ])
        try place.expectNothing()
    }

    @Test
    func
        `what opens with a key that was supplied is a level of its own, and values that no server reads are not proven`()
        throws
    {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let file = instance.envFile, text = try Data(contentsOf: URL(filePath: file))
        // Of a backup that keeps no key, with the key in force.
        instance.environment["INFISICAL_OPS_ENV_FILE"] = nil
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        try instance.ops("backup").expect(0)
        instance.environment["INFISICAL_OPS_KEY"] = nil
        instance.environment["INFISICAL_OPS_ENV_FILE"] = .plain(file)
        try instance.write(Array(text), to: file)
        let words = "decrypts (key supplied)"
        let supplied = try instance.drill(expecting: 2)
        #expect(supplied.proven == words && supplied.unchecked.isEmpty)
        #expect(supplied.notes.joined().contains("key supplied: the backup keeps no key"))
        #expect(try instance.lastProof().proof == words)
        #expect(try instance.ops("list").output.contains(words))
        #expect(try instance.ops("show").output.contains("verified as \(words)"))
        try instance.refuses(["drill", "--level", words], exit: 64, code: "usage.bad-value")
        // Given by hand it is what was asked for; one that does not open says nothing of the backup.
        instance.environment["INFISICAL_OPS_ENV_FILE"] = nil
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        let given = try instance.drill("--key-file", file)
        #expect(given.proven == words && given.level == words && given.unchecked.isEmpty)
        let other = instance.path("other.env")
        try instance.write(Array("ENCRYPTION_KEY=00112233445566778899aabbccddeeff\n".utf8), to: other)
        let wrong = try instance.drill("--key-file", other, expecting: 12)
        #expect(wrong.proven == "equal" && wrong.problems.map(\.code) == ["drill.key-does-not-open"])
        #expect(wrong.problems.first?.message.contains("does not open with the key that was given: ") == true)
        #expect(try instance.lastProof().proof == words && instance.lastProof().drillFailure == nil)
        try instance.ops("status", "--max-drill-age", "1d").expect(16)
        instance.environment["INFISICAL_OPS_KEY"] = nil
        instance.environment["INFISICAL_OPS_ENV_FILE"] = .plain(file)
        try instance.misplaceValue()
        _ = try instance.ops("backup")
        let misplaced = try instance.drill(expecting: 2)
        #expect(misplaced.proven == "equal" && misplaced.unchecked.joined().contains("no server reads them"))
    }

    @Test func `Infisical starts on the copy and gives a secret back, and what keeps it from that is told`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let backend = instance.path("backend")
        try FileManager.default.copyItem(atPath: Fixtures.path("../Support/Stack/backend"), toPath: backend)
        func configure(_ command: String) throws {
            try instance.write(
                Array("drill:\n  backend:\n    command: [\(command)]\n    folder: \(backend)\n".utf8),
                to: instance.configuration)
        }
        try configure("/usr/bin/python3, server.py")
        let report = try instance.drill("--level", "boots")
        #expect(report.canary?.name.isEmpty == false && report.compared?.tables == report.tables)
        let text = try instance.ops("drill", "--all-levels").expect(0).output
        let canary = try #require(report.canary)
        #expect(
            text.contains("read back    \(canary.name) in \(canary.path) of the environment \(canary.environment), "))
        #expect(report.proven == "boots" && report.phases.map(\.name).contains("boot"))
        #expect(try instance.lastProof().proof == "boots")
        #expect(try instance.ops("drill", "--all-levels", "--schedule").expect(0).output == "")
        try configure("/bin/false")
        let dead = try instance.drill("--level", "boots", expecting: 1)
        #expect(dead.proven == "decrypts" && dead.bootFault?.code == "drill.does-not-boot")
        try place.expectNothing()
    }

    @Test func `what a drill has found of a backup is known to every command, and the advice leads out`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        try instance.sql(
            """
            UPDATE secrets_v2 SET "encryptedValue" = set_byte("encryptedValue", 20, get_byte("encryptedValue", 20) # 1)
            WHERE id = (SELECT id FROM secrets_v2 WHERE length("encryptedValue") > 40 ORDER BY "createdAt" LIMIT 1)
            """)
        _ = try instance.ops("backup")
        let ids = try instance.ids(), hints = try instance.drill(expecting: 13).hints.joined(separator: "\n")
        #expect(hints.contains("run: infisical-ops census --live"), "\(hints)")
        #expect(hints.contains("run: infisical-ops drill \(ids[0])") && !hints.contains("infisical-ops backup"))
        let verified = try instance.ops("verify").expect(2)
        #expect(verified.output.contains("can be read, but its last drill failed"), "\(verified.output)")
        #expect(verified.errors.contains("the last drill of \(ids[1]), at "), "\(verified.errors)")
        try instance.ops("verify", ids[0]).expect(0)
        let status = try instance.ops("status").output
        #expect(status.contains("while the live database has such a value, every new backup has it"), "\(status)")
        // Another wrong key: the backup to take the right one from is the one in which nothing was found.
        try instance.editEnvFile("9f2c47d1e0b86a35c7f41d9280ae53b6", "00112233445566778899aabbccddeeff")
        let wrong = try instance.ops("backup").expect(12).errors
        #expect(wrong.contains("a key that opened everything is \(ids[0])"), "\(wrong)")
        try place.expectNothing()
    }

    @Test func `a key that is kept elsewhere is no wrong key to a drill`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        let text = try Data(contentsOf: URL(filePath: instance.envFile)), kept = instance.path("kept.env")
        try instance.write(Array(text), to: kept)
        try instance.write(Array("AUTH_SECRET=a\n".utf8), to: instance.envFile)
        instance.environment["INFISICAL_OPS_KEY"] = "elsewhere"
        try instance.ops("backup").expect(0)
        let report = try instance.drill()
        #expect(report.proven == "equal" && report.notes.joined().contains("it is kept elsewhere (instance.key)"))
        // Where it was asked for, it is less than that.
        #expect(try instance.drill("--level", "decrypts", expecting: 2).problems.isEmpty)
        #expect(try instance.drill("--key-file", kept).proven == "decrypts (key supplied)")
        try place.expectNothing()
    }

    @Test func `what went away in small steps is said by verify and drill, too`() throws {
        let instance = try OpsInstance(.october), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        for count in [300, 200] {
            try instance.sql(
                "DELETE FROM secrets_v2 WHERE id IN (SELECT id FROM secrets_v2 ORDER BY id LIMIT \(raw: String(count)))"
            )
            try instance.ops("backup").expect(0)
        }
        let words = "holds less than half of the most that there was: 2"
        #expect(try instance.ops("verify").expect(0).errors.contains(words))
        #expect(try instance.drill().warnings.joined().contains(words))
        try place.expectNothing()
    }
}
