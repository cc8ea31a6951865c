import DurableFiles
import Effects
import Faults
import Glibc
import Instance
import InstanceHealth
import LiveSupport
import Operations
import Synchronization
import TestSupport
import Testing

/// Restarts of an instance without containers, by its own commands.
@Suite struct RestartTests {
    private let bench: Bench
    private let redis: LoopbackServer

    init() throws {
        bench = try Bench.october()
        redis = try LocalServers.redis()
        try bench.addToEnvFile("INFISICAL_REDIS_URL=redis://127.0.0.1:\(redis.port)")
        // The half minute that a stop may take is over in a second.
        bench.clock = FastClock()
    }

    private struct FastClock: Clock {
        func now() -> Timestamp { SystemClock().now() }
        func monotonic() -> UInt64 { SystemClock().monotonic() * 30 }
    }

    private func use(stop: String, start: String, port: Int) throws {
        for (name, script) in [("stop", stop), ("start", start)] {
            try bench.folder.writeProgram(name, "#!/bin/sh\necho \(name) >>'\(bench.folder.path("done"))'\n\(script)\n")
        }
        bench.instanceLines = [
            "containers: none", "url: http://127.0.0.1:\(port)",
            "commands: { stop: [\(bench.folder.path("stop"))], start: [\(bench.folder.path("start"))] }",
        ]
    }

    private func done() -> [String] { bench.folder.said("done").split(separator: "\n").map(String.init) }

    @discardableResult private func restart(
        timeout: Duration = .seconds(5), told: (String) -> Void = { _ in }
    ) throws -> HealthReport {
        var options = RestartOperation.Options()
        options.timeout = timeout
        let operation = RestartOperation(try bench.workplace(), options)
        return try operation.perform(try operation.plan(), told: told)
    }

    @Test func `without commands nothing is stopped, and nothing is recreated without containers`() throws {
        #expect(fault { try restart() }?.code == "instance.no-command")
        bench.instanceLines.append("commands: { stop: [/bin/true] }")
        let half = fault { try restart() }
        #expect(half?.exit == .refused && half?.message.contains("instance.commands.start") == true)
        try use(stop: "", start: "", port: 1)
        var options = RestartOperation.Options()
        options.recreates = true
        let refused = fault { try RestartOperation(try bench.workplace(), options).plan() }
        #expect(refused?.code == "instance.no-containers" && done() == ["nothing"])
    }

    @Test func `stop, then start, then a look at everything`() throws {
        let stopped = bench.folder.path("stopped"), backend = try LocalServers.backend { access(stopped, F_OK) != 0 }
        try use(stop: "touch '\(stopped)'", start: "rm '\(stopped)'", port: backend.port)
        let plan = try RestartOperation(try bench.workplace(), .init()).plan()
        #expect(plan.steps.count == 2 && plan.warnings.isEmpty)
        var told: [String] = []
        let report = try restart { told.append($0) }
        #expect(report.isHealthy && report.steps.count == 3 && done() == ["stop", "start"] && told.count == 2)
    }

    @Test func `a stop command that does nothing is found out, and nothing is started`() throws {
        let backend = try LocalServers.backend()
        try use(stop: "", start: "", port: backend.port)
        let refused = fault { try restart() }
        #expect(refused?.code == "instance.not-stopped" && refused?.exit == .failed)
        #expect(refused?.message.contains("answers 200") == true && done() == ["stop"])
    }

    @Test func `a supervisor that starts another process at once has stopped the old one`() throws {
        let backend = try RespawningBackend(bench)
        try use(stop: backend.respawn, start: "", port: backend.port)
        #expect(try restart().isHealthy && done() == ["stop", "start"])
    }

    @Test func `one that is down already is started`() throws {
        let up = bench.folder.path("up"), backend = try LocalServers.backend { access(up, F_OK) == 0 }
        try use(stop: "", start: "touch '\(up)'", port: backend.port)
        #expect(try restart().isHealthy)
    }

    @Test func `a key that would not open the database keeps the instance from being stopped`() throws {
        let backend = try LocalServers.backend()
        try use(stop: "", start: "", port: backend.port)
        try bench.editEnvFile(ScriptedEngine.key, "00112233445566778899aabbccddeeff")
        let refused = fault { try restart() }
        #expect(refused?.code == "instance.key-would-not-open" && refused?.exit == .keyMismatch)
        #expect(done() == ["nothing"] && refused?.hints.isEmpty == false)
        // Whatever keeps the database from answering may be what the restart is to cure.
        bench.namesDatabase = false
        bench.instanceLines.append("database: { host: 127.0.0.1, port: 1 }")
        let plan = try RestartOperation(try bench.workplace(), .init()).plan()
        #expect(plan.warnings.count == 1 && plan.warnings[0].contains("the key was not tried"))
    }

    @Test func `commands that fail, and an instance that does not come up`() throws {
        try use(stop: "echo 'no such unit' >&2; exit 5", start: "", port: 1)
        let stop = fault { try restart() }
        #expect(stop?.code == "instance.command-failed" && stop?.message.contains("instance.commands.stop") == true)
        try use(stop: "", start: "exit 5", port: 1)
        let start = fault { try restart() }
        #expect(start?.code == "instance.command-failed" && start?.exit == .unhealthy, "\(start as Any)")
        #expect(
            start?.message.hasPrefix("restart (the instance is stopped): instance.commands.start failed") == true,
            "\(start?.message ?? "")")
        try use(stop: "", start: "", port: 1)
        let down = fault { try restart(timeout: .milliseconds(600)) }
        #expect(down?.code == "instance.unhealthy" && down?.exit == .unhealthy && down?.hints.isEmpty == false)
    }

    @Test func `a start command that stays in the foreground is ended and told, and takes nothing with it`() throws {
        try use(stop: "", start: "echo $$ >'\(bench.folder.path("stays"))'; exec sleep 600", port: 1)
        let stays = fault { try restart(timeout: .seconds(1)) }
        #expect(stays?.code == "instance.command-stays" && stays?.exit == .unhealthy, "\(stays as Any)")
        #expect(stays?.message.contains("instance.commands.start did not return within 1 seconds") == true)
        let process = try #require(Int32(try bench.folder.line("stays")))
        #expect(kill(process, 0) == -1 && errno == ESRCH)
        // What the hint says: in the background, with streams of its own.
        let up = bench.folder.path("up"), backend = try LocalServers.backend { access(up, F_OK) == 0 }
        try use(
            stop: "", start: "setsid sh -c 'touch \(up); exec sleep 2' </dev/null >/dev/null 2>&1 &", port: backend.port
        )
        #expect(try restart().isHealthy)
    }

    @Test func `without containers only the backend is restarted`() throws {
        let backend = try LocalServers.backend()
        try use(stop: "", start: "", port: backend.port)
        for (role, word) in [(InstanceContainers.Role.redis, "Redis"), (.database, "the database")] {
            var options = RestartOperation.Options()
            options.roles = [role]
            let refused = fault { try RestartOperation(try bench.workplace(), options).plan() }
            #expect(refused?.code == "instance.not-controlled" && refused?.exit == .refused)
            #expect(refused?.message.contains("nothing here restarts \(word)") == true)
        }
        #expect(done() == ["nothing"])
    }

    @Test func `what waiting cannot cure ends the restart early`() throws {
        try use(stop: "", start: "", port: 1)
        try bench.editEnvFile("INFISICAL_AUTH_SECRET=", "UNUSED=")
        let start = SystemClock().monotonic()
        let down = fault { try restart(timeout: .seconds(60)) }
        #expect(down?.code == "instance.unhealthy" && down?.message.contains("AUTH_SECRET is not set") == true)
        #expect(SystemClock().monotonic() - start < 20_000_000_000)
    }

    @Test func `one that served before has what it needs, wherever from`() throws {
        // It is down at the first look after its start.
        let count = Mutex(0), stopped = bench.folder.path("stopped")
        let backend = try LocalServers.backend {
            if access(stopped, F_OK) == 0 { return false }
            return count.withLock { looks in
                looks += 1
                return looks != 2
            }
        }
        try use(stop: "touch '\(stopped)'", start: "rm '\(stopped)'", port: backend.port)
        try bench.editEnvFile("INFISICAL_AUTH_SECRET=", "UNUSED=")
        #expect(try restart().isHealthy)
    }

    @Test func `another program at the address is not taken for the backend`() throws {
        let other = try LocalServers.http("404 Not Found", "<html>", type: "text/html")
        try use(stop: "", start: "", port: other.port)
        let down = fault { try restart(timeout: .milliseconds(600)) }
        #expect(down?.message.contains("another program or a proxy listens there") == true, "\(down as Any)")
        #expect(down?.hints.contains(LogCause.listeners) == true)
    }

    @Test func `one change of the instance at a time, and a restart that is stopped says so`() throws {
        try use(stop: "", start: "", port: 1)
        let workplace = try bench.workplace(), lock = try workplace.lockInstance(for: "restore --in-place")
        let locked = fault { try restart() }
        #expect(locked?.code == "file.locked" && locked?.message.contains("restore --in-place") == true)
        lock.release()
        bench.cancellation.cancel(signal: 2)
        #expect(fault { try restart() }?.exit == .interrupted)
    }

    @Test func `a restart by commands that is stopped says whether the instance was started again`() throws {
        let stopped = bench.folder.path("stopped"), backend = try LocalServers.backend { access(stopped, F_OK) != 0 }
        try use(stop: "touch '\(stopped)'", start: "rm '\(stopped)'", port: backend.port)
        let started = fault {
            try restart { if $0 == "running instance.commands.start" { bench.cancellation.cancel(signal: 2) } }
        }
        #expect(started?.exit == .interrupted)
        #expect(started?.message == "stopped by Ctrl-C; the instance is being started")
        #expect(started?.hints.contains(.command(["infisical-ops", "health"])) == true)
    }
}
