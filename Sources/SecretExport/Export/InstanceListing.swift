import CopyFormat
import InfisicalData
package import InfisicalTables

/// What could be exported: projects, environments, folders and how many secrets each has. No key is needed, and no value
/// is opened.
package struct InstanceListing: Sendable {
    package struct Folder: Sendable {
        package let path: String
        package let shared: Int
        package let personal: Int
        package let imports: Int
        /// Folders below it that are not listed one by one, and the secrets in them.
        package var below = (folders: 0, secrets: 0)
    }

    package struct Environment: Sendable {
        package let slug: String
        package let name: String
        /// By path; those that replication filled are left out.
        package let folders: [Folder]
    }

    package struct Listed: Sendable {
        package let project: Project
        package let environments: [Environment]
    }

    /// By slug; those that are deleted, or hold no secrets by their kind, are left out.
    package let projects: [Listed]

    package static func read(_ source: any TableSource) throws -> InstanceListing {
        let reader = StructureReader(source)
        let projects = try reader.projects().filter { $0.holdsSecrets && !$0.isDeleted }
        let structures = try reader.structures(of: projects)
        let storages = Set(projects.map { $0.storage == .kms })
        var counts: [Bool: [RowID: (shared: Int, personal: Int)]] = [:]
        for isKMS in storages { counts[isKMS] = try count(source, isKMS ? .kms : .legacy) }
        return InstanceListing(
            projects: projects.map { project in
                let found = counts[project.storage == .kms] ?? [:], structure = structures[project.id]
                return Listed(
                    project: project,
                    environments: (structure?.environments ?? []).map { environment in
                        Environment(
                            slug: environment.slug, name: environment.name,
                            folders: (structure?.folders.visible(in: environment.slug) ?? []).map { folder in
                                Folder(
                                    path: folder.path, shared: found[folder.id]?.shared ?? 0,
                                    personal: found[folder.id]?.personal ?? 0,
                                    imports: structure?.imports[folder.id]?.count { !$0.isReplication } ?? 0)
                            })
                    })
            })
    }

    private static func count(
        _ source: any TableSource, _ storage: Project.Storage
    ) throws -> [RowID: (shared: Int, personal: Int)] {
        let columns = try TableColumns(
            source.facts, SecretRowReader.table(storage), needed: ["folderId", "type"])
        var counts: [RowID: (shared: Int, personal: Int)] = [:]
        try source.read(columns.table, columns.names) { (row) throws(CopyFault) in
            guard let folder = columns.id("folderId", row) else { return }
            if try row.text(columns["type"]) == SecretType.personal.rawValue {
                counts[folder, default: (0, 0)].personal += 1
            } else {
                counts[folder, default: (0, 0)].shared += 1
            }
        }
        return counts
    }
}
