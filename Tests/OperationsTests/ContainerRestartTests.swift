import Effects
import Faults
import Instance
import InstanceHealth
import LiveSupport
import Operations
import Repository
import TestSupport
import Testing

/// Restarts of an instance in containers: in their order, and made again with new values.
@Suite struct ContainerRestartTests {
    private let bench: Bench
    private let engine: ScriptedEngine
    private static let newKey = "00112233445566778899aabbccddeeff"

    init() throws {
        bench = try Bench.october()
        engine = try ScriptedEngine(for: bench)
    }

    private func operation(
        _ roles: [InstanceContainers.Role] = [], recreates: Bool = false
    ) throws -> RestartOperation {
        var options = RestartOperation.Options()
        options.roles = roles
        options.recreates = recreates
        options.timeout = .milliseconds(800)
        return RestartOperation(try bench.workplace(), options)
    }

    @discardableResult private func restart(
        _ roles: [InstanceContainers.Role] = [], recreates: Bool = false
    ) throws -> HealthReport {
        let operation = try operation(roles, recreates: recreates)
        return try operation.perform(try operation.plan()) { _ in }
    }

    /// What Compose makes of the backend from now on, and what the engine has then.
    private func newValue(_ name: String, _ value: String, made: String? = nil) throws {
        try engine.render(backend: [
            "image: \"tiny:1\"", "environment: { ENCRYPTION_KEY: \"\(ScriptedEngine.key)\", \(name): \"\(value)\" }",
        ])
        try engine.folder.write("recreation.jq", made ?? ".[0].Config.Env += [\"\(name)=\(value)\"]")
    }

    @Test func `who needs the others goes first and comes last`() throws {
        let plan = try operation().plan()
        #expect(plan.steps.count == 3 && plan.steps[0].contains("infisical-db") && plan.warnings.isEmpty)
        #expect(try restart().isHealthy)
        let parts = ["f56025a642f2", "6f753b789fb0", "95e6b5abcf04"]
        let commands = try engine.commands(), order = parts + parts.reversed()
        #expect(commands.count == 6 && zip(commands, order).allSatisfy { $0.contains($1) })
        #expect(commands.prefix(3).allSatisfy { $0.hasPrefix("stop -t 30 ") })
    }

    @Test func `one part alone, and one that does not come up`() throws {
        #expect(try restart([.redis]).steps.map(\.role) == [.database, .redis])
        #expect(try engine.commands().allSatisfy { $0.contains("6f753b789fb0") })
        try engine.hook("case $1 in start) exit 0 ;; esac")
        let down = fault { try restart([.backend]) }
        #expect(down?.code == "instance.unhealthy" && down?.exit == .unhealthy)
        #expect(down?.message.contains("backend") == true && down?.message.contains("stopped") == true)
        try engine.hook("case $1 in start) echo 'port is already allocated' >&2; exit 1 ;; esac")
        #expect(fault { try restart([.redis]) }?.message.contains("port is already allocated") == true)
    }

    @Test func `a restart that is stopped says what it has stopped and started by then`() throws {
        let operation = try operation(), plan = try operation.plan()
        let stopped = fault {
            _ = try operation.perform(plan) { if $0 == "stopping Redis" { bench.cancellation.cancel(signal: 2) } }
        }
        #expect(stopped?.exit == .interrupted && stopped?.code == "run.interrupted")
        #expect(
            stopped?.message
                == "stopped by Ctrl-C; the backend is stopped, Redis is stopped, the database is being started")
        #expect(stopped?.hints.contains(.command(["infisical-ops", "restart"])) == true)
    }

    @Test func `a restart that fails in the middle says what is down`() throws {
        try engine.hook("case \"$1 $*\" in stop*6f753b789fb0*) echo 'no permission' >&2; exit 1 ;; esac")
        let failed = fault { try restart() }
        #expect(failed?.message.hasPrefix("restart (the backend is stopped, Redis is being stopped): ") == true)
        #expect(failed?.message.contains("no permission") == true)
    }

    @Test func `a part that does not come up leaves others stopped, which are named`() throws {
        try engine.hook("case \"$1 $*\" in start*f56025a642f2*|start*6f753b789fb0*|start*95e6b5abcf04*) exit 0 ;; esac")
        let down = fault { try restart() }
        #expect(down?.code == "instance.unhealthy" && down?.exit == .unhealthy)
        #expect(
            down?.message.hasPrefix(
                "restart (the backend is stopped, Redis is stopped, the database is being started): ")
                == true,
            "\(down?.message ?? "")")
        #expect(down?.hints.isEmpty == false)
    }

    @Test func `a part that is missing is told before anything is stopped`() throws {
        try engine.remove(.redis)
        let missing = fault { try restart() }
        #expect(missing?.code == "instance.container-missing" && missing?.exit == .unhealthy)
        #expect(missing?.message.contains("infisical-redis") == true)
        #expect(try engine.commands().isEmpty)
    }

    @Test func `a container keeps its key through a restart, which is said`() throws {
        try bench.editEnvFile(ScriptedEngine.key, ContainerRestartTests.newKey)
        let plan = try operation([.backend]).plan()
        #expect(plan.warnings.count == 1 && plan.warnings[0].contains("--recreate does"))
        #expect(try restart([.backend]).isHealthy)
    }

    @Test func `a key that would not open keeps the backend from being stopped or made again`() throws {
        try engine.render(backend: ["environment: { ENCRYPTION_KEY: \"\(ContainerRestartTests.newKey)\" }"])
        let recreated = fault { try restart([.backend], recreates: true) }
        #expect(recreated?.code == "instance.key-would-not-open" && recreated?.exit == .keyMismatch)
        try engine.change(.backend, ".Config.Env[0] = \"ENCRYPTION_KEY=\(ContainerRestartTests.newKey)\"")
        let restarted = fault { try restart([.backend]) }
        #expect(restarted?.exit == .keyMismatch)
        // The env file has the right one, which only a new container takes.
        #expect(restarted?.hints == [.command(["infisical-ops", "restart", "--recreate", "--service", "backend"])])
        #expect(try engine.commands().isEmpty)
    }

    @Test(arguments: ["AUTH_SECRET", "REDIS_URL"])
    func `a container that would lack what the one that runs has is not made`(name: String) throws {
        try newValue("SMTP_HOST", "mail.example")
        let text = try engine.folder.text("rendered.yml")
        try engine.folder.write("rendered.yml", text.replacing("\(name): ", with: "OTHER: "))
        let refused = fault { try restart([.backend], recreates: true) }
        #expect(refused?.code == "instance.variables-lost" && refused?.exit == .refused)
        #expect(refused?.message.contains("no \(name)") == true)
        #expect(try engine.commands().isEmpty)
    }

    @Test func `a wrong key is led back to by the backup that keeps the right one, not by the latest`() throws {
        let good = try bench.backup().entry.id.text
        try bench.editEnvFile(ScriptedEngine.key, ContainerRestartTests.newKey)
        try engine.variable(.backend, "ENCRYPTION_KEY", ContainerRestartTests.newKey)
        // The night after: stored, with the wrong key.
        let bad = try bench.backup()
        #expect(bad.exit == .keyMismatch && bad.warnings.contains { $0.contains("restore \(good) --files") })
        let refused = fault { try restart([.backend]) }
        #expect(refused?.hints.first == .command(["infisical-ops", "restore", good, "--files", "kept-files"]))
        let report = try HealthOperation(try bench.workplace()).perform()
        #expect(report.steps[2].hints.first == .command(["infisical-ops", "restore", good, "--files", "kept-files"]))
    }

    @Test func `a container is made again with new values and touches no other`() throws {
        try newValue("SMTP_HOST", "mail.example")
        let plan = try operation([.backend], recreates: true).plan()
        #expect(plan.steps.count == 1 && plan.steps[0].contains("new values of SMTP_HOST"))
        #expect(try restart([.backend], recreates: true).isHealthy)
        let commands = try engine.commands()
        #expect(commands.count == 1 && commands[0].contains("--no-deps") && commands[0].hasSuffix("infisical-backend"))
        #expect(!commands[0].contains("pin.yml"))
        // With the same values it is made again all the same.
        #expect(try operation([.backend], recreates: true).plan().steps[0].contains("with the same values"))
    }

    @Test func `a tag that means another image by now does not change the image`() throws {
        try newValue("SMTP_HOST", "mail.example")
        try engine.folder.write("images.json", "{\"tiny:1\": \"sha256:\(String(repeating: "7", count: 64))\"}")
        #expect(try restart([.backend], recreates: true).isHealthy)
        #expect(try engine.commands()[0].contains("pin.yml"))
        #expect(try engine.folder.text("pin").contains("image: \"\(ScriptedEngine.image)\""))
        #expect(!bench.exists("state/compose/infisical-ops-pin.yml"))
    }

    @Test(arguments: [
        (".[0].Image = \"sha256:7777\"", "instance.other-image", ExitCode.failed),
        (".[0].Config.Env += [\"SMTP_HOST=$SMTP\"]", "instance.other-environment", .failed),
        ("del(.[0])", "instance.container-missing", .unhealthy),
    ])
    func `a new container that is not what was asked for is told`(made: String, code: String, exit: ExitCode) throws {
        try newValue("SMTP_HOST", "mail.example", made: made)
        let told = fault { try restart([.backend], recreates: true) }
        #expect(told?.code == code && told?.exit == exit, "\(told as Any)")
    }

    @Test func `what Compose would change besides values is refused before anything is stopped`() throws {
        let key = "environment: { ENCRYPTION_KEY: \"\(ScriptedEngine.key)\" }"
        let drift = { (words: String) in
            let refused = fault { try restart([.backend], recreates: true) }
            #expect(refused?.code == "instance.drifted" && refused?.exit == .refused)
            #expect(refused?.message.contains(words) == true, "\(refused as Any)")
        }
        try engine.render(backend: ["image: \"tiny:2\"", key])
        drift("the image tiny:2 instead of tiny:1")
        try engine.render(backend: ["image: \"tiny:1\"", key], ports: "[\"8080:8080\", \"9090:9090\"]")
        drift("published ports")
        try engine.render(backend: ["image: \"tiny:1\"", key, "volumes: [\"data:/data\"]"])
        drift("volumes at /data")
        try engine.folder.write("rendered.yml", "services: { other: { image: x } }\n")
        drift("no service infisical-backend any more")
        #expect(try engine.commands().isEmpty)
    }

    @Test func `without Compose, its labels or its files nothing is made again`() throws {
        let code = { fault { try restart([.backend], recreates: true) }?.code }
        try engine.hook("case $1 in compose) exit 1 ;; esac")
        #expect(code() == "instance.compose-missing")
        try engine.hook("")
        try bench.shell("mv docker-compose.yml away.yml")
        #expect(code() == "instance.compose-files-gone")
        try engine.change(.backend, ".Config.Labels = {}")
        #expect(code() == "instance.not-composed")
        #expect(try engine.commands().isEmpty)
    }
}
