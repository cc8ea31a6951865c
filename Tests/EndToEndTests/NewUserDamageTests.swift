import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// What made somebody stop who had nothing but the program, its README, and a damaged repository.
@Suite struct NewUserDamageTests {
    @Test
    func `after a repair that could not bring everything back the advice is what helps, and leads nowhere in a circle`()
        throws
    {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, 20000) g")
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0], copy = instance.path("copy")
        try FileManager.default.copyItem(atPath: instance.repository, toPath: copy)
        let chunk = try #require(
            try instance.stored("chunks").first {
                try Data(contentsOf: URL(filePath: "\(instance.repository)/\($0)")).count > 100_000
            })
        try instance.write([1], to: "\(instance.repository)/\(chunk)")
        let found = try instance.ops("verify", "--all").expect(13)
        #expect(
            found.output.hasSuffix("\nthe backup is damaged\n") && found.errors.contains("run: infisical-ops repair;"))
        let repaired = try instance.ops("repair", "--yes").expect(2).output
        #expect(repaired.contains("done, but 1 backup cannot be restored as a whole: \(id)"))
        #expect(!repaired.contains("repaired") && !repaired.contains("verify"))
        for text in [repaired, try instance.ops("repair", "--yes").expect(2).output] {
            #expect(text.contains("run, with DIR as another copy of the repository: infisical-ops repair --from DIR"))
            #expect(text.contains("run: infisical-ops backup"))
        }
        // Nothing is left to repair, and verify does not send anybody there.
        let again = try instance.ops("verify", "--all").expect(13)
        #expect(
            again.errors.contains("repair --from DIR") && !again.errors.contains("run: infisical-ops repair;"))
        #expect(again.errors.contains("the backup \(id) cannot be restored as a whole"))
        // Who looks at the backup, or at all of them, hears of it, too.
        for command in [["show", id], ["list"]] {
            let shown = try instance.run(command).expect(0)
            #expect(shown.output.contains("DAMAGED") && shown.errors.contains("infisical-ops repair --from DIR"))
        }
        // Nor does status: what repair has moved aside is not there to be moved again.
        let aside = try instance.ops("status").expect(13).errors
        #expect(
            aside.contains("has been moved aside")
                && aside.contains("run, with DIR as another copy of the repository: infisical-ops repair --from DIR"))
        #expect(aside.contains("run: infisical-ops backup") && !aside.contains("then: infisical-ops repair"))
        // A new backup of other rows is whole; the old one stays lost, and is named.
        try instance.sql("UPDATE t SET b = md5(b)")
        try instance.ops("backup").expect(0)
        try instance.ops("verify").expect(0)
        // Proofs have seconds: that of the new backup has to be later than the damage.
        for _ in 0..<20 where try instance.ops("status").exit != 0 { try instance.ops("verify").expect(0) }
        let status = try instance.ops("status").expect(0).output
        #expect(status.contains("in 1 backup when last verified: \(id)"))
        let whole = try instance.ops("repair", "--from", copy, "--yes").expect(0).output
        #expect(whole.contains("repaired; to check it, run: infisical-ops verify --all"))
        let replaced = try instance.ops("status").expect(0).output
        #expect(replaced.contains("has been replaced") && replaced.contains("run: infisical-ops verify --all"))
        #expect(!replaced.contains("infisical-ops repair"))
        #expect(
            try instance.ops("verify", "--all").expect(0).output.hasSuffix("all 2 backups are whole and can be read\n"))
    }

    @Test func `a chunk that is missing is told with its backup, and leads to another copy`() throws {
        let instance = try OpsInstance(.october)
        try instance.ops("backup").expect(0)
        let id = try instance.ids()[0]
        for chunk in try instance.stored("chunks") {
            try FileManager.default.removeItem(atPath: "\(instance.repository)/\(chunk)")
        }
        for place in ["latest", id] {
            let fault = try instance.run(["export", "--list", "--from", place, "--json"]).expect(13).fault()
            #expect(fault.code == "repository.chunk-missing" && fault.message.hasPrefix("the backup \(id): chunk "))
            #expect(
                fault.hints.contains("run, with DIR as another copy of the repository: infisical-ops repair --from DIR")
            )
        }
    }

    @Test func `a repository.json that is empty leads to what brings it back`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let copy = instance.path("copy")
        try FileManager.default.copyItem(atPath: instance.repository, toPath: copy)
        try instance.write([], to: "\(instance.repository)/repository.json")
        let fault = try instance.run(["status", "--json"]).expect(13).fault()
        let hints = [
            "run: infisical-ops repair",
            "run, with DIR as another copy of the repository: infisical-ops repair --from DIR",
        ]
        #expect(fault.hints == hints)
        #expect(!fault.hints.contains { $0.contains("verify") })
        try instance.ops("repair", "--from", copy, "--yes").expect(0)
        try instance.ops("status").expect(0)
        // Nor does one that is gone lead to a new repository.
        try FileManager.default.removeItem(atPath: "\(instance.repository)/repository.json")
        #expect(try instance.run(["status", "--json"]).expect(3).fault().hints == hints)
        try instance.ops("repair", "--yes").expect(0)
        try instance.ops("status").expect(0)
    }

    @Test func `status ends 13 while a key file is damaged`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        try instance.write([1], to: "\(instance.repository)/keys/id-key-1.age")
        let status = try instance.ops("status").expect(13)
        #expect(status.output.contains("keys/id-key-1.age"))
        try instance.ops("repair", "--yes").expect(0)
        try instance.ops("status").expect(0)
    }

    @Test func `verify counts the chunks of each backup as show does, and ends with a verdict`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        try instance.sql("CREATE TABLE more AS SELECT generate_series(1, 100) AS a")
        try instance.ops("backup").expect(0)
        let verified = try instance.ops("verify", "--all").expect(0).output
        for id in try instance.ids() {
            let shown = try instance.ops("show", id).expect(0).output
            let size = try #require(shown.split(separator: "\n").first { $0.hasPrefix("size") })
            let count = try #require(size.split(separator: " in ").last?.split(separator: ",").first)
            #expect(verified.contains("\(id)  readable, \(count)\n"), "\(verified)")
        }
        #expect(verified.contains("different chunks, "))
        #expect(verified.hasSuffix("all 2 backups are whole and can be read\n"))
        let stored = try instance.ops("verify", "--level", "stored").expect(0).output
        #expect(stored.hasSuffix("the backup is whole; nothing was decrypted\n"))
    }

    @Test func `damage that backups share is counted as what it is, and all ids of a list have one length`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, 20000) g")
        for _ in 0..<3 { try instance.ops("backup").expect(0) }
        let ids = try instance.ids()
        let listed = try instance.ops("list").expect(0).output.split(separator: "\n").dropFirst()
        let short = listed.compactMap { $0.split(separator: " ").first }
        #expect(Set(short.map(\.count)).count == 1 && Set(short).count == 3)
        #expect(zip(short, ids).allSatisfy { $1.hasPrefix($0) })
        let chunk = try #require(
            try instance.stored("chunks").first {
                try Data(contentsOf: URL(filePath: "\(instance.repository)/\($0)")).count > 100_000
            })
        try instance.write([1], to: "\(instance.repository)/\(chunk)")
        let latest = try instance.ops("verify").expect(13).output
        #expect(latest.hasSuffix("\nthe backup is damaged, and so are 2 other backups\n"), "\(latest)")
        let two = try instance.ops("verify", ids[0], ids[1]).expect(13).output
        #expect(two.hasSuffix("\n2 of the 2 backups are damaged, and so is 1 other backup\n"), "\(two)")
        #expect(try instance.ops("verify", "--all").expect(13).output.hasSuffix("\n3 of the 3 backups are damaged\n"))
    }

    @Test func `a manifest that is gone is looked for in another copy before it is given up`() throws {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT 1 AS a")
        for _ in 0..<3 { try instance.ops("backup").expect(0) }
        let copy = instance.path("copy"), id = try instance.ids()[1]
        try FileManager.default.copyItem(atPath: instance.repository, toPath: copy)
        let manifest = "backups/\(id).json"
        try FileManager.default.removeItem(atPath: "\(instance.repository)/\(manifest)")
        let found = try instance.ops("verify", "--all").expect(13)
        #expect(found.errors.contains("another copy of the repository may have it; run, with DIR as another copy of"))
        struct Report: Decodable { let hints: [String] }
        let report: Report = try instance.ops("verify", "--all", "--json").expect(13).object()
        #expect(
            report.hints.first == "run, with DIR as another copy of the repository: infisical-ops repair --from DIR")
        #expect(try instance.ops("repair", "--dry-run").expect(2).output.contains("is gone for good"))
        try instance.ops("repair", "--from", copy, "--yes").expect(0)
        #expect(try instance.ids().contains(id))
        try instance.ops("verify", "--all").expect(0)
        // Also after it was given up.
        for suffix in ["", ".sig"] {
            try FileManager.default.removeItem(atPath: "\(instance.repository)/\(manifest)\(suffix)")
        }
        #expect(try instance.ops("repair", "--yes").expect(2).output.contains("is gone for good"))
        #expect(try instance.ops("status").expect(0).errors.isEmpty)
        let offered = try instance.ops("repair", "--from", copy, "--dry-run").expect(0).output
        #expect(offered.contains("take \(manifest) from the other copy"))
        try instance.ops("repair", "--from", copy, "--yes").expect(0)
        #expect(try instance.ids().contains(id))
        try instance.ops("verify", "--all").expect(0)
    }
}
