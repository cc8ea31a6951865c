import FoundationEssentials
import LiveSupport
import Postgres
import Testing

/// `diff`: what came and went between two backups.
@Suite struct DiffTests {
    private struct Difference: Decodable {
        struct Change: Decodable {
            let name: String
            let before: String?
            let after: String?
        }
        struct Table: Decodable {
            let name: String
            let rowsBefore: Int
            let rowsAfter: Int
            let content: String
            let columnsAdded: [String]
            let columnsRemoved: [String]
        }
        struct Database: Decodable {
            let role: String
            let tablesRemoved: [String]
            let tablesAdded: [String]
            let tables: [Table]
            let tablesSame: Int
            let sequences: [Change]
            let schema: String
            let properties: [Change]
        }
        let from: String
        let to: String
        let same: Bool
        let databases: [Database]
    }

    @Test func `tables, rows, columns, sequences and schema are told apart`() throws {
        let instance = try OpsInstance(nil)
        try instance.connection().execute(
            script: """
                CREATE TABLE stays AS SELECT generate_series(1, 10) AS a;
                CREATE TABLE grows AS SELECT generate_series(1, 10) AS a;
                CREATE TABLE changes AS SELECT generate_series(1, 10) AS a;
                CREATE TABLE widens (a int);
                INSERT INTO widens VALUES (1);
                CREATE TABLE goes (a int);
                CREATE SEQUENCE counter;
                SELECT nextval('counter');
                """)
        try instance.ops("backup").expect(0)
        try instance.ops("backup").expect(0)
        try instance.connection().execute(
            script: """
                INSERT INTO grows SELECT generate_series(11, 13);
                UPDATE changes SET a = 0 WHERE a = 5;
                ALTER TABLE widens ADD COLUMN b text, DROP COLUMN a;
                DROP TABLE goes;
                CREATE TABLE comes (a int);
                SELECT nextval('counter');
                """)
        try instance.ops("backup").expect(0)
        let ids = try instance.ids()
        let none: Difference = try instance.ops("diff", ids[0], ids[1], "--json").expect(0).object()
        #expect(none.same && none.databases[0].schema == "same" && none.databases[0].tables.isEmpty)
        #expect(try instance.ops("diff", ids[0], ids[1]).expect(0).output.hasSuffix("no difference\n"))
        let found: Difference = try instance.ops("diff", ids[1], "latest", "--json").expect(0).object()
        #expect(!found.same && found.from == ids[1] && found.to == ids[2])
        let database = try #require(found.databases.first)
        #expect(database.role == "main" && database.schema == "differs")
        #expect(database.tablesRemoved == ["public.goes"] && database.tablesAdded == ["public.comes"])
        #expect(database.tables.map(\.name) == ["changes", "grows", "widens"] && database.tablesSame == 2)
        #expect(database.tables.map(\.content) == ["differs", "differs", "not comparable"])
        #expect(database.tables[1].rowsBefore == 10 && database.tables[1].rowsAfter == 13)
        #expect(database.tables[2].columnsAdded == ["b"] && database.tables[2].columnsRemoved == ["a"])
        #expect(database.sequences.map(\.name) == ["public.counter"] && database.properties.isEmpty)
        let text = try instance.ops("diff", ids[1], "latest").expect(0).output
        for words in [
            "from  \(ids[1])", "to    \(ids[2])", "schema: differs", "only in the first backup: table public.goes",
            "only in the second backup: table public.comes", "+3  differs", "public.widens  columns +b -a",
            "sequence public.counter: 1 -> 2", "2 tables without a difference",
        ] {
            #expect(text.contains(words), "\(words): \(text)")
        }
        // The other way round it is the other way round.
        let back: Difference = try instance.ops("diff", "latest", ids[1], "--json").expect(0).object()
        #expect(back.databases[0].tablesAdded == ["public.goes"])
        // No key is needed, and none is asked for.
        try FileManager.default.removeItem(atPath: try instance.identityFile)
        try instance.ops("diff", ids[1], "latest").expect(0)
        try instance.refuses(["diff", ids[1], "x"], exit: 10, code: "repository.no-such-backup")
        try instance.run(["diff", ids[1]]).expect(64)
    }

    @Test func `digests made with other keys are not compared`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        try instance.ops("repository", "rekey", "--yes").expect(0)
        try instance.ops("backup").expect(0)
        let ids = try instance.ids()
        let found: Difference = try instance.ops("diff", ids[0], ids[1], "--json").expect(0).object()
        #expect(!found.same && found.databases[0].schema == "not comparable")
        #expect(found.databases[0].tables.map(\.content) == ["not comparable"])
        #expect(found.databases[0].tables[0].rowsBefore == 1 && found.databases[0].tables[0].rowsAfter == 1)
    }
}
