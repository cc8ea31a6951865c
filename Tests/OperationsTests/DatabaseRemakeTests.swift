import Faults
import InfisicalData
import Instance
import InstanceAccess
import LiveSupport
import Postgres
import Secrets
import TestSupport
import Testing

/// Making the container of the database again with another password, from its image and on its volumes.
@Suite struct DatabaseRemakeTests {
    private let bench: Bench
    private let engine: ScriptedEngine
    private let session: Connection
    private let data: String

    private static let old = "EftUUhPWdjKNR7OKAzXo3zua"
    private static let new = "Nn1Oo2Pp3Qq4Rr5Ss6Tt7Uu8Vv9Ww0Xx"
    private static let id = "95e6b5abcf04"

    init() throws {
        bench = try Bench(nil, initialised: false)
        engine = try ScriptedEngine(for: bench)
        session = try LiveServer.connect(LiveServer.get().endpoint())
        data = try LiveServer.get().data
        try engine.variable(.database, "POSTGRES_PASSWORD", Self.old)
        try engine.change(.database, ".Mounts[0].Destination = \"\(data)\"")
        try render(Self.old)
    }

    private func remake() throws -> DatabaseRemake { DatabaseRemake(try bench.access()) }

    private func survey() throws -> DatabaseContainer? { try remake().survey(Secret(testing: Self.old), session) }

    private func project() throws -> RemakeRecord.Project {
        try #require(try ContainerRemake(try bench.access(), patience: 1, flag: .noColumn).survey().project)
    }

    private func fault(_ body: () throws -> Void) -> (any Fault)? {
        do { try body() } catch { return .of(error) }
        return nil
    }

    /// What Compose makes of the project.
    private func render(_ password: String, volume: String = "pg", at place: String? = nil) throws {
        try engine.render(
            backend: ["image: \"tiny:1\"", "environment: { ENCRYPTION_KEY: \"\(ScriptedEngine.key)\" }"])
        let text = try engine.folder.text("rendered.yml").replacing(
            "volumes: [\"pg:/var/lib/postgresql/data\"]",
            with: "environment: { POSTGRES_PASSWORD: \"\(password)\" }\n    volumes: [\"\(volume):\(place ?? data)\"]")
        try engine.folder.write(
            "rendered.yml", text + "volumes: { pg: { name: stack_pg }, other: { name: stack_other } }\n")
    }

    /// What the next container is.
    private func makes(_ password: String, id: String = "0123456789ab", _ more: String = ".") throws {
        try engine.folder.write(
            "recreation.jq",
            """
            .[1] |= (.Id = "\(id)" | .Config.Env |= map(
                if startswith("POSTGRES_PASSWORD=") then "POSTGRES_PASSWORD=\(password)" else . end) | \(more))
            """)
    }

    private func database() throws -> Container? { try bench.access().containers?[.database] }

    @Test func `it is made once, on its volume, and the way back is the same`() throws {
        let record = try #require(try survey())
        #expect(record.image == ScriptedEngine.image && record.mounted == [data: "stack_pg"])
        try render(Self.new)
        try makes(Self.new)
        for _ in 0..<2 { try remake().make(record, try project(), Secret(testing: Self.new)) }
        #expect(try database()?.id == "0123456789ab" && database()?.state == .running)
        let up = try engine.commands("compose .* up")
        #expect(up.count == 1)
        #expect(up[0].contains(" up --no-start --no-deps --no-build --pull never --force-recreate infisical-db"))
        // The server is given the time to write what it has in memory.
        #expect(try engine.commands("stop").contains { $0.hasPrefix("stop -t 120 \(Self.id)") })
        try render(Self.old)
        try makes(Self.old, id: "ba9876543210")
        try remake().make(record, try project(), Secret(testing: Self.old))
        #expect(try database()?.id == "ba9876543210" && database()?.state == .running)
    }

    @Test func `one with other files, or another image, is not started`() throws {
        let record = try #require(try survey())
        try render(Self.new)
        for change in [".Mounts[0].Name = \"stack_other\"", ".Mounts = []", ".Image = \"sha256:00\""] {
            try makes(Self.new, id: "0123456789ab", change)
            try engine.variable(.database, "POSTGRES_PASSWORD", Self.old)
            let found = fault { try remake().make(record, try project(), Secret(testing: Self.new)) }
            #expect(found?.code == "instance.not-remade", "\(change): \(found as Any)")
            #expect(try database()?.state == .created)
        }
    }

    @Test func `a project that gives another password is refused before the server is stopped`() throws {
        let record = try #require(try survey())
        let found = fault { try remake().make(record, try project(), Secret(testing: Self.new)) }
        #expect(found?.code == "instance.other-environment")
        #expect(try engine.commands("stop|compose .* up").isEmpty && database()?.state == .running)
    }

    @Test func `data that would be lost, or other data, is a reason not to begin`() throws {
        try render(Self.old, volume: "other")
        var found = fault { _ = try survey() }
        #expect(found?.code == "instance.volumes-differ" && found?.exit == .refused)
        #expect(found?.message.contains("\(data) would be stack_other instead of stack_pg") == true)
        try render(Self.old, at: "/somewhere")
        try engine.change(.database, ".Mounts[0].Destination = \"/somewhere\"")
        found = fault { _ = try survey() }
        #expect(found?.code == "instance.volumes-differ" && found?.exit == .refused)
        #expect(found?.message.contains("\(data) lies on no volume") == true)
        #expect(try engine.commands().isEmpty)
    }

    @Test func `a container that does not hold the password stays as it is`() throws {
        try engine.variable(.database, "POSTGRES_PASSWORD", "another-password")
        #expect(try survey() == nil)
        try engine.variable(.database, "POSTGRES_PASSWORD", nil)
        #expect(try survey() == nil)
    }

    @Test func `a server that a killed run left stopped is started, and only then`() throws {
        let record = try #require(try survey())
        #expect(try remake().revive(record, try project()) == false && engine.commands("start").isEmpty)
        try engine.change(.database, ".State.Status = \"exited\"")
        #expect(try remake().revive(record, try project()))
        #expect(try engine.commands("start").count == 1 && database()?.state == .running)
    }
}
