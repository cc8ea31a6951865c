import LiveSupport
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
}
