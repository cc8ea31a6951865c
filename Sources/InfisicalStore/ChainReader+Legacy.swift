import InfisicalData
import Postgres

extension ChainReader {
    // MARK: - Version-1/2 projects

    /// The box of every project that keeps its secrets in the old table, and one secret of each.
    mutating func readLegacyProjects() throws(PostgresFault) {
        guard facts.has("secrets"), facts.has("project_bots"), isFilled("secrets") else { return }
        guard
            [
                "encryptedPrivateKey", "iv", "tag", "keyEncoding", "encryptedProjectKey", "encryptedProjectKeyNonce",
                "projectId", "senderId", "isActive",
            ].allSatisfy({ facts.hasText("project_bots", $0) }),
            ["id", "folderId", "secretValueCiphertext", "secretValueIV", "secretValueTag"].allSatisfy({
                facts.hasText("secrets", $0)
            }), facts.hasText("user_encryption_keys", "userId"), facts.hasText("user_encryption_keys", "publicKey"),
            facts.hasText("projects", "id"), facts.hasText("secret_folders", "envId")
        else { return unknown("project_bots") }
        guard isIndexed("secrets", "folderId") || isSmall("secrets") else {
            unread.append("secrets is large and has no index on its folders")
            return
        }
        let projects = try readLegacySecrets()
        if projects.isEmpty { return }
        let withBot = try readBots(projects)
        try readFallbacks(projects.filter { !withBot.contains($0.key) })
    }

    /// One secret of each such project; the projects that have any, with their names.
    private mutating func readLegacySecrets() throws(PostgresFault) -> [String: String] {
        // What an upgraded project left behind is read by nobody.
        let isOld = facts.hasText("projects", "version") ? "p.version::text IN ('1', '2')" : "true"
        let name = facts.hasText("projects", "slug") ? "p.slug::text" : "p.id::text"
        let newest = facts.column("secrets", "updatedAt")?.type == "timestamp with time zone" && among > 1
        let sample = """
            SELECT s.id, s."secretValueCiphertext" AS ciphertext, s."secretValueIV" AS iv, s."secretValueTag" AS tag\
            \(newest ? ", s.\"updatedAt\"" : "")
            FROM public.secrets AS s WHERE s."folderId" = folder.id LIMIT \(max(1, among))
            """
        let pick = newest ? "SELECT * FROM (\(sample)) AS sample ORDER BY \"updatedAt\" DESC LIMIT 1" : sample
        let rows = try connection.query(
            """
            WITH places AS MATERIALIZED (
                SELECT p.id::text AS project, \(raw: name) AS name, pg_catalog.array_agg(f.id) AS folders
                FROM public.projects AS p JOIN public.project_environments AS e ON e."projectId" = p.id
                JOIN public.secret_folders AS f ON f."envId" = e.id WHERE \(raw: isOld) GROUP BY 1, 2
            )
            SELECT places.project, places.name, found.id::text AS id, found.ciphertext, found.iv, found.tag
            FROM places CROSS JOIN LATERAL (
                SELECT picked.* FROM pg_catalog.unnest(places.folders) AS folder(id)
                CROSS JOIN LATERAL (\(raw: pick)) AS picked LIMIT 1
            ) AS found
            """)
        var projects: [String: String] = [:]
        for row in rows {
            let project = try row.string("project")
            projects[project] = try row.stringIfAny("name") ?? project
            values.append(
                KeyChain.Value(
                    place: KeyChain.Place("secrets", "secretValueCiphertext", "the row \(try row.string("id"))"),
                    sealer: .legacyProject(project), form: .triple(try triple(row))))
        }
        return projects
    }

    private func triple(_ row: Rows.Row) throws(PostgresFault) -> LegacyTriple? {
        LegacyTriple(
            ciphertext: try row.stringIfAny("ciphertext") ?? "", iv: try row.stringIfAny("iv") ?? "",
            tag: try row.stringIfAny("tag") ?? "")
    }

    /// The usable bots of the projects.
    private mutating func readBots(_ projects: [String: String]) throws(PostgresFault) -> Set<String> {
        let rows = try connection.query(
            """
            SELECT b."projectId"::text AS project, b."encryptedPrivateKey" AS ciphertext, b.iv, b.tag,
                b."keyEncoding" AS encoding, b."encryptedProjectKey" AS box, b."encryptedProjectKeyNonce" AS nonce,
                u."publicKey" AS sender
            FROM public.project_bots AS b
            LEFT JOIN public.user_encryption_keys AS u ON u."userId" = b."senderId"
            WHERE b."isActive" AND b."encryptedProjectKey" IS NOT NULL AND b."encryptedProjectKeyNonce" IS NOT NULL
            """)
        return try appendBoxes(rows, projects, "project_bots", "encryptedProjectKey", isFallback: false)
    }

    /// A member's copy of the key, where the server holds that member's private key; else nothing that a server can use.
    private mutating func readFallbacks(_ projects: [String: String]) throws(PostgresFault) {
        if projects.isEmpty { return }
        var found: Set<String> = []
        let server = "serverEncryptedPrivateKey"
        if ["projectId", "receiverId", "senderId", "encryptedKey", "nonce"].allSatisfy({
            facts.hasText("project_keys", $0)
        }), ["", "IV", "Tag", "Encoding"].allSatisfy({ facts.hasText("user_encryption_keys", server + $0) }) {
            let rows = try connection.query(
                """
                SELECT DISTINCT ON (k."projectId") k."projectId"::text AS project,
                    r."serverEncryptedPrivateKey" AS ciphertext, r."serverEncryptedPrivateKeyIV" AS iv,
                    r."serverEncryptedPrivateKeyTag" AS tag, r."serverEncryptedPrivateKeyEncoding" AS encoding,
                    k."encryptedKey" AS box, k.nonce, s."publicKey" AS sender
                FROM public.project_keys AS k
                JOIN public.user_encryption_keys AS r ON r."userId" = k."receiverId"
                LEFT JOIN public.user_encryption_keys AS s ON s."userId" = k."senderId"
                WHERE r."serverEncryptedPrivateKey" IS NOT NULL
                """)
            found = try appendBoxes(rows, projects, "project_keys", "encryptedKey", isFallback: true)
        }
        for (project, name) in projects.sorted(by: { $0.key < $1.key }) where !found.contains(project) {
            legacyKeys.append(
                LegacyKey(
                    owner: .legacyProject(project),
                    place: KeyChain.Place("project_bots", "encryptedProjectKey", "the project \"\(name)\""),
                    sealed: nil, box: nil))
        }
    }

    private mutating func appendBoxes(
        _ rows: Rows, _ projects: [String: String], _ table: String, _ column: String, isFallback: Bool
    ) throws(PostgresFault) -> Set<String> {
        var found: Set<String> = []
        for row in rows {
            let project = try row.string("project")
            guard let name = projects[project], found.insert(project).inserted else { continue }
            let place = KeyChain.Place(table, column, "the project \"\(name)\"")
            legacyKeys.append(
                LegacyKey(
                    owner: .legacyProject(project), place: place,
                    sealed: KeySamples.Triple(
                        origin: place.text, encoding: try row.stringIfAny("encoding"), value: try triple(row)),
                    box: LegacyKey.Box(
                        ciphertext: try row.stringIfAny("box") ?? "", nonce: try row.stringIfAny("nonce") ?? "",
                        senderPublicKey: try row.stringIfAny("sender")),
                    isFallback: isFallback))
        }
        return found
    }

    // MARK: - Bots of organizations

    /// Until S5 the directory settings are under the key of the organization's bot. From S6 on nobody reads them there.
    mutating func readOrganizationBots() throws(PostgresFault) {
        let settings = BotColumns.all.filter { entry in
            !facts.has(entry.table, entry.successor) && isFilled(entry.table)
                && ([entry.owner] + entry.triples.flatMap { [$0.0, $0.1, $0.2] }).allSatisfy {
                    facts.hasText(entry.table, $0)
                }
        }
        let bot = ["orgId", "encryptedSymmetricKey", "symmetricKeyIV", "symmetricKeyTag", "symmetricKeyKeyEncoding"]
        guard !settings.isEmpty, bot.allSatisfy({ facts.hasText("org_bots", $0) }) else { return }
        let rows = try connection.query(
            """
            SELECT "orgId"::text AS organization, "encryptedSymmetricKey" AS ciphertext, "symmetricKeyIV" AS iv,
                "symmetricKeyTag" AS tag, "symmetricKeyKeyEncoding" AS encoding
            FROM public.org_bots
            """)
        for row in rows {
            let organization = try row.string("organization")
            let place = KeyChain.Place("org_bots", "encryptedSymmetricKey", "the organization \(organization)")
            legacyKeys.append(
                LegacyKey(
                    owner: .organizationBot(organization), place: place,
                    sealed: KeySamples.Triple(
                        origin: place.text, encoding: try row.stringIfAny("encoding"), value: try triple(row)),
                    box: nil))
        }
        for entry in settings { try read(entry) }
    }

    private mutating func read(_ entry: BotColumns) throws(PostgresFault) {
        let table = Quoting.qualified("public", entry.table)
        var owner = "t.\"orgId\"::text", join = ""
        if entry.owner == "identityId" {
            guard facts.hasText("identity_org_memberships", "identityId"),
                facts.hasText("identity_org_memberships", "orgId")
            else { return }
            owner = "m.\"orgId\"::text"
            join = "JOIN public.identity_org_memberships AS m ON m.\"identityId\" = t.\"identityId\""
        }
        for (ciphertext, iv, tag) in entry.triples {
            let column = Quoting.identifier(ciphertext)
            let rows = try connection.query(
                """
                SELECT DISTINCT ON (\(raw: owner)) \(raw: owner) AS organization, t.id::text AS id,
                    t.\(raw: column) AS ciphertext, t.\(identifier: iv) AS iv, t.\(identifier: tag) AS tag
                FROM \(raw: table) AS t \(raw: join)
                WHERE t.\(raw: column) IS NOT NULL AND NOT (t.\(raw: column) = '' AND COALESCE(t.\(identifier: tag), '') = '')
                """)
            for row in rows {
                values.append(
                    KeyChain.Value(
                        place: KeyChain.Place(entry.table, ciphertext, "the row \(try row.string("id"))"),
                        sealer: .organizationBot(try row.string("organization")), form: .triple(try triple(row))))
            }
        }
    }
}
