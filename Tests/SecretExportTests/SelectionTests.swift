import Faults
import InfisicalData
import LiveSupport
import SecretExport
import Secrets
import Testing

@Suite struct SelectionTests {
    private static func instance() throws -> MemoryInstance {
        var instance = MemoryInstance()
        instance.environment("dev")
        instance.environment("gone", ["deleteAfter": .text("2026-12-01")])
        try instance.secret("dev", "/", "A", "root")
        try instance.secret("dev", "/app", "A", "app")
        try instance.secret("dev", "/app/db", "B", "db")
        try instance.secret("dev", "/apple", "C", "apple")
        return instance
    }

    private static func fault(_ body: () throws -> Void) -> SecretExportFault? {
        do { try body() } catch { return error as? SecretExportFault }
        return nil
    }

    @Test(arguments: ["web", "The web", MemoryInstance.project])
    func `a project is found by id, slug and name`(name: String) throws {
        let instance = try SelectionTests.instance()
        let export = try instance.exporter().export(ExportRequest(project: name, environment: "dev"))
        #expect(export.project.id == MemoryInstance.project)
    }

    @Test func `what is missing is named with the nearest name`() throws {
        let instance = try SelectionTests.instance()
        let fault = { (project: String, environment: String, path: String) in
            SelectionTests.fault {
                _ = try instance.exporter().export(
                    ExportRequest(project: project, environment: environment, path: path))
            }
        }
        #expect(fault("wbe", "dev", "/") == .noProject(name: "wbe", nearest: "web", known: ["web"]))
        #expect(fault("web", "dve", "/") == .noEnvironment(name: "dve", project: "web", nearest: "dev", known: ["dev"]))
        #expect(fault("web", "gone", "/") == .deletedEnvironment(name: "gone", project: "web"))
        #expect(fault("web", "dev", "/appp") == .noFolder(path: "/appp", environment: "dev", nearest: "/app"))
        #expect(fault("wbe", "dev", "/")?.exit == .notFound)
    }

    @Test func `a slug that is another project's name is ambiguous, and not decided silently`() throws {
        var instance = try SelectionTests.instance()
        let other = "22222222-2222-4333-8444-555555555555"
        instance.project("shop", id: other, ["name": .text("web")])
        let export = { (name: String) in
            try instance.exporter().export(ExportRequest(project: name, environment: "dev")).project.id
        }
        let fault = SelectionTests.fault { _ = try export("web") }
        guard case .ambiguousProject(name: "web", let candidates)? = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(candidates.contains { $0.contains("slug \"shop\", name \"web\"") } && candidates.count == 2)
        #expect(
            try export("The web") == MemoryInstance.project && export(MemoryInstance.project) == MemoryInstance.project)
    }

    @Test func `thousands of folders inside each other are counted, and can be looked into`() throws {
        var instance = MemoryInstance()
        instance.environment("dev")
        let names = (0..<3000).map { "folder-number-\($0)" }
        for count in [1, 12, 13, 3000] {
            try instance.secret("dev", "/" + names.prefix(count).joined(separator: "/"), "A", "a")
        }
        let all = try InstanceListing.read(instance.tables)
        let folders = try #require(try all.selected(.init()).projects.first?.environments.first?.folders)
        #expect(folders.count == 13 && folders.last?.below.folders == 2988 && folders.last?.below.secrets == 2)
        #expect(folders.reduce(0) { $0 + $1.path.utf8.count } < 5_000)
        #expect(folders.dropLast().allSatisfy { $0.below.folders == 0 })
        var deeper = InstanceListing.Selection()
        deeper.path = "/" + names.prefix(2990).joined(separator: "/")
        let inside = try #require(try all.selected(deeper).projects.first?.environments.first?.folders)
        #expect(inside.count == 11 && inside.allSatisfy { $0.below.folders == 0 } && inside.last?.shared == 1)
        deeper.path = "/none"
        #expect(throws: SecretExportFault.self) { try all.selected(deeper) }
        deeper.path = nil
        deeper.environment = "prod"
        #expect(throws: SecretExportFault.self) { try all.selected(deeper) }
    }

    @Test func `a slug of two organizations is named with both ids`() throws {
        var instance = try SelectionTests.instance()
        instance.project("web", id: "22222222-2222-4333-8444-555555555555")
        let fault = SelectionTests.fault {
            _ = try instance.exporter().export(ExportRequest(project: "web", environment: "dev"))
        }
        guard case .ambiguousProject(name: "web", let candidates)? = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(candidates.count == 2)
        #expect(candidates.contains { $0.hasPrefix("22222222-2222-4333-8444-555555555555") })
    }

    @Test func `folders below come along when asked for, and only those`() throws {
        let instance = try SelectionTests.instance()
        let paths = { (path: String, isRecursive: Bool) in
            try instance.export("dev", path) { $0.isRecursive = isRecursive }.folders.map(\.path)
        }
        #expect(try paths("/app", false) == ["/app"])
        #expect(try paths("/app", true) == ["/app", "/app/db"])
        #expect(try paths("", true) == ["/", "/app", "/app/db", "/apple"])
    }

    @Test func `one name in two folders is refused by formats that know names only`() throws {
        let instance = try SelectionTests.instance()
        let secrets = try instance.export { $0.isRecursive = true }.secrets
        #expect(throws: SecretExportFault.sameName(format: .dotenv, keys: ["\"A\" in / and /app"])) {
            try ExportWriter.write(secrets, as: .dotenv)
        }
        #expect(try ExportWriter.write(secrets, as: .json).text.revealedText().contains("\"secretPath\": \"/app/db\""))
    }

    @Test func `a table that no known version lacks is named`() throws {
        var tables = MemoryTables()
        tables.table("projects", "id text,name text,slug text")
        let exporter = SecretExporter(tables) { _ in .closed("") }
        #expect(throws: SecretExportFault.noProject(name: "x", nearest: nil, known: [])) {
            try exporter.export(ExportRequest(project: "x", environment: "dev"))
        }
        tables.add("projects", ["id": .text("1"), "name": .text("x"), "slug": .text("x")])
        let filled = SecretExporter(tables) { _ in .closed("") }
        #expect(throws: SecretExportFault.unknownSchema(table: "project_environments", column: nil)) {
            try filled.export(ExportRequest(project: "x", environment: "dev"))
        }
    }

    @Test func `a half upgraded project is named, and read by its version`() throws {
        var instance = MemoryInstance(projectCells: ["upgradeStatus": .text("FAILED")])
        instance.environment("dev")
        #expect(try instance.export().notes == [.halfUpgraded(project: "web", status: "FAILED")])
    }
}

@Suite struct InstanceKeysTests {
    private static func secret(_ key: String, _ value: String) -> ExportedSecret {
        ExportedSecret(id: key, key: key, value: Secret(testing: value), environment: "dev", path: "/")
    }

    private let keys = InstanceKeys([
        .init(
            names: [InstanceKeys.guideNames.encryptionKey, "ENCRYPTION_KEY"], inForce: Secret(testing: "new"),
            others: [Secret(testing: "old")]),
        .init(names: [InstanceKeys.guideNames.databasePassword], inForce: Secret(testing: "db")),
        .init(names: [InstanceKeys.guideNames.authSecret], inForce: nil),
    ])

    @Test(
        arguments: [
            ("INFISICAL_ENCRYPTION_KEY", "new", nil), ("ENCRYPTION_KEY", " new\n", nil),
            ("INFISICAL_ENCRYPTION_KEY", "old", .namedLikeKey), ("INFISICAL_ENCRYPTION_KEY", "", .namedLikeKey),
            ("INFISICAL_ENCRYPTION_KEY", "another", .namedLikeKey), ("BACKUP", "old", .isOtherKey),
            ("BACKUP", "new", nil),
            ("INFISICAL_POSTGRES_PASSWORD", "db2", .namedLikeKey), ("POSTGRES_PASSWORD", "db2", nil),
            ("EMPTY", "", nil),
            ("INFISICAL_AUTH_SECRET", "unknown", .namedLikeKey), ("N8N_ENCRYPTION_KEY", "own", nil),
        ] as [(String, String, InstanceKeys.LeftOut.Reason?)])
    func `only keys in force are written`(key: String, value: String, reason: InstanceKeys.LeftOut.Reason?) {
        let (kept, leftOut) = keys.filter([InstanceKeysTests.secret(key, value)])
        #expect(leftOut.first?.reason == reason)
        #expect(kept.count == (reason == nil ? 1 : 0))
    }
}
