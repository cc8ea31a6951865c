import FoundationEssentials
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// `repair`: what it moves, fetches and writes again, and what it says stays lost.
@Suite struct RepairCommandTests {
    private struct Report: Decodable {
        let done: Bool
        let fetched: [String]
        let quarantined: [String]
        let resealed: [String]
        let removed: [String]
        let acknowledged: [Int]
        let incomplete: [String]
        let hints: [String]
        let exit: Int32
    }

    private func prepared() throws -> OpsInstance {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, 20000) g")
        try instance.ops("backup").expect(0)
        return instance
    }

    private func flip(_ path: String, _ instance: OpsInstance) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(instance.repository)/\(path)")))
        bytes[bytes.count / 2] ^= 1
        try instance.write(bytes, to: "\(instance.repository)/\(path)")
    }

    @Test func `a whole repository has nothing to repair`() throws {
        let instance = try prepared(), before = try instance.contents()
        #expect(try instance.ops("repair", "--yes").expect(0).output == "nothing to repair\n")
        try instance.expectUnchanged(since: before)
    }

    @Test func `damage is moved away, and a missing chunk is said to be missing`() throws {
        let instance = try prepared(), id = try instance.ids()[0]
        // One of a table: the archive of the schema, which is small, holds the time and is another one each time.
        let chunk = try #require(
            try instance.stored("chunks").first {
                try Data(contentsOf: URL(filePath: "\(instance.repository)/\($0)")).count > 100_000
            })
        try flip(chunk, instance)
        let before = try instance.contents()
        let plan = try instance.ops("repair", "--dry-run").expect(2).output
        #expect(plan.hasSuffix("would end 2: 1 backup cannot be restored as a whole: \(id)\n"))
        #expect(
            plan.contains("move \(chunk) to quarantine/\n")
                && plan.contains("backup \(id) remains incomplete: it lacks 1 file"))
        try instance.refuses(["repair"], exit: 3, code: "command.not-confirmed")
        try instance.expectUnchanged(since: before)
        let report: Report = try instance.ops("repair", "--yes", "--json").expect(2).object()
        #expect(report.done && report.quarantined == [chunk] && report.incomplete == [id] && report.exit == 2)
        #expect(try instance.stored("quarantine").count == 1)
        // What is missing cannot be moved.
        let again = try instance.ops("repair", "--yes").expect(2).output
        #expect(
            again.contains("nothing here that can be repaired") && again.contains("it lacks 1 file")
                && again.contains("infisical-ops repair --from DIR") && again.contains("infisical-ops backup")
                && !again.contains("verify"))
        try instance.ops("backup").expect(0)
        try instance.ops("verify", "--all").expect(0)
    }

    @Test func `another copy gives back what is damaged here`() throws {
        let instance = try prepared(), copy = instance.path("copy")
        try FileManager.default.copyItem(atPath: instance.repository, toPath: copy)
        let id = try instance.ids()[0]
        let chunks = try instance.stored("chunks")
        try flip(chunks[0], instance)
        try FileManager.default.removeItem(atPath: "\(instance.repository)/\(chunks[1])")
        try flip("escrow/\(id).age", instance)
        try flip("backups/\(id).json", instance)
        // The manifest comes first: without it nobody knows what the rest has to be.
        for _ in 1...2 { try instance.ops("repair", "--from", copy, "--yes") }
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        try instance.ops("restore", "--files", instance.path("kept"), "--yes").expect(0)
        // A damaged copy gives nothing.
        try flip(chunks[0], instance)
        let text = "\(copy)/\(chunks[0])"
        try instance.write([1, 2, 3], to: text)
        let report: Report = try instance.ops("repair", "--from", copy, "--yes", "--json").expect(2).object()
        #expect(report.fetched == [] && report.quarantined == [chunks[0]])
    }

    @Test func `another copy that is none is told, and nothing is moved`() throws {
        let instance = try prepared(), chunk = try instance.stored("chunks")[0]
        try flip(chunk, instance)
        let file = instance.path("file"), folder = instance.path("folder")
        try instance.write([1], to: file)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let before = try instance.contents()
        for place in ["/nowhere/at/all", folder, file, file + "/below"] {
            try instance.refuses(
                ["repair", "--from", place, "--yes"], exit: 10, code: "repository.not-found", naming: [place])
            // Also where the repository itself cannot be opened without the copy.
            let own = instance.repository + "/repository.json", away = instance.path("away")
            try FileManager.default.moveItem(atPath: own, toPath: away)
            try instance.refuses(
                ["repair", "--from", place, "--yes"], exit: 10, code: "repository.not-found", naming: [place])
            try FileManager.default.moveItem(atPath: away, toPath: own)
        }
        try instance.expectUnchanged(since: before)
    }

    @Test func `key files and the recovery script are written again from what the host has`() throws {
        let instance = try prepared()
        let files = ["keys/identity-1.age", "keys/id-key-1.age", "keys/signing-key-1.age", "recover.sh", "RECOVER.md"]
        for file in files { try instance.write([], to: "\(instance.repository)/\(file)") }
        try instance.ops("verify").expect(13)
        // The identity opens nothing where the sealed keys are gone; what needs no key is found all the same.
        let away = instance.path("away")
        try FileManager.default.moveItem(atPath: try instance.identityFile, toPath: away)
        let report: Report = try instance.ops("repair", "--yes", "--json").expect(0).object()
        #expect(Set(report.resealed) == Set(files))
        try FileManager.default.moveItem(atPath: away, toPath: try instance.identityFile)
        try instance.ops("verify", "--level", "readable").expect(0)
        try instance.ops("status").expect(0)
    }

    @Test func `an identity that is asked for must be there and open; one that is configured need not`() throws {
        let instance = try prepared()
        try instance.refuses(
            ["repair", "--yes", "--identity-file", "/nowhere/id"], exit: 3, code: "repository.identity-missing",
            naming: ["/nowhere/id"])
        let sealed = instance.path("sealed.age")
        try instance.seal(try instance.identityFile, passphrase: "p", to: sealed)
        try instance.refuses(
            ["repair", "--yes", "--identity-file", sealed], exit: 3, code: "repository.identity-sealed",
            naming: [sealed])
        for path in [sealed, "/nowhere/id"] {
            instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(path)
            try instance.ops("repair", "--yes").expect(0)
        }
    }

    @Test func `with all manifests gone and no copy the plan says what is given up, asks, and ends with 2`() throws {
        let instance = try prepared(), copy = instance.path("copy")
        try instance.ops("backup").expect(0)
        try FileManager.default.copyItem(atPath: instance.repository, toPath: copy)
        for file in try instance.stored("backups") {
            try FileManager.default.removeItem(atPath: "\(instance.repository)/\(file)")
        }
        try instance.refuses(["repair"], exit: 3, code: "command.not-confirmed")
        let plan = try instance.ops("repair", "--dry-run").expect(2).output
        for words in [
            "give up backup number 1: record that its manifest is gone for good\n", "give up backup number 2",
            "first look for another copy of the repository, which may still have it; run, with DIR",
            "would end 2: 2 backups whose manifest is gone are given up\n",
        ] { #expect(plan.contains(words), "\(plan)") }
        try instance.ops("backup").expect(13)
        let given: Report = try instance.ops("repair", "--yes", "--json").expect(2).object()
        #expect(given.done && given.acknowledged == [1, 2] && given.hints.joined().contains("repair --from DIR"))
        try instance.ops("verify", "--all").expect(0)
        // As long as there is a copy, they come back, also below what was taken since.
        let back = try instance.ops("repair", "--from", copy, "--yes").expect(0).output
        #expect(back.contains("repaired; to check it"), "\(back)")
        try instance.ops("verify", "--all").expect(0)
        #expect(try instance.ids().count == 3)
        #expect(try instance.ops("repair").expect(0).output == "nothing to repair\n")
    }

    @Test func `a look that decrypted nothing says so`() throws {
        let instance = try prepared(), sealed = instance.path("sealed.age")
        try instance.seal(try instance.identityFile, passphrase: "p", to: sealed)
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = .plain(sealed)
        #expect(try instance.ops("repair", "--yes").expect(0).errors.contains("so nothing was decrypted"))
        instance.environment["INFISICAL_OPS_IDENTITY_FILE"] = "none"
        #expect(try instance.ops("repair", "--yes").expect(0).errors.isEmpty)
    }
}
