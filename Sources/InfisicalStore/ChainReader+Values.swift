import InfisicalData
import Postgres

extension ChainReader {
    // MARK: - Under the root key

    /// Every column of `super_admin`, in every row there is.
    mutating func readSettings() throws(PostgresFault) {
        let columns = CiphertextColumns.settings.filter { facts.has("super_admin", $0) }
        if columns.isEmpty { return }
        guard facts.hasText("super_admin", "id"), columns.allSatisfy({ facts.hasBytes("super_admin", $0) }) else {
            return unknown("super_admin")
        }
        let rows = try connection.query(SQL(raw: unpivoted("super_admin", columns) + " LIMIT 100"))
        try append(rows, "super_admin", rowName: "the server's settings")
    }

    /// One value of each other column under the root key.
    mutating func readRootValues() throws(PostgresFault) {
        for table in CiphertextColumns.underRootKey where isFilled(table) && facts.hasText(table, "id") {
            let columns = (facts.tables[table] ?? [:]).filter { name, column in
                name.hasPrefix("encrypted") && column.type == "bytea"
            }.keys.sorted()
            for column in columns {
                // The first that is found: a table without any value of the column is read to its end once.
                let rows = try connection.query(SQL(raw: unpivoted(table, [column]) + " LIMIT 1"))
                try append(rows, table, rowName: nil)
            }
        }
    }

    private func unpivoted(_ table: String, _ columns: [String]) -> String {
        """
        SELECT t.id::text AS id, v.name AS name, pg_catalog.encode(v.bytes, 'hex') AS value
        FROM \(Quoting.qualified("public", table)) AS t CROSS JOIN LATERAL (VALUES \(Sampling.pairs(columns))) AS v(name, bytes)
        WHERE v.bytes IS NOT NULL
        """
    }

    private mutating func append(_ rows: Rows, _ table: String, rowName: String?) throws(PostgresFault) {
        for row in rows {
            let id = try row.string("id"), place = rowName ?? "the row \(id)"
            values.append(
                KeyChain.Value(
                    place: KeyChain.Place(table, try row.string("name"), place), sealer: .rootKey,
                    form: .bytes(try bytes(row, "value"))))
        }
    }

    // MARK: - Secrets

    /// For each project one value of its secrets, and one of their versions where an index leads to it.
    mutating func readSecrets() throws(PostgresFault) {
        guard facts.hasText("secret_folders", "id"), facts.hasText("secret_folders", "envId"),
            facts.hasText("project_environments", "id"), facts.hasText("project_environments", "projectId")
        else { return }
        for table in ["secrets_v2", "secret_versions_v2"] where facts.has(table) && isFilled(table) {
            guard facts.hasBytes(table, "encryptedValue"), facts.hasText(table, "folderId"), facts.hasText(table, "id")
            else {
                unknown(table)
                continue
            }
            guard isIndexed(table, "folderId") || isSmall(table) else {
                // Of old versions some are as good as one of each project.
                if table == "secrets_v2" { unread.append("\(table) is large and has no index on its folders") }
                try readSome([Sampling(table, ["encryptedValue"], CiphertextColumns.ofFolder)])
                continue
            }
            try readSecrets(of: table)
        }
    }

    private mutating func readSecrets(of table: String) throws(PostgresFault) {
        let comment = facts.hasBytes(table, "encryptedComment") ? "\"encryptedComment\"" : "NULL::bytea"
        let newest = among > 1 && facts.column(table, "updatedAt")?.type == "timestamp with time zone"
        let sample = """
            SELECT s.id, s."encryptedValue", s.\(comment) AS comment\(newest ? ", s.\"updatedAt\"" : "")
            FROM \(Quoting.qualified("public", table)) AS s
            WHERE s."folderId" = folder.id AND s."encryptedValue" IS NOT NULL LIMIT \(max(1, among))
            """.replacing("s.NULL", with: "NULL")
        let pick = newest ? "SELECT * FROM (\(sample)) AS sample ORDER BY \"updatedAt\" DESC LIMIT 1" : sample
        // Older projects have their secrets in the old table, and no data key until something else needs one.
        let ofProjects =
            facts.hasText("projects", "version") && facts.hasText("projects", "id")
            ? "JOIN public.projects AS p ON p.id = e.\"projectId\" AND p.version::text NOT IN ('1', '2')" : ""
        let rows = try connection.query(
            """
            WITH places AS MATERIALIZED (
                SELECT e."projectId" AS project, pg_catalog.array_agg(f.id) AS folders
                FROM public.project_environments AS e JOIN public.secret_folders AS f ON f."envId" = e.id
                \(raw: ofProjects) GROUP BY e."projectId"
            )
            SELECT places.project::text AS project, found.id::text AS id,
                pg_catalog.encode(found."encryptedValue", 'hex') AS value,
                pg_catalog.encode(found.comment, 'hex') AS comment
            FROM places CROSS JOIN LATERAL (
                SELECT picked.* FROM pg_catalog.unnest(places.folders) AS folder(id)
                CROSS JOIN LATERAL (\(raw: pick)) AS picked LIMIT 1
            ) AS found
            """)
        for row in rows {
            let project = KeyChain.Sealer.project(try row.string("project"))
            let text = "the row \(try row.string("id"))"
            values.append(
                KeyChain.Value(
                    place: KeyChain.Place(table, "encryptedValue", text), sealer: project,
                    form: .bytes(try bytes(row, "value"))))
            if let comment = try bytesIfAny(row, "comment") {
                values.append(
                    KeyChain.Value(
                        place: KeyChain.Place(table, "encryptedComment", text), sealer: project,
                        form: .bytes(comment)))
            }
        }
    }

    // MARK: - Other values

    /// Of every other column a value for each organization and project, out of large tables some values.
    mutating func readOtherValues() throws(PostgresFault) {
        var whole: [Sampling] = [], partly: [Sampling] = []
        for entry in CiphertextColumns.all where isFilled(entry.table) {
            let present = entry.columns.filter { facts.has(entry.table, $0) }
            guard !present.isEmpty, let path = entry.paths.first(where: isThere(from: entry.table)) else { continue }
            guard facts.hasText(entry.table, "id"), present.allSatisfy({ facts.hasBytes(entry.table, $0) }) else {
                unknown(entry.table)
                continue
            }
            if isSmall(entry.table) {
                whole.append(Sampling(entry.table, present, path))
            } else {
                partly += present.map { Sampling(entry.table, [$0], path) }
            }
        }
        try readValues(whole)
        try readSome(partly)
    }

    /// Some values of each column of large tables, through no index: as many rows are read as it takes to find them.
    private mutating func readSome(_ samplings: [Sampling]) throws(PostgresFault) {
        if samplings.isEmpty { return }
        // A few rows and what they lead to; the chain's other questions are about whole tables.
        try plan(someRows: true)
        try readValues(samplings.map { $0.limited(to: ChainReader.someRows) })
        try plan(someRows: false)
    }

    private mutating func readValues(_ samplings: [Sampling]) throws(PostgresFault) {
        if samplings.isEmpty { return }
        let problems = unread.count
        try asked("values under data keys") { reader throws(PostgresFault) in
            try reader.readOtherValues(samplings.map { "(\($0.sql))" }.joined(separator: "\nUNION ALL\n"))
        }
        guard unread.count > problems else { return }
        // One by one, so that the others are read and the one is named.
        unread.removeLast()
        for sampling in samplings {
            try asked(sampling.table) { reader throws(PostgresFault) in try reader.readOtherValues(sampling.sql) }
        }
    }

    private mutating func readOtherValues(_ sql: String) throws(PostgresFault) {
        for row in try connection.query(SQL(raw: sql)) {
            let owner = try row.string("owner")
            let sealer: KeyChain.Sealer =
                switch try row.string("kind") {
                case "organization": .organization(owner)
                case "project": .project(owner)
                default: .kmsKey(owner)
                }
            values.append(
                KeyChain.Value(
                    place: KeyChain.Place(
                        try row.string("place"), try row.string("name"), "the row \(try row.string("id"))"),
                    sealer: sealer, form: .bytes(try bytes(row, "value"))))
        }
    }

    /// Whether every table and column of a way is in the catalog.
    private func isThere(from table: String) -> (CiphertextColumns.Path) -> Bool {
        { path in
            var last = table
            for step in path.steps {
                guard facts.hasText(last, step.column), facts.hasText(step.table, "id") else { return false }
                last = step.table
            }
            guard facts.hasText(last, path.column) else { return false }
            switch path.end {
            case .organization: return true
            case .project: return facts.has("projects", "kmsSecretManagerEncryptedDataKey")
            case .projectOrOrganization: return facts.hasText(last, "orgId")
            case .certificateKey: return facts.hasText("projects", "kmsCertificateKeyId")
            }
        }
    }
}
