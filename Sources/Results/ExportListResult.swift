package import InstanceData
package import SecretExport

/// What could be exported; no value of a secret.
package struct ExportListResult: CommandResult {
    package struct Project: Encodable, Sendable {
        let id: String
        let slug: String
        let name: String
        let environments: [Environment]
    }

    package struct Environment: Encodable, Sendable {
        let slug: String
        let name: String
        let folders: [Folder]
    }

    package struct Folder: Encodable, Sendable {
        let path: String
        /// Number of shared secrets.
        let shared: Int
        /// Number of personal ones, of all users.
        let personal: Int
        let imports: Int
        /// Folders below it that are not in the list, and the secrets in them; absent where all are.
        let foldersBelow: Int?
        let secretsBelow: Int?

        init(_ folder: InstanceListing.Folder) {
            path = folder.path
            shared = folder.shared
            personal = folder.personal
            imports = folder.imports
            let isWhole = folder.below.folders == 0
            foldersBelow = isWhole ? nil : folder.below.folders
            secretsBelow = isWhole ? nil : folder.below.secrets
        }
    }

    package let schema = "infisical-ops/export-list/1"
    /// `live` or `backup`.
    package let from: String
    /// Id of the backup; absent for the live database.
    package let backup: String?
    /// False: a list needs no key, and says nothing of whether one opens the values.
    package let keyTried: Bool
    package let projects: [Project]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// Plaintext bytes of the backup that were read; absent for the live database.
    package let bytesRead: Int?
    package let seconds: Double

    package init(_ reading: ExportOperation.Reading<InstanceListing>) {
        (from, backup) = ExportResult.source(reading.origin)
        keyTried = false
        projects = reading.content.projects.map { listed in
            Project(
                id: listed.project.id, slug: listed.project.slug, name: listed.project.name,
                environments: listed.environments.map { environment in
                    Environment(
                        slug: environment.slug, name: environment.name,
                        folders: environment.folders.map { Folder($0) })
                })
        }
        warnings = ExportResult.source(reading)
        bytesRead = reading.bytesRead
        seconds = reading.seconds
    }
}
