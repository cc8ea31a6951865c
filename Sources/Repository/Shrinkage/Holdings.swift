/// What a database holds, as far as a backup of it is compared with the one before; part of a manifest.
package struct Holdings: Codable, Sendable, Equatable {
    /// What is counted. An audit log is not: to shorten it is usual.
    package enum Kind: String, Sendable, CaseIterable {
        case rootKeys, kmsKeys, users, organizations, projects, secrets

        package var text: String {
            switch self {
            case .rootKeys: "root keys"
            case .kmsKeys: "KMS keys"
            case .users: "users"
            case .organizations: "organizations"
            case .projects: "projects"
            case .secrets: "secrets"
            }
        }
    }

    /// One number, counted in up to two ways.
    package struct Figure: Codable, Sendable, Equatable {
        /// Rows of the tables that hold them, as the backup walked them.
        package var rows: Int
        /// As Infisical's users count them: without those that it made for itself, and without the rows that an upgrade
        /// left behind in the tables of before. Nil where it was not counted.
        package var visible: Int?

        package init(rows: Int, visible: Int? = nil) {
            self.rows = rows
            self.visible = visible
        }

        /// As users count them; nil where that is not known.
        var seen: Int? { visible ?? (rows == 0 ? 0 : nil) }
    }

    /// Rows of all tables of the main database.
    package var rows: Int
    /// By the name of the kind; a reader leaves kinds alone that it does not know.
    package var figures: [String: Figure]
    /// What tells the KMS root key from others, 32 hex digits; nil where no key opened it.
    package var rootKey: String?
    /// `super_admin."instanceId"`.
    package var instance: String?
    /// The server's own number (`pg_control_system()`).
    package var server: String?

    package init(
        rows: Int, figures: [Kind: Figure], rootKey: String? = nil, instance: String? = nil, server: String? = nil
    ) {
        self.rows = rows
        self.figures = Dictionary(uniqueKeysWithValues: figures.map { ($0.key.rawValue, $0.value) })
        self.rootKey = rootKey
        self.instance = instance
        self.server = server
    }

    package subscript(kind: Kind) -> Figure { figures[kind.rawValue] ?? Figure(rows: 0) }

    /// The same, with the identity of the instance filled in where this one could not be read.
    func identified(like other: Holdings?) -> Holdings {
        var holdings = self
        holdings.rootKey = rootKey ?? other?.rootKey
        holdings.instance = instance ?? other?.instance
        return holdings
    }
}

extension Holdings {
    private static let counted: Set = [
        "kms_root_config", "internal_kms", "kms_keys", "users", "organizations", "projects", "secrets", "secrets_v2",
    ]

    /// Whether it matters how many rows a table of the main database has; of any other only whether it has one.
    package static func counts(schema: String, table: String) -> Bool { schema == "public" && counted.contains(table) }

    /// What a backup holds, out of its own manifest, also one that was written before anything was compared.
    package init(_ manifest: Manifest) {
        let main = manifest.databases.first { $0.role == "main" }
        let record = manifest.infisical
        let rows = { (name: String) in
            main?.tables.filter { $0.schema == "public" && $0.name == name }.reduce(0) { $0 + $1.rows } ?? 0
        }
        let has = { (name: String) in main?.tables.contains { $0.schema == "public" && $0.name == name } ?? false }
        self.init(
            rows: main?.tables.reduce(0) { $0 + $1.rows } ?? 0,
            figures: [
                // All rows wrap the same root key; that a prepared and a retained wrap go away is no loss.
                .rootKeys: Figure(rows: min(rows("kms_root_config"), 1)),
                // The first KMS had its key material in `kms_keys`.
                .kmsKeys: Figure(rows: rows(has("internal_kms") ? "internal_kms" : "kms_keys")),
                .users: Figure(rows: rows("users"), visible: record?.users),
                .organizations: Figure(rows: rows("organizations")),
                .projects: Figure(rows: rows("projects"), visible: record?.projects),
                // A project that is upgraded has its secrets copied from one table to the other.
                .secrets: Figure(rows: rows("secrets") + rows("secrets_v2"), visible: record?.secrets),
            ], rootKey: record?.rootKey, instance: record?.instance, server: main?.server.systemIdentifier)
    }
}
