import DurableFiles
import Effects
import Faults
import Glibc
import InstanceAccess
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

@testable import Drills

/// How a scratch server is told from every other, sized, and found again by a later drill.
@Suite struct ScratchTests {
    private var surroundings: Surroundings {
        Surroundings(
            effects: Effects(), clock: SystemClock(), cancellation: Cancellation(), hostName: "test",
            passphrase: { _ in nil })
    }

    private func notScratch(_ body: () throws -> Void) throws -> String? {
        do { try body() } catch let fault as DrillFault {
            #expect(fault.code == "drill.not-scratch" && fault.exit == .refused)
            return fault.message
        }
        return nil
    }

    @Test func `a server without the mark, and one that is the live one in spite of it, is never written to`() throws {
        let live = try LiveServer.connect(LiveServer.get().endpoint())
        let number = try #require(try ServerFacts.identifier(live))
        let unmarked = try notScratch { try ScratchIdentity(marker: "m", others: []).check(live) }
        #expect(unmarked?.contains("lacks the drill's mark") == true)
        // A setting of that name in the session stands for one in the configuration.
        try live.query("SELECT set_config(\(ScratchIdentity.setting), 'other', false)")
        #expect(try notScratch { try ScratchIdentity(marker: "m", others: []).check(live) } != nil)
        try live.query("SELECT set_config(\(ScratchIdentity.setting), 'm', false)")
        let same = try notScratch { try ScratchIdentity(marker: "m", others: ["1", number]).check(live) }
        #expect(same?.contains("the instance's own server") == true)
        #expect(try notScratch { try ScratchIdentity(marker: "m", others: ["1"]).check(live) } == nil)
    }

    @Test func `a scratch server is marked before its first start, listens on no network, and goes with its folder`()
        throws
    {
        let place = LiveServer.newFolder()
        try #require(mkdir(place, 0o755) == 0)
        defer { rmdir(place) }
        let scratch = try LocalScratch(place: place, major: 14, connections: 3, surroundings)
        let connection = try LiveServer.connect(scratch.superuser)
        try ScratchIdentity(marker: scratch.marker, others: []).check(connection)
        for (setting, value) in [
            ("listen_addresses", ""), ("fsync", "off"), ("wal_level", "minimal"), ("max_wal_senders", "0"),
            ("autovacuum", "off"), ("dynamic_shared_memory_type", "mmap"), ("unix_socket_permissions", "0700"),
        ] {
            let shown = try connection.query("SELECT current_setting(\(setting)) AS v").only().string("v")
            #expect(shown == value, "\(setting)")
        }
        // A folder that a drill holds is no leftover.
        #expect(try ScratchFolder.removeLeftovers(in: place, surroundings) == [])
        #expect(try connection.query("SELECT 1").count == 1)
        try scratch.discard()
        #expect(throws: (any Error).self) { try connection.query("SELECT 1") }
        #expect(try surroundings.files.list(place) == [])
    }

    /// As a drill leaves its folder that is killed before it has marked it, or while it removes it.
    @Test(arguments: [[], ["lock"], ["server"], ["lock", "server"]])
    func `a folder without a mark is removed at once, by its name`(content: [String]) throws {
        let place = try TemporaryFolder(in: "/tmp"), files = surroundings.files
        let left = try files.createTemporaryFolder(in: place.path, prefix: Files.drillPrefix)
        for name in content {
            if name == "server" {
                try files.createFolder(Files.join(left, name))
            } else {
                try files.publish([], at: Files.join(left, name))
            }
        }
        let other = try files.createTemporaryFolder(in: place.path)
        let held = try ScratchFolder.make(in: place.path, surroundings)
        #expect(try ScratchFolder.removeLeftovers(in: place.path, surroundings) == [])
        #expect(try Set(files.list(place.path).map(\.name)) == Set([other, held.path].map { Files.name(of: $0) }))
        try held.remove()
    }

    @Test func `drills that begin and clean up at the same time never take each other's folder`() throws {
        let place = try TemporaryFolder(in: "/tmp"), surroundings = surroundings, path = place.path
        try Threads.run(4, onFirstFailure: {}) { _ in
            for _ in 0..<25 {
                let folder = try ScratchFolder.make(in: path, surroundings)
                let problems = try ScratchFolder.removeLeftovers(in: path, surroundings)
                #expect(problems.isEmpty, "\(problems)")
                #expect(try surroundings.files.status(Files.join(folder.path, "drill")) != nil)
                try folder.remove()
            }
        }
        #expect(try surroundings.files.list(path) == [])
    }

    @Test func `a link in the place of the cluster leads to nobody's processes and to nobody's files`() throws {
        let place = try TemporaryFolder(in: "/tmp"), files = surroundings.files
        let theirs = try TemporaryFolder(in: "/tmp")
        try theirs.write("kept", "x")
        let left = try files.createTemporaryFolder(in: place.path, prefix: Files.drillPrefix)
        let server = Files.join(left, "server")
        try files.createFolder(server)
        try #require(symlink(theirs.path, Files.join(server, "data")) == 0)
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        var spec = CommandSpec("sleep", ["60"], environment: CommandSpec.inherited(["PATH"]))
        spec.workingFolder = theirs.path
        var process = try runner.start(spec)
        #expect(try ScratchFolder.removeLeftovers(in: place.path, surroundings) == [])
        #expect(kill(process.process, 0) == 0)
        kill(process.process, SIGKILL)
        _ = try process.wait()
        #expect(try files.list(place.path) == [] && files.status(theirs.path("kept")) != nil)
    }

    @Test func `no server of that version is a refusal that says what to install, and leaves nothing`() throws {
        let place = LiveServer.newFolder()
        try #require(mkdir(place, 0o755) == 0)
        defer { rmdir(place) }
        do {
            _ = try LocalScratch(place: place, major: 99, connections: 3, surroundings)
            Issue.record("there is no PostgreSQL 99")
        } catch let failure as Failure {
            #expect(failure.code == "drill.no-server-programs" && failure.cleanup.isEmpty)
            #expect("\(failure.hints)".contains("postgresql-99"))
        }
        #expect(try surroundings.files.list(place) == [])
    }

    @Test(arguments: [(0, "32MB"), (1 << 29, "64MB"), (1 << 40, "128MB")])
    func `memory is shared with the rest of the machine`(free: Int, buffers: String) {
        #expect(ScratchSettings.make(marker: "m", connections: 3, memory: free)["shared_buffers"] == buffers)
        #expect(ScratchSettings.freeMemory(surroundings.files) > 1 << 20)
    }

    @Test func `a place needs room for the rows and their indexes`() throws {
        let place = try TemporaryFolder()
        do {
            _ = try LocalScratch.place(place.path, bytes: Int.max / 4, surroundings)
            Issue.record("there is no such disk")
        } catch let fault as DrillFault { #expect(fault.code == "drill.no-room") }
    }
}
