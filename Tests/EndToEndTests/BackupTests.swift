import LiveSupport
import Postgres
import Testing

/// What `backup` and `verify` say of themselves, with the built program.
@Suite struct BackupTests {
    private struct Report: Decodable {
        struct Backup: Decodable {
            let id: String
            let sequence: Int
            let era: String?
            let newBytes: Int
        }
        let backup: Backup
        let exit: Int32
    }

    @Test(arguments: [(LiveFixture.july, "S3"), (.october, "S4"), (.s8, "S8")])
    func `a database of every era is backed up, and the second run stores nothing`(
        fixture: LiveFixture, era: String
    ) throws {
        let instance = try OpsInstance(fixture)
        let first: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(first.backup.era == era && first.backup.sequence == 1)
        let second: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(second.backup.sequence == 2 && second.backup.newBytes == 0)
        try instance.ops("verify", "--all", "--level", "readable").expect(0)
    }

    @Test func `a changed row of a table with long values costs a chunk or two, not a table`() throws {
        let instance = try OpsInstance(.october)
        // Some 25 MiB in 3 MiB of heap: its ranges must be much shorter than those of a table without long values.
        try instance.sql(
            """
            CREATE TABLE public.long_values (id int PRIMARY KEY, name text, chain text)
            """)
        try instance.sql(
            """
            ALTER TABLE public.long_values ALTER name SET STORAGE PLAIN, ALTER chain SET STORAGE EXTERNAL
            """)
        try instance.sql(
            """
            INSERT INTO public.long_values
            SELECT n, repeat(md5(n::text), 60), (SELECT string_agg(md5((n * 1000 + m)::text), '') FROM generate_series(1, 500) m)
            FROM generate_series(1, 1600) n
            """)
        let first: Report = try instance.ops("backup", "--json").expect(0).object()
        try instance.sql("UPDATE public.long_values SET name = 'renewed' WHERE id = 100")
        let second: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(first.backup.newBytes > 12_000_000)
        // The row is gone from its old range and in the last one.
        #expect(second.backup.newBytes > 0 && second.backup.newBytes < first.backup.newBytes / 2)
        let third: Report = try instance.ops("backup", "--json").expect(0).object()
        #expect(third.backup.newBytes == 0)
    }
}
