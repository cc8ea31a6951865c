import Effects
import Faults
import Glibc
import Instance
import InstanceAccess
import LiveSupport
import Postgres
import TestSupport
import Testing

/// Stopping the backend, and believing it only when nothing of it is left.
@Suite struct BackendControlTests {
    private let bench: Bench

    init() throws { bench = try Bench(nil, initialised: false) }

    private func control(patience: Int = 1) throws -> BackendControl {
        BackendControl(try bench.access(), patience: patience)
    }

    /// A session with the bench's database under a name, or under none.
    private func session(_ name: String) throws -> Connection {
        let session = try LiveServer.connect(try LiveServer.get().endpoint(database: bench.database))
        try session.query("SELECT set_config('application_name', \(name), false)")
        return session
    }

    private func expectNotStopped(_ words: String, _ body: () throws -> Void) {
        let refused = fault { try body() }
        #expect(refused?.code == "instance.not-stopped" && refused?.exit == .failed, "\(refused as Any)")
        #expect(refused?.message.contains(words) == true && refused?.hints.isEmpty == false, "\(refused as Any)")
    }

    // MARK: - In a container

    @Test func `a container that ends, answers nothing and has no session is stopped`() throws {
        let engine = try ScriptedEngine(for: bench)
        try control().stop()
        #expect(try engine.commands() == ["stop -t 1 f56025a642f27a32e856d31f0320475947017c0649772933260cdb690731236d"])
        try control().start()
        #expect(try bench.access().containers?[.backend]?.state == .running)
    }

    @Test func `one that still runs, still answers, or still has a session is not`() throws {
        let engine = try ScriptedEngine(for: bench)
        try engine.hook("case $1 in stop) exit 0 ;; esac")
        expectNotStopped("the container infisical-backend is running") { try control().stop() }
        try engine.hook("")
        try engine.change(.backend, ".State.Status = \"exited\"")
        expectNotStopped("answers 200") { try control().requireStopped() }
        try engine.folder.write("stopped", "")
        let unnamed = try session("")
        expectNotStopped("the database has a session of") { try control().requireStopped() }
        // Where the engine says that the process has ended, a client that names itself is somebody else.
        try unnamed.query("SELECT set_config('application_name', 'psql', false)")
        try control().requireStopped()
    }

    @Test func `an engine that fails is told, one that cannot change policies is none that fails`() throws {
        let engine = try ScriptedEngine(for: bench)
        #expect(try control().setRestartPolicy("no", of: "infisical-backend"))
        #expect(try engine.commands() == ["update --restart no infisical-backend"])
        try engine.hook("case $1 in update) echo 'unknown flag: --restart' >&2; exit 125 ;; stop) exit 3 ;; esac")
        #expect(try !control().setRestartPolicy("no", of: "infisical-backend"))
        #expect(fault { try control().stop() }?.code == "process.failed")
        try engine.hook("")
        try engine.remove(.backend)
        // Nothing is there to be stopped, and nothing to be started.
        try control().stop()
        #expect(fault { try control().start() }?.code == "instance.container-missing")
    }

    @Test func `a container is made again by its own project`() throws {
        let engine = try ScriptedEngine(for: bench), container = try #require(try bench.access().containers?[.backend])
        try control().recreate(container)
        #expect(try engine.commands().count == 1 && engine.commands()[0].contains("--force-recreate infisical-backend"))
    }

    // MARK: - Without an engine

    private func use(stop: String = "/bin/true", start: String = "/bin/true", port: Int? = nil) {
        bench.instanceLines = ["containers: none", "commands: { stop: [\(stop)], start: [\(start)] }"]
        if let port { bench.instanceLines.append("url: http://127.0.0.1:\(port)") }
    }

    @Test func `without containers any other session counts`() throws {
        use()
        let named = try session("psql")
        expectNotStopped("psql of postgres") { try control().stop() }
        named.close()
        try control().stop()
    }

    @Test func `commands that are missing or fail`() throws {
        #expect(fault { try control().stop() }?.code == "instance.no-command")
        use(stop: "/bin/false", start: "/nowhere/start")
        let failed = fault { try control().stop() }
        #expect(failed?.code == "instance.command-failed" && failed?.exit == .failed)
        #expect(fault { try control().start() }?.message.contains("instance.commands.start failed") == true)
        use(stop: "/bin/sleep, \"20\"")
        bench.cancellation.cancel(signal: 2)
        #expect(fault { try control().stop() }?.exit == .interrupted)
    }

    @Test func `one that was not there need not be seen to go`() throws {
        use(port: 1)
        let control = try control(), before = try control.lookBefore()
        try control.stopWhole(before)
        use()
        let unknown = try self.control()
        try unknown.stopWhole(try unknown.lookBefore())
    }

    @Test func `one that goes is stopped, one that stays is not`() throws {
        let stopped = bench.folder.path("stopped"), backend = try LocalServers.backend { access(stopped, F_OK) != 0 }
        use(port: backend.port)
        let staying = try control(), before = try staying.lookBefore()
        expectNotStopped("answers 200") { try staying.stopWhole(before) }
        use(stop: "/usr/bin/touch, \(stopped)", port: backend.port)
        let going = try control()
        try going.stopWhole(before)
    }

    @Test func `one whose place another process has taken is stopped`() throws {
        let backend = try RespawningBackend(bench)
        try bench.folder.writeProgram("stop", "#!/bin/sh\n\(backend.respawn)\n")
        use(stop: bench.folder.path("stop"), port: backend.port)
        let control = try control()
        try control.stopWhole(try control.lookBefore())
    }

    @Test func `one that takes connections and says nothing may be a backend`() throws {
        let silent = try LoopbackServer { _ in nil }
        use(port: silent.port)
        expectNotStopped("") { try control(patience: 0).requireStopped() }
        let proxy = try LocalServers.http("502 Bad Gateway", "<html>", type: "text/html")
        use(port: proxy.port)
        try control().requireStopped()
    }
}
