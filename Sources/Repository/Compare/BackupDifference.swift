/// What differs between two backups, as far as their manifests say it: no key and no chunk is needed.
package struct BackupDifference: Codable, Sendable, Equatable {
    /// Whether two contents are the same.
    package enum Verdict: String, Codable, Sendable {
        case same, differs
        /// The digests were made with other keys, or over another form of the data.
        case notComparable = "not comparable"
    }

    /// What one name stands for on both sides.
    package struct Change: Codable, Sendable, Equatable {
        package let name: String
        package let before: String?
        package let after: String?
    }

    /// One table that both backups have.
    package struct Table: Codable, Sendable, Equatable {
        package let schema: String
        package let name: String
        package let rowsBefore: Int
        package let rowsAfter: Int
        package let content: Verdict
        package let columnsAdded: [String]
        package let columnsRemoved: [String]

        package var displayName: String { schema + "." + name }
        /// Whether it is as it was, as far as that can be said.
        var isUnchanged: Bool { content == .same && columnsAdded.isEmpty && columnsRemoved.isEmpty }
    }

    /// One database that both backups have.
    package struct Database: Codable, Sendable, Equatable {
        /// `main` or `audit-logs`.
        package let role: String
        /// Tables of the first backup only, and of the second only, as `schema.table`.
        package let tablesRemoved: [String]
        package let tablesAdded: [String]
        /// Tables of both of which rows, content or columns differ, or whose content cannot be compared.
        package let tables: [Table]
        /// How many tables are the same in both.
        package let tablesSame: Int
        /// The positions of sequences that differ; absent on the side that does not have one.
        package let sequences: [Change]
        /// Whether the statements that make the schema are the same.
        package let schema: Verdict
        /// What differs besides: name, owner, server, encoding, settings, access list, roles, Infisical's migration.
        package let properties: [Change]

        /// Whether nothing is known to differ.
        package var isSame: Bool {
            tablesRemoved.isEmpty && tablesAdded.isEmpty && tables.isEmpty && sequences.isEmpty && schema == .same
                && properties.isEmpty
        }
    }

    /// Why the two are of different instances, so that what differs is no change, as a clause; nil where they are of the same,
    /// or where that cannot be seen.
    package let otherInstance: String?
    /// Roles of databases that only one of the two has.
    package let databasesRemoved: [String]
    package let databasesAdded: [String]
    package let databases: [Database]

    /// Whether nothing is known to differ.
    package var isSame: Bool {
        otherInstance == nil && databasesRemoved.isEmpty && databasesAdded.isEmpty && databases.allSatisfy(\.isSame)
    }

    package init(from before: Manifest, to after: Manifest) {
        // Names of chunks and digests of rows depend on the key of the generation.
        let sharesKey = before.repository == after.repository && before.key.generation == after.key.generation
        otherInstance = BackupDifference.otherInstance(before.infisical, after.infisical)
        let roles = (before.databases.map(\.role), after.databases.map(\.role))
        databasesRemoved = roles.0.filter { !roles.1.contains($0) }
        databasesAdded = roles.1.filter { !roles.0.contains($0) }
        databases = before.databases.compactMap { old in
            guard let new = after.databases.first(where: { $0.role == old.role }) else { return nil }
            let infisical = old.role == "main" ? (before.infisical, after.infisical) : (nil, nil)
            return Database(from: old, to: new, sharesKey: sharesKey, infisical)
        }
    }

    /// By the instance's own number; by the root key, which a rotation changes, only where one of them has none.
    private static func otherInstance(
        _ before: Manifest.InfisicalRecord?, _ after: Manifest.InfisicalRecord?
    ) -> String? {
        guard let before, let after else {
            if before == nil, after == nil { return nil }
            return "only the \(before == nil ? "second" : "first") is of Infisical's database"
        }
        if let one = before.instance, let other = after.instance {
            return one == other ? nil : "the first is of the instance \(one), the second of \(other)"
        }
        guard let one = before.rootKey, let other = after.rootKey, one != other else { return nil }
        return "they have different root keys"
    }
}
