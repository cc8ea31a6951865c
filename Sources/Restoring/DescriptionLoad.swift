package import Postgres

/// Gives a restored database what belongs to the database itself: comment, settings, owner, access rights, and what
/// `ALTER DATABASE` sets besides. None of it is needed by a row.
package struct DescriptionLoad: Sendable {
    package struct Setting: Sendable {
        /// Nil for all roles.
        package let role: String?
        /// `name=value`.
        package let assignment: String

        package init(role: String?, assignment: String) {
            self.role = role
            self.assignment = assignment
        }
    }

    package var comment: String?
    package var settings: [Setting] = []
    /// Nil leaves the database to its maker.
    package var owner: String?
    /// In PostgreSQL's `aclitem` form; nil for the usual ones.
    package var accessRights: [String]?
    package var properties: DatabaseProperties?

    package init() {}

    /// - Parameter connection: with the database itself: the server keeps a comment in the encoding of the session's own
    ///   database.
    package func apply(to name: String, losses: LossList, _ connection: Connection) throws {
        let database = Quoting.identifier(name)
        let attempt = { (kind: String, subject: String, sql: String) in
            guard let refusal = try connection.attempt(sql) else { return }
            try losses.add(ObjectLoss(kind: kind, name: subject, refusal))
        }
        if let comment {
            try attempt(
                "comment of the database", name, "COMMENT ON DATABASE \(database) IS \(Quoting.literal(comment))")
        }
        for setting in settings {
            guard let assignment = DatabaseSetting(assignment: setting.assignment) else { continue }
            let subject =
                setting.role.map { "ALTER ROLE \(Quoting.identifier($0)) IN DATABASE \(database)" }
                ?? "ALTER DATABASE \(database)"
            try attempt("setting of the database", assignment.parameter, "\(subject) \(assignment.sql.text)")
        }
        if let owner {
            try TargetDatabase.setOwner(owner, of: name, connection)
            if let accessRights {
                try TargetDatabase.setAccessRights(accessRights, of: name, owner: owner, connection)
            }
        }
        for (property, sql) in properties?.statements(for: name) ?? [] {
            try attempt("property of the database", property, sql)
        }
    }
}
