import Faults

extension BackupDifference.Database {
    init(
        from before: Manifest.Database, to after: Manifest.Database, sharesKey: Bool,
        _ infisical: (before: Manifest.InfisicalRecord?, after: Manifest.InfisicalRecord?)
    ) {
        role = before.role
        let old = Dictionary(before.tables.map { (ExactText.name($0.schema, $0.name), $0) }) { first, _ in first }
        let new = Dictionary(after.tables.map { (ExactText.name($0.schema, $0.name), $0) }) { first, _ in first }
        tablesRemoved = old.filter { new[$0.key] == nil }.map(\.value.displayName).sorted()
        tablesAdded = new.filter { old[$0.key] == nil }.map(\.value.displayName).sorted()
        let sharesForm = before.server.major == after.server.major && before.server.encoding == after.server.encoding
        let both = old.values.sorted { $0.displayName < $1.displayName }.compactMap { table in
            new[ExactText.name(table.schema, table.name)].map {
                BackupDifference.Table(from: table, to: $0, sharesKey: sharesKey, sharesForm: sharesForm)
            }
        }
        tables = both.filter { !$0.isUnchanged }
        tablesSame = both.count - tables.count
        let position = { (sequence: Manifest.Database.Sequence) in
            "\(sequence.last)" + (sequence.called ? "" : " (not used yet)")
        }
        sequences = Self.changes(
            before.sequences.map { ("\($0.schema).\($0.name)", position($0)) },
            after.sequences.map { ("\($0.schema).\($0.name)", position($0)) })
        schema = Self.schema(before.schema, after.schema, sharesKey: sharesKey)
        properties = Self.changes(
            Self.properties(before, infisical.before), Self.properties(after, infisical.after))
    }

    /// The SQL is compared, not the archive: that of another `pg_dump` says the same in other bytes, and so may its SQL.
    private static func schema(
        _ before: Manifest.Database.SchemaArchive, _ after: Manifest.Database.SchemaArchive, sharesKey: Bool
    ) -> BackupDifference.Verdict {
        guard sharesKey else { return .notComparable }
        if before.preData == after.preData && before.postData == after.postData { return .same }
        return before.pgDump == after.pgDump ? .differs : .notComparable
    }

    private static func properties(
        _ database: Manifest.Database, _ infisical: Manifest.InfisicalRecord?
    ) -> [(String, String)] {
        var properties = [
            ("name", database.name), ("owner", database.owner), ("PostgreSQL", database.server.version),
            ("encoding", database.server.encoding), ("collation", database.server.collate),
            ("character type", database.server.ctype), ("comment", database.comment ?? ""),
            ("access list", database.acl?.joined(separator: ", ") ?? ""),
            ("roles", database.roles.sorted().joined(separator: ", ")),
            (
                "settings",
                database.settings.map { ($0.role.map { "\($0): " } ?? "") + $0.assignment }.sorted()
                    .joined(separator: ", ")
            ),
            (
                "materialized views",
                database.materializedViews.map { "\($0.schema).\($0.name)" }.sorted().joined(separator: ", ")
            ),
            ("left out", database.leftOut.map { "\($0.kind) \($0.name)" }.sorted().joined(separator: ", ")),
        ]
        if let identifier = database.server.systemIdentifier { properties.append(("server", identifier)) }
        if let infisical {
            properties.append(("Infisical's last migration", infisical.migration ?? ""))
            properties.append(("era", infisical.era))
            properties.append(("key label", infisical.keyLabel ?? ""))
        }
        return properties.filter { !$0.1.isEmpty }
    }

    private static func values(_ named: [(String, String)]) -> [ExactText: ExactText] {
        Dictionary(named.map { (ExactText($0), ExactText($1)) }) { first, _ in first }
    }

    /// What has another value on the other side, or none; in the order of the first side.
    private static func changes(_ before: [(String, String)], _ after: [(String, String)]) -> [BackupDifference.Change]
    {
        let (old, new) = (values(before), values(after))
        let names = before.map { ExactText($0.0) } + after.map { ExactText($0.0) }.filter { old[$0] == nil }
        return names.filter { old[$0] != new[$0] }.map {
            BackupDifference.Change(name: $0.text, before: old[$0]?.text, after: new[$0]?.text)
        }
    }
}

extension BackupDifference.Table {
    /// - Parameters:
    ///   - sharesKey: whether both digests were made with the same key.
    ///   - sharesForm: whether both servers write values the same way.
    init(
        from before: Manifest.Database.Table, to after: Manifest.Database.Table, sharesKey: Bool, sharesForm: Bool
    ) {
        schema = before.schema
        name = before.name
        rowsBefore = before.rows
        rowsAfter = after.rows
        columnsAdded = after.columns.filter { !before.columns.contains($0) }
        columnsRemoved = before.columns.filter { !after.columns.contains($0) }
        let isEmpty = before.rows == 0 && after.rows == 0
        if before.rows != after.rows {
            content = .differs
        } else if isEmpty {
            content = .same
        } else if !sharesKey || before.columns != after.columns || before.format != after.format
            || (before.format == .text && !sharesForm)
        {
            content = .notComparable
        } else {
            content = before.digest == after.digest ? .same : .differs
        }
    }
}
