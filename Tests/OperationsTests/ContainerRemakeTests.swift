import Faults
import InfisicalData
import Instance
import InstanceAccess
import LiveSupport
import Secrets
import Settings
import TestSupport
import Testing

/// Making the backend's containers again with another key: each step, and whether it was done.
@Suite struct ContainerRemakeTests {
    private let bench: Bench
    private let engine: ScriptedEngine
    private static let newKey = "00112233445566778899aabbccddeeff"

    init() throws {
        bench = try Bench(nil, initialised: false)
        engine = try ScriptedEngine(for: bench)
        try engine.change(.backend, ".HostConfig.RestartPolicy = {Name: \"unless-stopped\"}")
    }

    private func remake() throws -> ContainerRemake {
        ContainerRemake(try bench.access(), patience: 1, flag: .noColumn)
    }

    private func labels(_ key: String = newKey) -> Set<String> {
        Set(EnvironmentKeys(encryptionKey: Secret(testing: key), rootEncryptionKey: nil).candidates.map(\.label))
    }

    private var old: Set<String> { labels(ScriptedEngine.key) }

    /// The env file is edited, and Compose makes another container of it.
    private func edit(_ key: String = newKey, made: String? = nil, id: String = "0123456789ab") throws {
        try engine.render(backend: ["image: \"tiny:1\"", "environment: { ENCRYPTION_KEY: \"\(key)\" }"])
        try engine.folder.write(
            "recreation.jq",
            """
            .[0] |= (.Id = "\(id)" | .HostConfig.RestartPolicy.Name = "unless-stopped"
                | .Config.Env |= map(if startswith("ENCRYPTION_KEY=") then "ENCRYPTION_KEY=\(made ?? key)" else . end))
            """)
    }

    private func policy() throws -> String? { try bench.access().containers?[.backend]?.restartPolicy }

    @Test func `each step is done once or twice, and its state says so`() throws {
        let record = try remake().survey()
        #expect(record.project?.replicas.map(\.restartPolicy) == ["unless-stopped"])
        #expect(record.project?.image == ScriptedEngine.image)
        let state = { try remake().state(record, labels: labels()) }
        for _ in 0..<2 {
            #expect(try remake().hold(record))
            #expect(try policy() == "no" && state() == .old)
        }
        try edit()
        for _ in 0..<2 {
            try remake().make(record, labels: labels())
            // A daemon that is restarted leaves it alone.
            #expect(try policy() == "no" && state() == .made)
        }
        for _ in 0..<2 {
            try remake().start(record)
            #expect(try state() == .started)
        }
        for _ in 0..<2 { try remake().release(record) }
        #expect(try policy() == "unless-stopped" && state() == .started)
        let lines = try engine.commands("compose .* up")
        #expect(lines.count == 2)
        for line in lines {
            #expect(
                line.contains(" up --no-start --no-deps --no-build --pull never --force-recreate infisical-backend"))
            #expect(!line.contains("remove-orphans") && !line.contains(" -d "))
        }
        #expect(try engine.commands("stop").allSatisfy { $0.contains(" f56025a642f2") })
    }

    @Test func `the way back is the same with the old key`() throws {
        let record = try remake().survey()
        try remake().hold(record)
        try edit()
        try remake().make(record, labels: labels())
        try edit(ScriptedEngine.key, id: "ba9876543210")
        #expect(try remake().state(record, labels: old) != .made)
        try remake().make(record, labels: old)
        try remake().start(record)
        try remake().release(record)
        #expect(try remake().state(record, labels: old) == .started)
    }

    @Test func `a project that gives another key is refused before anything is made`() throws {
        let record = try remake().survey()
        try remake().hold(record)
        // A variable of the shell or another file wins.
        let found = fault { try remake().make(record, labels: labels()) }
        #expect(found?.code == "instance.other-environment" && found?.message.contains(ScriptedEngine.key) == false)
        #expect(try engine.commands("compose .* up").isEmpty && remake().state(record, labels: labels()) == .old)
    }

    @Test func `a container that keeps the old key, or has another image, is not started`() throws {
        let record = try remake().survey()
        try remake().hold(record)
        try edit(made: ScriptedEngine.key)
        let found = fault { try remake().make(record, labels: labels()) }
        #expect(found?.code == "instance.not-remade" && found?.message.contains(old.first ?? "?") == true)
        guard case .other(let reasons) = try remake().state(record, labels: labels()) else {
            Issue.record("it passes for made")
            return
        }
        #expect(reasons.count == 1)
        try edit()
        try remake().make(record, labels: labels())
        try engine.change(.backend, ".Image = \"sha256:8888\"")
        guard case .other = try remake().state(record, labels: labels()) else {
            Issue.record("another image passes for the same")
            return
        }
    }

    @Test func `a tag that means another image by now is pinned to the image that ran`() throws {
        let record = try remake().survey()
        try engine.folder.write("images.json", "{\"tiny:1\": \"sha256:8888\"}")
        try edit()
        try remake().hold(record)
        try remake().make(record, labels: labels())
        #expect(try engine.folder.text("pin").contains(ScriptedEngine.image))
        #expect(!bench.exists("state/compose/infisical-ops-pin.yml"))
    }

    @Test func `what a Compose that was killed leaves is seen, and made again`() throws {
        let record = try remake().survey()
        try remake().hold(record)
        try edit()
        // The old one under another name, beside a new one.
        try engine.change(
            """
            . + [.[0] | .Id = "77" | .Config.Env |= map(
                if startswith("ENCRYPTION_KEY=") then "ENCRYPTION_KEY=\(Self.newKey)" else . end)]
                | .[0].Name = "/f56025a642f2_infisical-backend"
            """)
        guard case .other(let reasons) = try remake().state(record, labels: labels()) else {
            Issue.record("two pass for one")
            return
        }
        #expect(reasons.contains { $0.hasPrefix("2 containers") } && reasons.contains { $0.contains("from before") })
        // Nothing is left at all.
        try engine.change("map(select(.Config.Labels[\"com.docker.compose.service\"] != \"infisical-backend\"))")
        guard case .other = try remake().state(record, labels: labels()) else {
            Issue.record("none passes for one")
            return
        }
    }

    @Test func `replicas are held, made and started together`() throws {
        try engine.change(". + [.[0] | .Id = \"22\" | .Name = \"/infisical-backend-2\"]")
        let record = try remake().survey()
        #expect(record.project?.replicas.count == 2)
        try remake().hold(record)
        #expect(try engine.commands("stop").count == 2 && engine.commands("update").count == 2)
        try edit()
        // Only one of them was made again.
        let found = fault { try remake().make(record, labels: labels()) }
        #expect(found?.message.contains("infisical-backend-2 is the one from before") == true)
        #expect(try engine.commands("compose .* up").first?.contains("--scale infisical-backend=2") == true)
    }

    @Test func `another backend on the same key is found by the key, whatever it is called`() throws {
        let record = try remake().survey()
        #expect(try remake().strangers(record, with: old).isEmpty)
        try engine.change(
            ". + [.[0] | .Id = \"33\" | .Name = \"/elsewhere\" | .Config.Labels = {} | .State.Status = \"running\"]")
        #expect(try remake().strangers(record, with: old) == ["elsewhere"])
        #expect(try remake().strangers(record, with: labels()).isEmpty)
        // Its address says nothing of its key, whoever can read it.
        try engine.change(
            "map(if .Id == \"33\" then .Config.Env += [\"DB_CONNECTION_URI=postgres://[\"] else . end)")
        #expect(try remake().strangers(record, with: old) == ["elsewhere"])
        // Its Compose service is another one.
        try remake().hold(record)
        #expect(try engine.commands("stop").allSatisfy { !$0.hasSuffix(" 33") })
    }

    @Test func `a container that does not stop is named`() throws {
        let record = try remake().survey()
        try engine.hook("case $1 in stop) exit 0 ;; esac")
        #expect(fault { try remake().hold(record) }?.code == "instance.not-stopped")
    }
}

extension ContainerRemakeTests {
    @Test func `what keeps it from being made is told before anything is stopped`() throws {
        try engine.change(.backend, "del(.Config.Labels[\"com.docker.compose.project\"])")
        #expect(fault { _ = try remake().survey() }?.code == "instance.not-composed")
        #expect(try engine.commands("stop|update|compose .* up").isEmpty)
    }
}
