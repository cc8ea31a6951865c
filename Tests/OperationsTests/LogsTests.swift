import Faults
import Instance
import LiveSupport
import Operations
import TestSupport
import Testing

/// What the containers printed, in one stream.
@Suite struct LogsTests {
    private let bench: Bench
    private let engine: ScriptedEngine

    init() throws {
        bench = try Bench(nil, initialised: false)
        engine = try ScriptedEngine(for: bench)
    }

    private func entries(tail: Int? = nil, since: String? = nil) throws -> [LogsOperation.Entry] {
        var entries: [LogsOperation.Entry] = []
        try LogsOperation(try bench.workplace(), tail: tail, since: since).perform {
            entries.append($0)
            return true
        }
        return entries
    }

    @Test func `lines of all containers come in the order of time`() throws {
        try engine.prints(.database, ["database 0", "database 1"])
        try engine.prints(.backend, ["backend 1", "backend 2"], second: 1)
        let entries = try entries()
        #expect(entries.map(\.text) == ["database 0", "database 1", "backend 1", "backend 2"])
        #expect(entries.map(\.role) == [.database, .database, .backend, .backend])
        #expect(entries.map(\.container).first == "infisical-db" && entries[0].time.hasPrefix("2026-11-28T10:00:00"))
    }

    @Test func `secrets of env file and containers are masked, harmless values are not`() throws {
        try bench.addToEnvFile("INFISICAL_AUTH_SECRET=a-very-secret-word\nINFISICAL_SITE_URL=http://localhost:8020")
        try engine.change(.redis, ".Config.Env = [\"REDIS_PASSWORD=of-the-container\"]")
        try engine.prints(
            .backend,
            ["key \(ScriptedEngine.key)", "a-very-secret-word", "of-the-container", "http://localhost:8020"])
        let texts = try entries().map(\.text)
        #expect(texts.count == 4 && texts[3] == "http://localhost:8020")
        for secret in [ScriptedEngine.key, "a-very-secret-word", "of-the-container"] {
            #expect(!texts.joined().contains(secret))
        }
    }

    @Test func `how much is asked for goes to the engine`() throws {
        _ = try entries(tail: 7, since: "10m")
        let asked = try engine.commands("logs")
        #expect(asked.count == 3 && asked.allSatisfy { $0.hasPrefix("logs --timestamps --tail 7 --since 10m ") })
    }

    @Test func `without containers there is nothing to show, and an ended reader ends the run`() throws {
        try engine.remove(.redis)
        try engine.prints(.backend, ["one", "two"])
        #expect(try entries().count == 2)
        var seen = 0
        try LogsOperation(try bench.workplace(), tail: nil, since: nil).perform { _ in
            seen += 1
            return false
        }
        #expect(seen == 1)
        bench.instanceLines = ["containers: none"]
        let refused = fault { try entries() }
        #expect(refused?.code == "instance.no-containers" && refused?.exit == .refused)
        bench.instanceLines = []
        try engine.folder.write("containers.json", "[]")
        #expect(fault { try entries() }?.code == "docker.instance-not-found")
    }
}
