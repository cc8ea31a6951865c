import DurableFiles
import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import Secrets
import TestSupport
import Testing

/// Where `drill` makes its server, and that nothing of it stays.
@Suite struct DrillPlaceTests {
    // MARK: - What stays

    @Test func `a kept server can be reached and removed as it says, and the next drill leaves it alone`() throws {
        let instance = try OpsInstance.ofNineRows(), place = try DrillPlace(instance)
        let kept = try #require(try instance.drill("--keep").kept)
        #expect(
            try place.names == [kept.folder.split(separator: "/").last.map(String.init)] && !place.processes.isEmpty)
        #expect(try instance.drill().proven == "equal")
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        let environment = CommandSpec.inherited(["PATH"])
        let answer = try runner.run(
            CommandSpec(
                kept.connect[0][0], Array(kept.connect[0].dropFirst()) + ["-Atc", "SELECT count(*) FROM public.t"],
                environment: environment), deadline: .seconds(20)
        ).succeeded()
        #expect(String(decoding: answer.output, as: UTF8.self) == "9\n")
        for command in kept.remove {
            _ = try runner.run(
                CommandSpec(command[0], Array(command.dropFirst()), environment: environment, workingFolder: "/"),
                deadline: .seconds(20)
            ).succeeded()
        }
        try place.expectNothing()
    }

    /// A drill that has started its server.
    private func running(_ instance: OpsInstance, _ place: DrillPlace) throws -> BackgroundRun {
        let run = try BackgroundRun(instance, ["drill", "--json"])
        for _ in 0..<4000 where try place.processes.isEmpty { usleep(5_000) }
        try #require(try !place.processes.isEmpty)
        return run
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func `a signal ends a drill and leaves nothing`(signal: Int32, exit: Int32) throws {
        let instance = try OpsInstance(.s7), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let run = try running(instance, place)
        run.signal(signal)
        #expect(try run.wait() == exit)
        try place.expectNothing()
        try instance.expectUnlocked()
        #expect(try instance.lastProof().proof == nil)
    }

    @Test func `what a killed drill leaves the next one removes, and nothing else`() throws {
        let instance = try OpsInstance(.s7), place = try DrillPlace(instance)
        try instance.ops("backup").expect(0)
        let run = try running(instance, place)
        run.signal(SIGKILL)
        _ = try run.wait()
        #expect(try place.names.count == 1 && !place.processes.isEmpty)
        // Of another program, under a name of the same form; and of a drill that is just going on.
        let other = place.path + "/.tmp-0123456789abcdef", more = place.path + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        try instance.write([1], to: other + "/file")
        try FileManager.default.createDirectory(atPath: more, withIntermediateDirectories: false)
        let standing = try BackgroundRun(instance, ["drill", "--json", "--level", "restored"])
        let report = try instance.drill()
        #expect(report.proven == "decrypts" && report.warnings == [])
        #expect(try standing.wait() == 0)
        #expect(try place.names == [".tmp-0123456789abcdef", "other"] && place.processes.isEmpty)
    }

    // MARK: - What is refused

    @Test func `without programs, room or a folder that can be reached it is refused before anything is made`() throws {
        let instance = try OpsInstance.ofNineRows(), place = try DrillPlace(instance)
        let none = try instance.shell(
            "mount -t tmpfs none /usr/lib/postgresql; exec env PATH=/usr/bin:/bin \"$OPS\" drill --json")
        #expect(try none.expect(3).fault().code == "drill.no-server-programs")
        #expect(try none.fault().hints[0].contains("postgresql-15"))
        let small = try instance.shell(
            "mount -t tmpfs -o size=64m none '\(place.path)'; \"$OPS\" drill --json || code=$?; "
                + "ls -A '\(place.path)'; exit $code")
        #expect(try small.expect(3).fault().code == "drill.no-room" && small.output == "")
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = .plain(instance.path("home"))
        try instance.refuses(["drill"], exit: 3, code: "drill.place-closed")
        try place.expectNothing()
    }

    @Test func `no folder that others may change is taken, and nothing that Infisical ran on is kept`() throws {
        let instance = try OpsInstance(nil)
        try instance.ops("backup").expect(0)
        let open = instance.path("open")
        try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
        #expect(chmod(open, 0o777) == 0)
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = .plain(open)
        try instance.refuses(["drill"], exit: 3, code: "drill.place-open")
        #expect(try FileManager.default.contentsOfDirectory(atPath: open).isEmpty)
        instance.environment["INFISICAL_OPS_DRILL_FOLDER"] = nil
        try instance.write(
            Array("drill:\n  backend:\n    command: [/bin/true]\n    folder: /usr/share\n".utf8),
            to: instance.configuration)
        try instance.refuses(["drill", "--level", "boots", "--keep"], exit: 3, code: "drill.kept-boot")
    }
}
