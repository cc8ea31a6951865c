import DurableFiles
import Effects
import Repository
import Testing

/// What a host remembers of its own changes to the database until the next backup.
@Suite struct OwnChangesTests {
    private let sample: SampleRepository
    private let host: HostState
    private let id = BackupID(started: Timestamp(seconds: 0), random: 1)

    init() throws {
        sample = try SampleRepository()
        host = sample.repository.host
    }

    @Test func `a run that goes on is written down once, two runs twice`() throws {
        #expect(try host.changes() == [])
        for run in ["a", "a", "b", "a"] { try host.note(.undone(run: run)) }
        #expect(try host.changes() == [.undone(run: "a"), .undone(run: "b")])
    }

    @Test func `what a backup names is forgotten, and what came meanwhile stays`() throws {
        try host.note(.restored(id, run: "a"))
        let recorded = try host.changes()
        try host.note(.undone(run: "b"))
        try host.forget(changes: recorded)
        #expect(try host.changes() == [.undone(run: "b")])
        try host.forget(changes: recorded)
        try host.forget(changes: [])
        #expect(try host.changes() == [.undone(run: "b")])
    }

    @Test func `a thousand restores without a backup keep a small file`() throws {
        for run in 0..<100 { try host.note(.restored(id, run: "\(run)")) }
        #expect(try host.changes().count == 16 && host.changes().last?.run == "99")
    }

    @Test func `a file that cannot be read excuses nothing, and stops nothing`() throws {
        try host.note(.undone(run: "a"))
        try sample.files.publish(Array("{".utf8), at: host.folder + "/changes.json")
        #expect(try host.changes() == [])
        try host.note(.undone(run: "b"))
        #expect(try host.changes() == [.undone(run: "b")])
    }
}
