import Age
import FoundationEssentials
import LiveSupport
import Postgres
import TestSupport
import Testing

/// `repository recipients` and `repository rekey`: who can read which backup afterwards.
@Suite struct RecipientsTests {
    private struct Recipients: Decodable {
        let schema: String
        let recipients: [String]
        let warnings: [String]
        let hints: [String]
    }

    private struct Person {
        let recipient: String
        let file: String

        init(_ name: String, _ instance: OpsInstance) throws {
            let identity = try AgeIdentity.generate()
            recipient = try #require(try identity.recipient().text)
            file = instance.path(name + ".txt")
            try instance.writeIdentity(identity, to: file)
        }
    }

    private func prepared() throws -> OpsInstance {
        let instance = try OpsInstance(nil)
        try instance.sql("CREATE TABLE t AS SELECT g AS a, md5(g::text) AS b FROM generate_series(1, 20000) g")
        try instance.ops("backup").expect(0)
        return instance
    }

    @Test func `after two changes the new recipient reads old and new backups, the former one none`() throws {
        let instance = try prepared(), first = try Person("first", instance), second = try Person("second", instance)
        let shown: Recipients = try instance.ops("repository", "recipients", "--json").expect(0).object()
        #expect(shown.recipients.count == 1 && shown.schema == "infisical-ops/repository-recipients/1")

        let plan = try instance.ops("repository", "recipients", first.recipient, "--dry-run").expect(0)
        #expect(plan.output == "remove \(shown.recipients[0])\nadd \(first.recipient)\n")
        #expect(plan.errors.contains("will no longer open the repository"))
        try instance.refuses(
            ["repository", "recipients", first.recipient], exit: 3, code: "command.not-confirmed")
        let chunks = try instance.stored("chunks").map {
            try Data(contentsOf: URL(filePath: instance.repository + "/" + $0))
        }
        let changed: Recipients = try instance.ops("repository", "recipients", first.recipient, "--yes", "--json")
            .expect(0).object()
        #expect(changed.recipients == [first.recipient] && changed.warnings.count == 1)
        #expect(changed.hints.joined().contains("infisical-ops init"))
        try instance.ops("backup").expect(0)
        let sheet = try instance.ops(
            "repository", "recipients", second.recipient, "--yes", "--identity-file", first.file
        ).expect(0).output
        // The one on paper names an identity that opens nothing any more.
        for words in [
            "the recovery sheet that you have names others; print this one", "RECOVERY SHEET",
            "identity             not on this host", "readable by          \(second.recipient)\n",
        ] { #expect(sheet.contains(words), "\(sheet)") }
        let again = try instance.ops("init", "--no-configuration").expect(2)
        #expect(try !again.output.contains(instance.identityFile), "\(again.output)")
        #expect(again.errors.contains("opens nothing in this repository"), "\(again.errors)")
        try instance.ops("backup").expect(0)
        let now = try instance.stored("chunks").map {
            try Data(contentsOf: URL(filePath: instance.repository + "/" + $0))
        }
        #expect(chunks.allSatisfy(now.contains), "a chunk was rewritten")

        try instance.ops("verify", "--all", "--level", "readable", "--identity-file", second.file).expect(0)
        for id in try instance.ids() {
            let copy = try instance.restoredName()
            try instance.ops("restore", id, "--to-database", copy, "--identity-file", second.file, "--yes").expect(0)
            #expect(try instance.counts(of: [("public", "t")], in: copy) == [20000])
        }
        for file in [first.file, try instance.identityFile] {
            try instance.refuses(
                ["verify", "--identity-file", file], exit: 12, code: "repository.identity-opens-nothing", naming: [file]
            )
        }
        // Who may read the kept files was decided when each was written.
        let ids = try instance.ids()
        try instance.ops("restore", ids[1], "--files", instance.path("k"), "--identity-file", first.file, "--yes")
            .expect(0)
        try instance.refuses(
            ["restore", ids[2], "--files", instance.path("l"), "--identity-file", first.file, "--yes"], exit: 12,
            code: "repository.identity-opens-nothing")
    }

    @Test func `only who can read may say who else can`() throws {
        let instance = try prepared(), person = try Person("person", instance)
        try instance.refuses(
            ["repository", "recipients", person.recipient, "--yes", "--identity-file", person.file], exit: 12,
            code: "repository.identity-opens-nothing", naming: [person.file])
        let before: Recipients = try instance.ops("repository", "recipients", "--json").expect(0).object()
        // The same ones again finish a change that was cut off; two times the same is once.
        let own = before.recipients[0]
        #expect(
            try instance.ops("repository", "recipients", own, "--dry-run").expect(0).output
                == "reseal the key files for the same recipients\n")
        let both: Recipients = try instance.ops(
            "repository", "recipients", own, person.recipient, person.recipient, "--yes", "--json"
        ).expect(0).object()
        #expect(both.recipients == [own, person.recipient] && both.warnings == [])
        for file in [person.file, try instance.identityFile] {
            try instance.ops("verify", "--level", "readable", "--identity-file", file).expect(0)
        }
    }

    @Test func `a configuration that names others is told`() throws {
        let instance = try prepared(), person = try Person("person", instance)
        try instance.write(
            Array("repository:\n  recipients: [\(person.recipient)]\n".utf8), to: instance.configuration)
        let result = try instance.ops("backup").expect(0)
        #expect(result.errors.contains("infisical-ops repository recipients \(person.recipient)"))
        let own: Recipients = try instance.ops("repository", "recipients", "--json").expect(0).object()
        let changed: Recipients = try instance.ops(
            "repository", "recipients", own.recipients[0], "--yes", "--json"
        ).expect(0).object()
        #expect(changed.warnings.contains { $0.contains("\(instance.configuration):2") })
        try instance.ops("repository", "recipients", person.recipient, "--yes").expect(0)
        #expect(try !instance.ops("backup").expect(0).errors.contains("recipients"))
    }

    @Test func `after a rekey the next backup is full, and all backups stay readable`() throws {
        struct Report: Decodable {
            struct Backup: Decodable {
                let newBytes: Int
                let storedBytes: Int
            }
            let backup: Backup
        }
        struct Rekeyed: Decodable {
            let schema: String
            let generation: Int
            let recipient: String
        }
        let instance = try prepared()
        let second: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(second.backup.newBytes < second.backup.storedBytes / 4)
        #expect(
            try instance.ops("repository", "rekey", "--dry-run").expect(0).output.contains(
                "the next backup is a full one"))
        try instance.refuses(["repository", "rekey"], exit: 3, code: "command.not-confirmed")
        let rekeyed: Rekeyed = try instance.ops("repository", "rekey", "--yes", "--json").expect(0).object()
        #expect(rekeyed.generation == 2 && rekeyed.recipient.hasPrefix("age1"))
        let full: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(full.backup.newBytes == full.backup.storedBytes)
        let next: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(next.backup.newBytes < next.backup.storedBytes / 4)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
        for id in try instance.ids() {
            let copy = try instance.restoredName()
            try instance.ops("restore", id, "--to-database", copy, "--yes").expect(0)
            #expect(try instance.dump(copy) == instance.dump(instance.database))
        }
    }
}
