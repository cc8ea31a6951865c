import Effects
import Faults
import Instance
import InstanceAccess
import LiveSupport
import Processes
import Secrets
import Settings
import TestSupport
import Testing

/// What the containers tell of the instance, and what is said where they cannot be asked.
@Suite struct InstanceDiscoveryTests {
    private let bench: Bench
    private let engine: ScriptedEngine

    init() throws {
        bench = try Bench(nil, initialised: false)
        engine = try ScriptedEngine(for: bench)
    }

    private func notInstalled() throws -> (Docker, TemporaryFolder) {
        let folder = try TemporaryFolder(), effects = Effects()
        return (
            Docker(
                runner: ProcessRunner(effects: effects, cancellation: Cancellation(), path: folder.path),
                effects: effects), folder
        )
    }

    @Test func `database, env files and compose files come from the containers`() throws {
        let access = try bench.access(), configuration = access.configuration
        #expect(access.containers?.containers.count == 3 && access.discovery.fault == nil)
        #expect(access.discovery.warning == nil && access.discovery.viewpoint == .host)
        #expect(configuration.envFiles == [bench.folder.path(".env")])
        #expect(configuration.composeFiles == [bench.folder.path("docker-compose.yml")])
        #expect(configuration.database.host == "127.0.0.1" && configuration.database.name == bench.database)
        #expect(configuration.database.password?.equals(.init(testing: LiveServer.password)) == true)
        #expect(configuration.running?.encryptionKey != nil && configuration.notes.isEmpty)
        #expect(access.backendAddress == "http://127.0.0.1:\(engine.backend.port)")
        #expect(configuration.containerNames?[.backend] == "infisical-backend")
        #expect(access.stateFile("x") == bench.folder.path("state/x"))
    }

    @Test func `files of the project that are gone or cannot be read are told, and no reason to stop`() throws {
        try bench.folder.write("docker-compose.yml", "services: [")
        try engine.change(
            """
            map(.Config.Labels["com.docker.compose.project.config_files"] = "docker-compose.yml,/nowhere/more.yml"
                | .Config.Labels["com.docker.compose.project.environment_file"] = "/nowhere/prod.env")
            """)
        let notes = try bench.access().configuration.notes
        #expect(notes.contains { $0.contains("/nowhere/more.yml is gone") })
        #expect(notes.contains { $0.contains("/nowhere/prod.env is gone") })
        #expect(notes.contains { $0.contains("docker-compose.yml:") }, "\(notes)")
    }

    @Test func `env files that a service names come after the project's own`() throws {
        try bench.folder.write(
            "docker-compose.yml",
            "services:\n  infisical-backend:\n    env_file: [.env, more.env]\n    image: x\n")
        #expect(try bench.access().configuration.notes.contains { $0.contains("more.env is gone") })
        try bench.folder.write("more.env", "INFISICAL_SITE_URL=https://infisical.example\n")
        let configuration = try bench.access().configuration
        #expect(configuration.envFiles == [bench.folder.path(".env"), bench.folder.path("more.env")])
        #expect(configuration.instance.siteURL?.value.revealedText() == "https://infisical.example")
    }

    @Test func `where nobody named containers, none need be there`() throws {
        let (docker, folder) = try notInstalled()
        bench.docker = docker
        bench.namesDatabase = true
        let access = try bench.access()
        #expect(access.containers == nil && access.discovery.fault == nil && access.discovery.warning == nil)
        #expect(access.backendAddress == nil && !folder.path.isEmpty)
        #expect(fault { try access.requireContainers() }?.code == "docker.not-installed")
        bench.instanceLines = ["containers: { backend: infisical-backend }"]
        let named = try bench.access()
        #expect(named.discovery.warning?.contains("were not inspected") == true)
        #expect(fault { try named.requireContainers() }?.code == "docker.not-installed")
    }

    @Test func `an instance without containers says so, and others are not mistaken for it`() throws {
        bench.instanceLines = ["containers: none"]
        #expect(fault { try bench.access().requireContainers() }?.code == "instance.no-containers")
        #expect(try engine.commands("inspect").isEmpty)
        bench.instanceLines = []
        try engine.change("map(.Config.Labels = {} | .Name += \"-of-another\")")
        let none = fault { try bench.access().requireContainers() }
        #expect(none?.code == "docker.instance-not-found" && none?.message.contains("infisical-backend") == true)
    }

    @Test func `the backend's address follows its container`() throws {
        try engine.change(.backend, ".Config.Env += [\"PORT=9000\"]")
        #expect(try bench.access().backendAddress == "http://172.18.0.4:9000")
        try engine.change(.backend, ".NetworkSettings.Ports = {\"9000/tcp\": [{HostIp: \"::\", HostPort: \"9001\"}]}")
        #expect(try bench.access().backendAddress == "http://[::1]:9001")
        bench.instanceLines = ["url: https://infisical.example"]
        #expect(try bench.access().backendAddress == "https://infisical.example")
        bench.instanceLines = []
        try engine.remove(.backend)
        let access = try bench.access()
        #expect(access.backendAddress == nil && access.containers?[.database] != nil)
    }

    @Test func `a second look sees what changed since, by the same settings`() throws {
        let access = try bench.access()
        try engine.change(.backend, ".State.Status = \"exited\"")
        try bench.addToEnvFile("INFISICAL_SITE_URL=https://infisical.example")
        #expect(access.containers?[.backend]?.state == .running)
        let again = try access.refreshed()
        #expect(again.containers?[.backend]?.state == .exited && again.configuration.instance.siteURL != nil)
        let fixed = InstanceAccess(surroundings: access.surroundings, configuration: access.configuration)
        #expect(try fixed.refreshed().containers == nil)
        bench.cancellation.cancel()
        let stopped = try bench.access()
        #expect(stopped.surroundings.cancellation.isCancelled)
        #expect(!stopped.uncancelled().surroundings.cancellation.isCancelled)
    }
}
