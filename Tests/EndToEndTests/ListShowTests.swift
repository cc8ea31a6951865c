import FoundationEssentials
import LiveSupport
import Postgres
import Testing

/// `list` and `show`, and the ways to name a backup.
@Suite struct ListShowTests {
    private struct List: Decodable {
        struct Backup: Decodable {
            let id: String
            let sequence: Int
            let rows: Int
            let storedBytes: Int
            let newBytes: Int
            let proof: String?
        }
        let schema: String
        let backups: [Backup]
        let exit: Int32
    }

    private struct Shown: Decodable {
        struct Database: Decodable {
            struct Table: Decodable {
                let schema: String
                let name: String
                let rows: Int
                let digest: String
            }
            let role: String
            let name: String
            let tables: [Table]
        }
        let schema: String
        let backup: List.Backup
        let databases: [Database]
    }

    @Test func `backups are listed oldest first, with size, new bytes and proof`() throws {
        let instance = try OpsInstance()
        #expect(try instance.ops("list").expect(0).output == "no backup yet; run: infisical-ops backup\n")
        for _ in 1...2 { try instance.ops("backup").expect(0) }
        try instance.ops("verify", try instance.ids()[0]).expect(0)
        let list: List = try instance.ops("list", "--json").expect(0).object()
        #expect(list.schema == "infisical-ops/list/1" && list.exit == 0)
        #expect(list.backups.map(\.sequence) == [1, 2])
        #expect(list.backups.map(\.proof) == ["readable", nil])
        #expect(list.backups[0].newBytes == list.backups[0].storedBytes)
        #expect(list.backups[1].newBytes < list.backups[0].newBytes / 10)
        let lines = try instance.ops("list").expect(0).output.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("ID ") && lines[0].hasSuffix("PROOF"))
        for (line, backup) in zip(lines.dropFirst(), list.backups) {
            // Short, but enough of the id to name the backup.
            let id = try #require(line.split(separator: " ").first)
            #expect(id.count >= 16 && backup.id.hasPrefix(id))
            #expect(try instance.ops("show", String(id)).expect(0).output.contains(backup.id))
        }
        #expect(lines[1].hasSuffix("readable") && lines[2].hasSuffix("not verified"))
    }

    @Test func `the list can be cut to the newest and to those with a tag`() throws {
        let instance = try OpsInstance(nil)
        #expect(
            try instance.ops("list", "--tag", "a=1").expect(0).output == "no backup yet; run: infisical-ops backup\n")
        for tags in [["a=1"], ["a=2", "b=x y"], [], ["a=1", "b=\u{1b}[31m"]] {
            try instance.run(["backup"] + tags.flatMap { ["--tag", $0] }).expect(0)
        }
        let ids = try instance.ids()
        let listed = { (arguments: [String]) -> [Int] in
            let list: List = try instance.run(["list", "--json"] + arguments).expect(0).object()
            return list.backups.map(\.sequence)
        }
        #expect(try listed([]) == [1, 2, 3, 4])
        #expect(try listed(["--last", "2"]) == [3, 4])
        #expect(try listed(["--last", "9"]) == [1, 2, 3, 4])
        #expect(try listed(["--tag", "a=1"]) == [1, 4])
        #expect(try listed(["--tag", "a=1", "--last", "1"]) == [4])
        #expect(try listed(["--tag", "a=2", "--tag", "b=x y"]) == [2])
        #expect(try listed(["--tag", "a=1", "--tag", "b=x y"]) == [])
        #expect(try instance.ops("list", "--ids", "--last", "1").expect(0).output == ids[3] + "\n")
        #expect(try instance.ops("list", "--tag", "a=3").expect(0).output == "no backup has these tags\n")
        let lines = try instance.ops("list").expect(0).output.split(separator: "\n")
        #expect(lines[0].contains("KEY") && lines[0].contains("TAGS") && lines[0].hasSuffix("PROOF"))
        #expect(lines[2].contains("a=2 b=x y") && lines[4].contains("b=\\u{1b}[31m"))
        // A column without anything in it is not there.
        let plain = try instance.ops("list", "--last", "2", "--tag", "a=1").expect(0).output
        #expect(plain.contains("TAGS"))
        for arguments in [["--last", "0"], ["--last", "x"], ["--tag", "a"]] {
            try instance.run(["list"] + arguments).expect(64)
        }
    }

    @Test func `a backup is named by its id, the beginning of it, or latest`() throws {
        let instance = try OpsInstance(nil)
        for _ in 1...2 { try instance.ops("backup").expect(0) }
        let ids = try instance.ids()
        var length = 1
        while ids[0].prefix(length) == ids[1].prefix(length) { length += 1 }
        for (text, id) in [
            ("latest", ids[1]), (ids[0], ids[0]), (String(ids[0].prefix(length)), ids[0]),
            (String(ids[1].prefix(length)), ids[1]),
        ] {
            let shown: Shown = try instance.ops("show", text, "--json").expect(0).object()
            #expect(shown.backup.id == id)
            #expect(try instance.ops("verify", text).expect(0).output.hasPrefix(id + "  readable"))
            let plan = try instance.ops("restore", text, "--to-database", "x", "--dry-run").expect(0).output
            #expect(plan.contains("Restore \(id) "))
        }
        let shown: Shown = try instance.ops("show", "--json").expect(0).object()
        #expect(shown.backup.id == ids[1])
        // One that is named twice is checked once.
        let twice = try instance.ops("verify", "latest", ids[1]).expect(0).output
        #expect(twice.split(separator: "\n").filter { $0.hasPrefix(ids[1]) }.count == 1)
    }

    @Test func `a backup is shown with its tables, keys and files`() throws {
        let instance = try OpsInstance()
        try instance.ops("backup").expect(0)
        let shown: Shown = try instance.ops("show", "--json").expect(0).object()
        let database = try #require(shown.databases.first)
        #expect(shown.schema == "infisical-ops/show/1" && database.role == "main" && database.name == instance.database)
        #expect(database.tables.reduce(0) { $0 + $1.rows } == shown.backup.rows)
        let users = try #require(database.tables.first { $0.name == "users" })
        #expect(users.rows == 8 && users.digest.count == 32 && users.schema == "public")
        let text = try instance.ops("show").expect(0).output
        for word in [
            "backup     \(shown.backup.id)  (number 1)", "proof      not verified", "escrow     .env",
            "Infisical  era S4, 133 migrations", "key        opens the data (label ", "the root key: opened (label ",
            "values under ROOT_ENCRYPTION_KEY: not tried (none in this database)", "public.users", "empty tables",
            "signer     SHA256:",
        ] {
            #expect(text.contains(word), "\(word)")
        }
    }
}
