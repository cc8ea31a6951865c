extension Manifest {
    /// The compose project of the instance: what a new host needs besides the files themselves, which are in the escrow.
    package struct ComposeRecord: Codable, Sendable, Equatable {
        package var project: String
        /// From which relative paths in the files are taken; absolute.
        package var folder: String
        /// The compose files in their order, absolute.
        package var files: [String]
        /// Those of `--env-file` in their order, absolute; empty where the project used its `.env`.
        package var environmentFiles: [String]
        /// Names of the services by `backend`, `database` and `redis`, as far as there are any.
        package var services: [String: String]

        package init(
            project: String, folder: String, files: [String], environmentFiles: [String], services: [String: String]
        ) {
            self.project = project
            self.folder = folder
            self.files = files
            self.environmentFiles = environmentFiles
            self.services = services
        }
    }
}
