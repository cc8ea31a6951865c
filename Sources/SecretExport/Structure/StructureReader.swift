import CopyFormat
import InfisicalData
package import InfisicalTables

/// Reads projects, environments, folders and imports (format specification, sections 5.2 to 5.4), by what columns the
/// catalog has.
package struct StructureReader {
    private let source: any TableSource

    package init(_ source: any TableSource) { self.source = source }

    /// Every project, those of other kinds and those that wait to be purged too; by slug.
    package func projects() throws -> [Project] {
        let columns = try TableColumns(
            source.facts, "projects", needed: ["id", "name", "slug"],
            optional: ["orgId", "version", "type", "deleteAfter", "upgradeStatus"])
        var found: [Project] = []
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let id = try row.identifier(columns["id"]) else { return }
            found.append(
                Project(
                    id: id, name: try row.text(columns["name"]) ?? "", slug: try row.text(columns["slug"]) ?? "",
                    organization: try columns.optional("orgId").flatMap { (at) throws(CopyFault) in
                        try row.identifier(at)
                    },
                    version: try Int(clamping: columns.integer("version", row) ?? 1),
                    type: try columns.text("type", row), isDeleted: columns.isFilled("deleteAfter", row),
                    upgradeStatus: try columns.text("upgradeStatus", row)))
        }
        return found.sorted { ($0.slug, $0.id) < ($1.slug, $1.id) }
    }

    /// What the given projects consist of, by project id. Three tables are read once each, however many projects.
    package func structures(of projects: [Project]) throws -> [String: ProjectStructure] {
        let wanted = Dictionary(projects.map { (RowID($0.id), $0) }) { first, _ in first }
        let environments = try environments(of: Set(wanted.keys))
        var owner: [RowID: RowID] = [:]
        for (project, list) in environments { for environment in list { owner[environment.id] = project } }
        let folders = try folders(owner)
        var folderOwner: [RowID: RowID] = [:]
        for (project, list) in folders { for folder in list { folderOwner[folder.id] = project } }
        let imports = try imports(folderOwner)
        var structures: [String: ProjectStructure] = [:]
        for (id, project) in wanted {
            structures[project.id] = ProjectStructure(
                project: project, environments: environments[id] ?? [], folders: folders[id] ?? [],
                imports: imports[id] ?? [])
        }
        return structures
    }

    private func environments(of projects: Set<RowID>) throws -> [RowID: [ProjectEnvironment]] {
        let columns = try TableColumns(
            source.facts, "project_environments", needed: ["id", "slug", "name", "position", "projectId"],
            optional: ["deleteAfter"])
        var found: [RowID: [ProjectEnvironment]] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let id = columns.id("id", row), let project = columns.id("projectId", row),
                projects.contains(project)
            else { return }
            found[project, default: []].append(
                ProjectEnvironment(
                    id: id, slug: try row.text(columns["slug"]) ?? "", name: try row.text(columns["name"]) ?? "",
                    position: try Int(clamping: columns.integer("position", row) ?? 0),
                    isDeleted: columns.isFilled("deleteAfter", row)))
        }
        return found
    }

    private func folders(_ owner: [RowID: RowID]) throws -> [RowID: [FolderRow]] {
        let columns = try TableColumns(
            source.facts, "secret_folders", needed: ["id", "name", "envId", "parentId"], optional: ["isReserved"])
        var found: [RowID: [FolderRow]] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let id = columns.id("id", row), let environment = columns.id("envId", row),
                let project = owner[environment]
            else { return }
            found[project, default: []].append(
                FolderRow(
                    id: id, name: try row.text(columns["name"]) ?? "", environment: environment,
                    parent: columns.id("parentId", row),
                    isReserved: try columns.boolean("isReserved", row) ?? false))
        }
        return found
    }

    private func imports(_ owner: [RowID: RowID]) throws -> [RowID: [SecretImport]] {
        let columns = try TableColumns(
            source.facts, "secret_imports", needed: ["id", "folderId", "importEnv", "importPath", "position"],
            optional: ["isReplication"])
        var found: [RowID: [SecretImport]] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let id = try row.identifier(columns["id"]), let folder = columns.id("folderId", row),
                let environment = columns.id("importEnv", row), let project = owner[folder]
            else { return }
            found[project, default: []].append(
                SecretImport(
                    id: id, folder: folder, environment: environment,
                    path: try row.text(columns["importPath"]) ?? FolderPath.root,
                    position: try columns.integer("position", row) ?? 0,
                    isReplication: try columns.boolean("isReplication", row) ?? false))
        }
        return found
    }

    /// The id of the user with this email address or user name, without regard to case; nil if there is none.
    package func user(_ email: String) throws -> RowID? {
        let columns = try TableColumns(source.facts, "users", needed: ["id"], optional: ["email", "username"])
        let wanted = email.lowercased()
        var byEmail: RowID?, byName: RowID?
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            let address = try columns.text("email", row), name = try columns.text("username", row)
            if address?.lowercased() == wanted { byEmail = columns.id("id", row) }
            if name?.lowercased() == wanted { byName = columns.id("id", row) }
        }
        return byEmail ?? byName
    }

    /// The addresses of users, for those that are asked about.
    package func addresses(of users: Set<RowID>) throws -> [RowID: String] {
        if users.isEmpty { return [:] }
        let columns = try TableColumns(source.facts, "users", needed: ["id"], optional: ["email", "username"])
        var found: [RowID: String] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let id = columns.id("id", row), users.contains(id) else { return }
            let address = try columns.text("email", row), name = try columns.text("username", row)
            found[id] = address ?? name
        }
        return found
    }
}
