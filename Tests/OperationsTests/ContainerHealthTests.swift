import Effects
import Faults
import Instance
import InstanceAccess
import InstanceHealth
import LiveSupport
import Operations
import Postgres
import Processes
import TestSupport
import Testing

/// The health of an instance in containers, as an engine tells it.
@Suite struct ContainerHealthTests {
    private let bench: Bench
    private let engine: ScriptedEngine

    init() throws {
        bench = try Bench.october()
        engine = try ScriptedEngine(for: bench)
    }

    private func look() throws -> HealthReport { try HealthOperation(try bench.workplace()).perform() }

    private func conditions() throws -> [Condition] { try look().steps.map(\.condition) }

    /// The real lines of a server that failed.
    private func log(_ name: String) throws -> [String] {
        String(decoding: try TemporaryFolder.read(path: Fixtures.path("server-logs/\(name).log")), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    @Test func `all three work, and what the engine says of them comes along`() throws {
        let report = try look()
        #expect(
            report.isHealthy
                && report.steps.map(\.container) == ["infisical-db", "infisical-redis", "infisical-backend"])
        #expect(report.steps.allSatisfy { $0.engine?.state == .running } && report.findings.isEmpty)
        #expect(report.steps[0].details.contains { $0.contains("MiB free") })
        #expect(report.steps[2].details.contains { $0.hasPrefix("up ") })
    }

    @Test(
        arguments: [
            (".State.Status = \"exited\" | .State.ExitCode = 1", .stopped), (".State.Status = \"paused\"", .paused),
            (".State.Status = \"exited\" | .State.OOMKilled = true", .outOfMemory),
            (".State.Status = \"created\" | .State.Error = \"port is taken\"", .stopped),
            (".State.Status = \"restarting\" | .RestartCount = 4", .crashLoop),
            (".State.Health = {Status: \"unhealthy\"}", .unhealthy),
            (".State.Health = {Status: \"starting\"}", .starting),
        ] as [(String, Condition)])
    func `a container that is not well`(filter: String, condition: Condition) throws {
        for (part, place) in [(ScriptedEngine.Part.database, 0), (.redis, 1), (.backend, 2)] {
            let before = try engine.folder.text("containers.json")
            try engine.change(part, filter)
            let report = try look()
            #expect(report.steps[place].condition == condition && report.exit == .unhealthy)
            #expect(report.steps[place].hints.isEmpty == false)
            #expect(part == .backend || report.steps[2].condition == .notChecked)
            #expect(part != .database || report.steps[1].condition == .healthy)
            try engine.folder.write("containers.json", before)
        }
    }

    @Test func `a container that is missing, and an instance of which nothing is there`() throws {
        try engine.remove(.redis)
        #expect(try conditions() == [.healthy, .missing, .notChecked])
        let before = try engine.folder.text("containers.json")
        // Without its files, Compose can say nothing about the project.
        try engine.change(
            .backend, ".Config.Labels[\"com.docker.compose.project.config_files\"] = \"/nowhere/compose.yml\"")
        try engine.change(
            .database, ".Config.Labels[\"com.docker.compose.project.config_files\"] = \"/nowhere/compose.yml\"")
        let lost = try look().steps[1].hints
        #expect(
            lost.contains {
                if case .check(let text) = $0 { text.contains("the compose project cannot be read: ") } else { false }
            }, "\(lost)")
        try engine.folder.write("containers.json", before)
        try engine.folder.write("containers.json", "[]")
        let report = try look()
        #expect(report.steps.map(\.condition) == [.missing, .notChecked, .notChecked] && report.exit == .unhealthy)
        #expect(report.steps[0].details[0].contains("infisical-db"))
        // With an address of its own the backend may be looked at all the same.
        bench.instanceLines = ["url: http://127.0.0.1:\(engine.backend.port)"]
        #expect(try look().steps.count == 3)
    }

    @Test func `an engine that is not there, does not answer, or has several instances`() throws {
        try engine.hook("case $1 in inspect) echo '[]'; exit 1 ;; version) echo '{\"Server\":null}'; exit 1 ;; esac")
        let down = fault { try look() }
        #expect(down?.code == "docker.engine-not-running" && down?.exit == .unhealthy)
        let folder = try TemporaryFolder(), effects = Effects()
        bench.docker = Docker(
            runner: ProcessRunner(effects: effects, cancellation: Cancellation(), path: folder.path), effects: effects)
        let absent = fault { try look() }
        #expect(absent?.code == "docker.not-installed" && absent?.exit == .refused)
    }

    @Test(arguments: ["redis-unreachable", "port-taken", "db-not-migrated", "s7-site-url-invalid"])
    func `the cause is in what the backend printed last`(name: String) throws {
        try engine.change(.backend, ".State.Status = \"restarting\" | .RestartCount = 3")
        try engine.prints(.backend, try log(name))
        let step = try look().steps[2]
        #expect(step.condition == .crashLoop && step.details.count == 2 && !step.hints.isEmpty, "\(step.details)")
        // A log that cannot be read is no reason to say less.
        try engine.hook(
            "case $1 in logs) echo 'configured logging driver does not support reading' >&2; exit 1 ;; esac")
        #expect(try look().steps[2].condition == .crashLoop)
    }

    /// What the container was made with, what it printed, and what it comes to with and without the log.
    @Test(
        arguments: [
            ("key-64-hex", "ENCRYPTION_KEY", ScriptedEngine.key + ScriptedEngine.key, .wrongKey, "not 32 characters"),
            ("s7-key-missing", "ENCRYPTION_KEY", nil, .missingKey, "no ENCRYPTION_KEY"),
            ("s7-wrong-key", "ENCRYPTION_KEY", "00112233445566778899aabbccddeeff", .wrongKey, "cannot be opened"),
            ("s7-auth-missing", "AUTH_SECRET", nil, .crashLoop, "no AUTH_SECRET"),
        ] as [(String, String, String?, Condition, String)], ["restarting", "exited"])
    func `what it lacks is named with its log and without, and ends a wait at once`(
        cause: (log: String, name: String, value: String?, condition: Condition, text: String), state: String
    ) throws {
        try engine.variable(.backend, cause.name, cause.value)
        try engine.change(.backend, ".State.Status = \"\(state)\" | .State.ExitCode = 1 | .RestartCount = 3")
        try engine.prints(.backend, try log(cause.log))
        let expected = cause.condition == .crashLoop && state == "exited" ? Condition.stopped : cause.condition
        let told = try look(), step = told.steps[2]
        #expect([expected, cause.condition].contains(step.condition), "\(step)")
        #expect(step.details.joined(separator: "; ").contains(cause.text) && told.isFinal, "\(step.details)")
        try engine.hook("case $1 in logs) exit 1 ;; esac")
        let silent = try look()
        #expect(silent.steps[2].condition == expected && silent.isFinal, "\(silent.steps[2])")
        #expect(silent.steps[2].details[0].contains(cause.name == "AUTH_SECRET" ? "AUTH_SECRET" : "key"))
    }

    @Test func `what the backend lacks is told beside a Redis that does not work`() throws {
        try engine.change(.redis, ".State.Status = \"exited\"")
        try engine.variable(.backend, "AUTH_SECRET", nil)
        let bare = try look()
        #expect(bare.steps.map(\.condition) == [.healthy, .stopped, .notChecked] && bare.exit == .unhealthy)
        #expect(bare.steps[2].details.first?.contains("AUTH_SECRET is not set in") == true && bare.isFinal)
        try engine.variable(.backend, "ENCRYPTION_KEY", "00112233445566778899aabbccddeeff")
        let wrong = try look()
        #expect(wrong.exit == .keyMismatch && wrong.steps.map(\.condition) == [.healthy, .stopped, .wrongKey])
        try engine.change(.backend, ".State.Status = \"paused\"")
        let paused = try look()
        #expect(paused.steps.map(\.condition) == [.healthy, .stopped, .paused] && paused.exit == .keyMismatch)
        #expect(paused.findings.contains { $0.code == "health.key-does-not-open" })
        try engine.remove(.backend)
        #expect(try conditions() == [.healthy, .stopped, .missing])
    }

    @Test func `the trial of the key decides, and not what a log calls a key`() throws {
        try engine.change(.backend, ".State.Status = \"restarting\" | .RestartCount = 3")
        try engine.prints(.backend, try log("s7-wrong-key"))
        let open = try look().steps[2]
        #expect(open.condition == .crashLoop && open.details[0].contains("its key opens this database"))
        // Another key on a server that is stopped in an orderly way: the next start would fail.
        try engine.variable(.backend, "ENCRYPTION_KEY", "00112233445566778899aabbccddeeff")
        try engine.change(.backend, ".State.Status = \"exited\" | .State.ExitCode = 0 | .RestartCount = 0")
        try engine.prints(.backend, [])
        #expect(try look().steps[2].condition == .wrongKey)
        // What the engine says of one that cannot even be asked comes first.
        try engine.change(.backend, ".State.Status = \"paused\"")
        let paused = try look()
        #expect(paused.steps[2].condition == .paused)
        #expect(paused.findings.contains { $0.code == "health.key-does-not-open" })
    }

    @Test func `a disk that is nearly full is a finding, and a full one a failure`() throws {
        try engine.folder.write("space", "204800")
        let little = try look()
        #expect(little.isHealthy && little.findings.map(\.code) == ["health.little-space"])
        try engine.folder.write("space", "1024")
        #expect(try conditions() == [.diskFull, .healthy, .notChecked])
        // One that cannot tell is none.
        try engine.hook("case $1 in exec) exit 126 ;; esac")
        #expect(try look().isHealthy)
    }

    @Test func `a backend that shares no network with the others`() throws {
        try engine.change(
            .backend, ".NetworkSettings.Networks = {other: {IPAddress: \"172.19.0.2\", Aliases: []}}")
        let apart = try look().steps[2]
        #expect(apart.condition == .unhealthy && apart.details[0].contains("shares no network with infisical-db"))
        try engine.change(.backend, ".NetworkSettings.Networks = {}")
        #expect(try look().steps[2].details[0].contains("attached to no network"))
        try engine.change(.backend, ".HostConfig.NetworkMode = \"host\"")
        #expect(try look().isHealthy)
    }

    @Test func `a database that is reached nowhere from here`() throws {
        try engine.change(
            .database, ".NetworkSettings.Ports = {\"5432/tcp\": [{HostIp: \"127.0.0.1\", HostPort: \"1\"}]}")
        #expect(try conditions()[0] == .unreachable)
        try engine.change(.database, ".State.StartedAt = (now - 5 | floor | todate)")
        #expect(try conditions()[0] == .starting)
        try engine.change(.database, ".NetworkSettings = {Ports: {}, Networks: {}}")
        #expect(try look().steps[0].details.contains { $0.contains("attached to no network") })
    }

    @Test func `a Redis that only its own container reaches answers there`() throws {
        try engine.variable(.backend, "REDIS_URL", "rediss://:secret@infisical-redis:6379")
        let unknown = try look()
        #expect(unknown.steps.map(\.condition) == [.healthy, .notKnown, .healthy] && unknown.isHealthy)
        try engine.hook(
            "case $1 in exec) case \"$*\" in *'--env REDISCLI_AUTH'*redis-cli\\ ping) echo PONG; exit 0 ;; esac ;; esac"
        )
        let report = try look()
        #expect(report.steps[1].condition == .healthy && report.steps[1].details == ["answers inside its container"])
    }

    @Test func `a container that still runs on the old key, and one that runs on a wrong one`() throws {
        try bench.editEnvFile(ScriptedEngine.key, "00112233445566778899aabbccddeeff")
        let edited = try look()
        #expect(edited.isHealthy && edited.findings.map(\.code) == ["health.edited-key"])
        #expect(
            edited.findings[0].hints == [
                .check("put the old key back into the env file: the next start would fail with the new one")
            ])
        try bench.editEnvFile("00112233445566778899aabbccddeeff", ScriptedEngine.key)
        try engine.change(.backend, ".Config.Env[0] = \"ENCRYPTION_KEY=ffeeddccbbaa99887766554433221100\"")
        let wrong = try look()
        #expect(wrong.steps[2].condition == .wrongKey && wrong.findings.contains { $0.code == "health.edited-key" })
    }

    @Test func `status tells of an edited key too`() throws {
        try bench.editEnvFile(ScriptedEngine.key, "00112233445566778899aabbccddeeff")
        let report = try StatusOperation(try bench.workplace(), maxAge: nil).perform()
        #expect(report.warnings.contains { $0.contains("still runs on the old key") })
    }

    @Test func `a database and a Redis elsewhere need no containers`() throws {
        try engine.remove(.redis)
        try engine.change("del(.[1])")
        let server = try LiveServer.get()
        bench.namesDatabase = true
        try engine.variable(.backend, "REDIS_URL", "redis://127.0.0.1:\(engine.redis.port)")
        let report = try look()
        #expect(report.steps.map(\.condition) == [.healthy, .healthy, .healthy] && server.port > 0)
        #expect(report.steps[0].container == nil || report.steps[0].engine == nil)
    }
}
