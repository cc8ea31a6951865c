import InfisicalData
import InfisicalStore
import InfisicalTables
import LiveSupport
import SecretExport
import Secrets
import TestSupport
import Testing

/// Everything that the fixtures' servers answered, read out of their databases.
@Suite struct FixtureExportTests {
    private struct Opened {
        let tables: LiveTables
        let keys: OpenedKeys
        var exporter: SecretExporter { SecretExporter(tables) { keys.state(of: $0) } }
    }

    private static func open<Value>(_ fixture: LiveFixture, _ body: (Opened) throws -> Value) throws -> Value {
        try fixture.copied { connection in
            let tables = try LiveTables(InfisicalDatabase(connection))
            let keys = try KeyTrial.open(HierarchyReader.read(tables), with: [try fixture.holder])
            return try body(Opened(tables: tables, keys: keys))
        }
    }

    private static func text(_ secret: Secret) -> String { secret.revealedText() }

    private static func values(_ secrets: [ReadSecret]) -> [Truth.Value] {
        secrets.map { Truth.Value(key: $0.key, type: $0.stored.type.rawValue, value: text($0.value)) }
            .sorted { ($0.key, $0.type) < ($1.key, $1.type) }
    }

    private static func sorted(_ values: [Truth.Value]) -> [Truth.Value] {
        values.sorted { ($0.key, $0.type) < ($1.key, $1.type) }
    }

    /// Names for which a server of 2026 answers otherwise than the one of 2024 that filled the database.
    private static let otherSince2026: Set<String> = ["MISSING_REF", "LOOP_A", "LOOP_B"]

    @Test(arguments: LiveFixture.allCases)
    func `one search finds what the folders of all projects hold`(fixture: LiveFixture) throws {
        try FixtureExportTests.open(fixture) { opened in
            var search = SecretSearch(opened.tables), expected: [String] = []
            let line = { (secret: StoredSecret) in "\(secret.id) \(secret.key) \(FixtureExportTests.text(secret.value))"
            }
            for project in try StructureReader(opened.tables).projects()
            where project.holdsSecrets && !project.isDeleted {
                let structure = try opened.exporter.structure(of: project)
                let folders = structure.environments.flatMap { structure.folders.visible(in: $0.slug) }.map(\.id)
                try search.add(project, folders: folders) { opened.keys.state(of: $0) }
                let reader = try SecretReader(opened.tables, project) { opened.keys.state(of: $0) }
                expected += try reader.folders(Set(folders), user: nil).values.flatMap(\.all).map(line)
            }
            let all = try search.find { _ in true }
            #expect(all.unread.isEmpty && all.secrets.map(line).sorted() == expected.sorted() && expected.count > 50)
            let wanted = try #require(all.secrets.first { $0.value.count > 0 })
            let some = try search.find { $0.equals(wanted.value) }.secrets.map(line)
            #expect(some.contains(line(wanted)) && some.count < expected.count)
        }
    }

    @Test(arguments: LiveFixture.allCases)
    func `every project, environment and folder reads as its server answered`(fixture: LiveFixture) throws {
        let truth = try Truth.of(fixture), isMoved = fixture == .s8 || fixture == .upgraded
        var counts = (folders: 0, secrets: 0, expanded: 0, imported: 0, versions: 0, tags: 0)
        try FixtureExportTests.open(fixture) { opened in
            try FixtureExportTests.compareListing(InstanceListing.read(opened.tables), truth)
            let reader = StructureReader(opened.tables), exporter = opened.exporter
            let projects = try reader.projects(), user = try #require(try reader.user(truth.user))
            for known in truth.projects {
                let project = try #require(projects.first { $0.id == known.id })
                let structure = try exporter.structure(of: project)
                #expect(structure.environments.map(\.slug).sorted() == known.environments.map(\.slug).sorted())
                for environment in known.environments {
                    #expect(
                        structure.folders.visible(in: environment.slug).map(\.path)
                            == environment.folders.map(\.path).sorted())
                    let folders = try environment.folders.map {
                        try #require(structure.folders.folder(environment.slug, $0.path))
                    }
                    let raw = try exporter.read(
                        folders, of: structure, user: user, personalWins: false, expands: false)
                    let expanded = try exporter.read(folders, of: structure, user: user, personalWins: false)
                    let secretReader = try SecretReader(opened.tables, project) { opened.keys.state(of: $0) }
                    for (index, folder) in environment.folders.enumerated() {
                        let place = "\(known.slug) \(environment.slug) \(folder.path)"
                        counts.folders += 1
                        counts.secrets += FixtureExportTests.compareStored(
                            raw[index], folder, tellsTags: fixture != .july, place)
                        counts.tags += raw[index].own.map(\.stored.tags.count).reduce(0, +)
                        counts.expanded += FixtureExportTests.compareExpanded(
                            expanded[index], folder, isLegacy: project.storage == .legacy, isMoved: isMoved, place)
                        counts.imported += FixtureExportTests.compareImports(
                            expanded[index], folder, isMoved: isMoved, place)
                        let versions = try secretReader.versions(of: raw[index].own.map(\.stored))
                        counts.versions += FixtureExportTests.compareVersions(raw[index], folder, versions, place)
                    }
                }
            }
        }
        print("\(fixture.rawValue): \(counts)")
        #expect(
            counts.secrets
                == truth.projects.flatMap(\.environments).flatMap(\.folders).map(\.secrets.count).reduce(0, +))
        #expect(counts.secrets > 700)
        #expect(counts.imported > 200)
        #expect(counts.tags > 150)
    }

    /// - Parameter tellsTags: the server of 2024-07 left them out of its listings, and had them.
    private static func compareStored(
        _ read: ReadFolder, _ folder: Truth.Folder, tellsTags: Bool, _ place: String
    ) -> Int {
        let own = read.own.map(\.stored).sorted { ($0.key, $0.type.rawValue) < ($1.key, $1.type.rawValue) }
        let known = folder.secrets.sorted { ($0.key, $0.type) < ($1.key, $1.type) }
        #expect(own.map(\.key) == known.map(\.key), "\(place)")
        #expect(read.stored.unopened.isEmpty)
        for (secret, truth) in zip(own, known) {
            #expect(secret.type.rawValue == truth.type, "\(place) \(truth.key)")
            #expect(text(secret.value) == truth.value, "\(place) \(truth.key)")
            #expect(text(secret.comment) == truth.comment, "\(place) \(truth.key)")
            #expect(secret.version == truth.version, "\(place) \(truth.key)")
            if tellsTags { #expect(secret.tags == truth.tags.sorted(), "\(place) \(truth.key)") }
            if let skips = truth.skipMultilineEncoding { #expect(secret.skipsMultilineEncoding == skips) }
        }
        return own.count
    }

    private static func compareExpanded(
        _ read: ReadFolder, _ folder: Truth.Folder, isLegacy: Bool, isMoved: Bool, _ place: String
    ) -> Int {
        var known = sorted(folder.expanded)
        for newer in folder.v4?.expanded ?? [] {
            known = known.map { $0.key == newer.key && $0.type == newer.type ? newer : $0 }
        }
        var own = values(read.own)
        // Servers of 2024 kept expanded values by name alone: the row with the last id gave them to both types.
        if isLegacy {
            var byKey: [String: String] = [:]
            for secret in read.own { byKey[secret.key] = text(secret.value) }
            own = own.map { Truth.Value(key: $0.key, type: $0.type, value: byKey[$0.key] ?? $0.value) }
        }
        for (value, truth) in zip(own, known) where !(isMoved && otherSince2026.contains(truth.key)) {
            #expect(value == truth, "\(place)")
        }
        #expect(own.count == known.count, "\(place)")
        if isMoved {
            let byKey = Dictionary(uniqueKeysWithValues: own.filter { $0.type == "shared" }.map { ($0.key, $0.value) })
            if let missing = byKey["MISSING_REF"] { #expect(missing == "xy") }
            if let loop = byKey["LOOP_A"] { #expect(loop == "${LOOP_B}") }
        }
        return own.count
    }

    private static func compareImports(
        _ read: ReadFolder, _ folder: Truth.Folder, isMoved: Bool, _ place: String
    ) -> Int {
        let known = folder.v4?.imports ?? folder.imports
        #expect(read.imports.count == known.count, "\(place)")
        for (item, truth) in zip(read.imports, known) {
            let mine = values(item.secrets), theirs = sorted(truth.secrets)
            if isMoved {
                // Since then every import of an imported folder counts, and copies are shown under their origin.
                if !truth.path.contains("__reserve") {
                    #expect((item.environment, item.path) == (truth.environment, truth.path), "\(place)")
                }
                #expect(Set(theirs.map(\.key)).isSubset(of: mine.map(\.key)), "\(place)")
                continue
            }
            #expect((item.environment, item.path) == (truth.environment, truth.path), "\(place)")
            #expect(mine == theirs, "\(place)")
        }
        return read.imports.map(\.secrets.count).reduce(0, +)
    }

    private static func compareVersions(
        _ read: ReadFolder, _ folder: Truth.Folder, _ versions: [String: [SecretVersion]], _ place: String
    ) -> Int {
        for truth in folder.versions {
            guard let secret = read.own.first(where: { $0.key == truth.key && $0.stored.type == .shared }) else {
                Issue.record("\(place): \(truth.key) is missing")
                continue
            }
            let known = truth.values.sorted { $0.version < $1.version }, mine = versions[secret.stored.id] ?? []
            #expect(mine.map(\.version) == known.map(\.version), "\(place) \(truth.key)")
            for (version, truth) in zip(mine, known) {
                #expect(version.value != nil, "\(place) \(version.version)")
                #expect(truth.value == nil || version.value.map(text) == truth.value, "\(place) \(version.version)")
            }
            // The last one is what the secret is now.
            #expect(mine.last?.value.map(text) == text(secret.stored.value), "\(place) \(truth.key)")
        }
        return folder.versions.count
    }

    @Test func `an export merges, sorts and names whose values are left out`() throws {
        let truth = try Truth.of(.s7)
        try FixtureExportTests.open(.s7) { opened in
            let shared = try opened.exporter.export(ExportRequest(project: "orchard-api", environment: "dev"))
            let keys = shared.secrets.map(\.key)
            #expect(keys == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(keys.count == Set(keys).count)
            #expect(shared.secrets.allSatisfy { $0.type == .shared })
            // Of both users who have some.
            #expect(shared.notes == [.personalValues(count: 5, users: ["dev@harrow.example", truth.user])])
            let own = try opened.exporter.export(
                ExportRequest(project: "orchard-api", environment: "dev", user: truth.user.uppercased()))
            #expect(own.secrets.filter { $0.type == .personal }.map(\.key) == ["BOOL", "HASH", "URL"])
            #expect(own.secrets.count == shared.secrets.count)
            let reference = try opened.exporter.export(
                ExportRequest(project: "orchard-api", environment: "dev", path: "app/api/", user: truth.user))
            let root = try #require(reference.secrets.first { $0.key == "FROM_ROOT" })
            #expect(FixtureExportTests.text(root.value).contains("mine again"))
        }
    }

    @Test func `imports follow own secrets, and the highest position wins`() throws {
        try FixtureExportTests.open(.october) { opened in
            let export = try opened.exporter.export(ExportRequest(project: "harbour-api", environment: "prod"))
            let host = try #require(export.secrets.first { $0.key == "HOST" })
            #expect(host.isImported)
            #expect((host.environment, host.path) == ("staging", "/app/db"))
            #expect(FixtureExportTests.text(host.value) == "db-staging.internal")
            let without = try opened.exporter.export(
                ExportRequest(project: "harbour-api", environment: "prod", includesImports: false))
            #expect(!without.secrets.contains { $0.isImported })
        }
    }

    /// What a list of the instance counts, without any key.
    private static func compareListing(_ listing: InstanceListing, _ truth: Truth) throws {
        for known in truth.projects {
            let listed = try #require(listing.projects.first { $0.project.id == known.id })
            for environment in known.environments {
                let mine = try #require(listed.environments.first { $0.slug == environment.slug })
                #expect(mine.folders.map(\.path) == environment.folders.map(\.path).sorted())
                for folder in environment.folders {
                    let found = try #require(mine.folders.first { $0.path == folder.path })
                    #expect(found.shared == folder.secrets.count { $0.type == "shared" })
                    #expect(found.personal >= folder.secrets.count { $0.type == "personal" })
                    #expect(found.imports >= folder.imports.count)
                }
            }
        }
        #expect(!listing.projects.contains { $0.project.isDeleted || !$0.project.holdsSecrets })
    }

    @Test func `a deleted project and a deleted environment are named as such`() throws {
        try FixtureExportTests.open(.s7) { opened in
            let projects = try StructureReader(opened.tables).projects()
            let deleted = try #require(projects.first { $0.isDeleted })
            #expect(throws: SecretExportFault.deletedProject(name: deleted.slug)) {
                try opened.exporter.export(ExportRequest(project: deleted.slug, environment: "dev"))
            }
            let certificates = try #require(projects.first { $0.type == "cert-manager" && !$0.isDeleted })
            #expect(throws: SecretExportFault.otherProject(name: certificates.id, type: "cert-manager")) {
                try opened.exporter.export(ExportRequest(project: certificates.id, environment: "dev"))
            }
            for project in projects where project.holdsSecrets && !project.isDeleted {
                let structure = try opened.exporter.structure(of: project)
                for environment in structure.deletedEnvironments {
                    #expect(throws: SecretExportFault.deletedEnvironment(name: environment.slug, project: project.slug))
                    {
                        try opened.exporter.export(
                            ExportRequest(project: project.id, environment: environment.slug))
                    }
                }
            }
        }
    }

    @Test func `another instance's key opens nothing, and the project is named`() throws {
        try LiveFixture.october.copied { connection in
            let tables = try LiveTables(InfisicalDatabase(connection))
            let keys = try KeyTrial.open(HierarchyReader.read(tables), with: [try LiveFixture.s7.holder])
            let exporter = SecretExporter(tables) { keys.state(of: $0) }
            #expect {
                try exporter.export(ExportRequest(project: "harbour-api", environment: "dev"))
            } throws: { error in
                guard case SecretExportFault.keyClosed(project: "harbour-api", _) = error else { return false }
                return true
            }
            // A project without secrets needs no key.
            #expect(try exporter.export(ExportRequest(project: "empty-one", environment: "dev")).secrets.isEmpty)
        }
    }
}
