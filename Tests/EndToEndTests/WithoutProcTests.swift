import LiveSupport
import Testing

/// Where there is no /proc, as in a bare container or a rescue system.
@Suite struct WithoutProcTests {
    @Test func `the words of the command line count, and backups are taken, proven and restored`() throws {
        let instance = try OpsInstance(nil)
        let copy = try instance.restoredName(), hide = "mount -t tmpfs tmpfs /proc\n"
        let unknown = try instance.shell(hide + "\"$OPS\" bakcup --json").expect(64)
        #expect(try unknown.fault().code == "usage.unknown-command")
        let run = try instance.shell(
            hide + """
                [ ! -e /proc/self ]
                "$OPS" backup --tag 'a=x y' --quiet
                "$OPS" verify --level readable
                "$OPS" restore --to-database \(copy) --yes --quiet
                "$OPS" list --tag 'a=x y' --ids
                """
        ).expect(0)
        #expect(run.output.hasSuffix("\n\(try instance.ids()[0])\n") && run.output.contains("readable"))
        #expect(try instance.counts(of: [("public", "something")], in: copy) == [1])
    }
}
