package import InPlace

/// What a rotation is about; fixed before its first step. Of keys it holds labels and digests only: the keys themselves
/// are sealed beside the journal and in the repository.
package struct RotationWork: Codable, Equatable, Sendable {
    /// How much is encrypted anew.
    package enum Depth: String, Codable, CaseIterable, Sendable {
        /// Everything that the environment's key opens; the keys below it stay.
        case full
        /// Also a new root key, and everything under the old one.
        case deep
        /// Also new data keys, and every value.
        case rekey
        /// What the server itself does: only the root key's wrap.
        case native
    }

    /// One variable whose value changes.
    package struct Change: Codable, Equatable, Sendable {
        /// As Infisical calls it: `ENCRYPTION_KEY`.
        package let variable: String
        /// Labels; nil for what has none.
        package let old: String?
        package let new: String?

        package init(variable: String, old: String?, new: String?) {
            self.variable = variable
            self.old = old
            self.new = new
        }
    }

    /// Names the files of this rotation, on the host and in the repository.
    package let id: String
    package let route: RotationRoute
    /// Nil where nothing is encrypted anew.
    package let depth: Depth?
    package let changes: [Change]
    package let server: DatabaseServer
    package let database: DatabaseIdentity
    /// The role whose password changes; nil elsewhere.
    package let role: String?
    /// Empty without containers.
    package let containers: [InPlaceWork.Backend]
    /// Paths of the env files that are edited.
    package let files: [String]
    /// Values that no key opens and that are left as they are: `table.column of id`.
    package let leaves: [String]

    package init(
        id: String, route: RotationRoute, depth: Depth?, changes: [Change], server: DatabaseServer,
        database: DatabaseIdentity, role: String? = nil, containers: [InPlaceWork.Backend], files: [String],
        leaves: [String] = []
    ) {
        self.id = id
        self.route = route
        self.depth = depth
        self.changes = changes
        self.server = server
        self.database = database
        self.role = role
        self.containers = containers
        self.files = files
        self.leaves = leaves
    }

    /// What is rotated, for the middle of a sentence.
    package var subject: String {
        switch route {
        case .encryptionKey, .stagedKey:
            changes.count > 1
                ? "the encryption keys"
                : changes.first?.variable == "ROOT_ENCRYPTION_KEY"
                    ? "the root encryption key"
                    : "the encryption key"
        case .authSecret: "the auth secret"
        case .databasePassword: "the database password"
        }
    }

    /// The work by its name: `the rotation of the encryption key (20261129T120000Z)`.
    package var title: String { "the rotation of \(subject) (\(id))" }
}
