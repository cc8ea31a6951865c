import Faults
import Instance
import InstanceAccess
import LiveSupport
import Secrets
import Settings
import TestSupport
import Testing

/// What making a container again would change, and how it is done.
@Suite struct RecreationTests {
    private let bench: Bench
    private let engine: ScriptedEngine

    init() throws {
        bench = try Bench(nil, initialised: false)
        engine = try ScriptedEngine(for: bench)
    }

    private func recreation(_ role: InstanceContainers.Role = .backend) throws -> Recreation {
        let access = try bench.access()
        return try Recreation(try #require(access.containers?[role]), access)
    }

    @Test func `names of changed values, never the values`() throws {
        try engine.render(backend: [
            "image: \"tiny:1\"",
            "environment: [\"ENCRYPTION_KEY=00112233445566778899aabbccddeeff\", \"DB_HOST=infisical-db\", \"NEW=a$$b\"]",
        ])
        let recreation = try recreation()
        #expect(recreation.changes == ["ENCRYPTION_KEY", "NEW"])
        #expect(try recreation.environment.encryptionKey?.value.revealedText() == "00112233445566778899aabbccddeeff")
        #expect(!"\(recreation)".contains("00112233"))
        let line = recreation.commandLine
        #expect(line.prefix(4) == ["docker", "compose", "-p", "stack"] && line.last == "infisical-backend")
        #expect(line.contains("--no-deps") && line.contains(bench.folder.path("docker-compose.yml")))
    }

    @Test func `database and Redis are compared by ports and volumes too`() throws {
        #expect(try recreation(.database).changes.isEmpty && recreation(.redis).changes.isEmpty)
        try engine.change(.database, ".Mounts = []")
        #expect(fault { try recreation(.database) }?.message.contains("volumes at /var/lib/postgresql/data") == true)
        try engine.change(.redis, ".NetworkSettings.Ports = {}")
        #expect(fault { try recreation(.redis) }?.message.contains("published ports 6379/tcp instead of none") == true)
        // A container that does not run publishes nothing, whatever it was made with.
        try engine.change(.redis, ".State.Status = \"exited\"")
        #expect(try recreation(.redis).changes.isEmpty)
    }

    @Test func `one that was pinned before stays pinned`() throws {
        try engine.change(.backend, ".Config.Image = \"\(ScriptedEngine.image)\"")
        try engine.folder.write("images.json", "{\"tiny:1\": \"sha256:8888\"}")
        try recreation().perform(seconds: 1)
        #expect(try engine.folder.text("pin").contains(ScriptedEngine.image))
        #expect(try engine.commands().count == 1)
    }

    @Test func `a Compose that fails is told in its own words, and the pin does not stay`() throws {
        try engine.folder.write("images.json", "{\"tiny:1\": \"sha256:8888\"}")
        let made = try recreation()
        try engine.hook("case \"$*\" in *' up '*) echo 'no space left on device' >&2; exit 1 ;; esac")
        #expect(fault { try made.perform(seconds: 1) }?.message.contains("no space left on device") == true)
        #expect(!bench.exists("state/compose/infisical-ops-pin.yml"))
        try engine.hook("case \"$*\" in *' config') echo 'yaml: line 3' >&2; exit 15 ;; esac")
        #expect(fault { try recreation() }?.message.contains("yaml: line 3") == true)
    }
}
