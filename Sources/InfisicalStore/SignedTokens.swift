package import InfisicalData
package import Postgres

/// What an instance has signed with `AUTH_SECRET`, and what becomes of it under another one (format specification,
/// section 8).
///
/// Tables and columns that this release of Infisical does not have are left out. Reads every row of the tables once.
package struct SignedTokens {
    private static let identityTokens = "identity_access_tokens"
    private static let tokenAuths = "identity_token_auths"
    private static let clients: [(SigningReach.Client, table: String)] = [
        (.gateway, "gateways_v2"), (.relay, "relays"), (.kmipServer, "kmip_servers"), (.oauthClient, "oauth_clients"),
        (.mcpEndpoint, "ai_mcp_endpoints"),
    ]
    /// The tables that statements of this type name. They are looked at when they are read: nothing else needs them, and
    /// what is strange about one of them must not keep a backup from being made.
    private static let tables: Set<String> = Set(
        [
            identityTokens, tokenAuths, "auth_token_sessions", "scim_tokens", "service_tokens", "api_keys",
            "identity_ua_client_secrets", "identities", "organizations",
        ] + clients.map(\.table))

    private let database: InfisicalDatabase
    private var facts: CatalogFacts { database.facts }

    package init(_ database: InfisicalDatabase) { self.database = database }

    /// - Throws: among others `strangeRelation`, for a table whose reading would run code of the database's owner.
    package func read() throws(PostgresFault) -> SigningReach {
        try InfisicalDatabase.refuseStrange(SignedTokens.tables, database.connection)
        var reach = SigningReach()
        reach.sessions = try sessions()
        try readIdentityTokens(into: &reach)
        reach.scim = try tokens(
            in: "scim_tokens", name: "description", owner: "orgId", of: "organizations", where: "true")
        for (client, table) in SignedTokens.clients {
            let count = try database.rows(of: table)
            if count > 0 { reach.clients[client] = count }
        }
        reach.serviceTokens = try count("service_tokens", unexpired("service_tokens"))
        // From S7 on the server refuses them.
        reach.apiKeys = database.era < .s7 ? try count("api_keys", unexpired("api_keys")) : nil
        reach.clientSecrets = try count("identity_ua_client_secrets", usableSecret)
        return reach
    }

    private func sessions() throws(PostgresFault) -> SigningReach.Sessions? {
        guard facts.hasText("auth_token_sessions", "userId") else { return nil }
        let row = try database.connection.query(
            """
            SELECT pg_catalog.count(*) AS sessions, pg_catalog.count(DISTINCT "userId"::text) AS people
            FROM public.auth_token_sessions
            """
        ).only()
        return SigningReach.Sessions(count: try row.integer("sessions"), people: try row.integer("people"))
    }

    // MARK: Machine identities

    private func readIdentityTokens(into reach: inout SigningReach) throws(PostgresFault) {
        let table = SignedTokens.identityTokens, isValid = unless("isAccessTokenRevoked", of: table)
        let condition = tokenAuthCondition, isTokenAuth = "COALESCE(\(condition ?? "false"), false)"
        reach.identityTokens = try count(table, "\(isValid) AND NOT \(isTokenAuth)")
        // The table of revoked tokens came when tokens stopped to have rows.
        reach.signsWithoutRow = facts.has("identity_access_token_revocations")
        guard condition != nil else { return }
        reach.tokenAuth = try tokens(
            in: table, name: "name", owner: "identityId", of: "identities", where: "\(isValid) AND \(isTokenAuth)")
    }

    /// Of which access tokens it is true that they were issued by hand; nil where none can be. Until each row says so, an identity has one method,
    /// and only such tokens have names.
    private var tokenAuthCondition: String? {
        let table = SignedTokens.identityTokens, owner = "identityId"
        if facts.hasText(table, "authMethod") { return "t.\"authMethod\"::text = 'token-auth'" }
        var signs = facts.hasText(table, "name") ? ["t.name IS NOT NULL"] : []
        if facts.hasText(table, owner), facts.hasText(SignedTokens.tokenAuths, owner) {
            let secret = "identityUAClientSecretId"
            signs.append(
                (facts.has(table, secret) ? "t.\(Quoting.identifier(secret)) IS NULL AND " : "")
                    + "t.\"identityId\"::text IN (SELECT a.\"identityId\"::text FROM public.identity_token_auths AS a)")
        }
        return signs.isEmpty ? nil : signs.joined(separator: " OR ")
    }

    // MARK: Statements

    /// How many there are, and the first by owner and name; nil where there is no such table.
    private func tokens(
        in table: String, name: String, owner: String, of owners: String, where condition: String
    ) throws(PostgresFault) -> SigningReach.Tokens? {
        guard let count = try count(table, condition), facts.hasText(table, "id") else { return nil }
        let isOwned = facts.hasText(table, owner) && facts.hasText(owners, "id") && facts.hasText(owners, "name")
        let join =
            isOwned
            ? "LEFT JOIN \(Quoting.qualified("public", owners)) AS o ON o.id::text = t.\(Quoting.identifier(owner))::text"
            : ""
        let columns = [
            ("id", "t.id::text"),
            ("name", facts.hasText(table, name) ? "t.\(Quoting.identifier(name))::text" : "''::text"),
            ("owner", isOwned ? "o.name::text" : "NULL::text"),
        ]
        let list = columns.map { "pg_catalog.left(\($1), \(SigningReach.longest)) AS \($0)" }.joined(separator: ", ")
        let order = columns.reversed().map { "\($1) COLLATE pg_catalog.\"C\"" }.joined(separator: ", ")
        let rows = try database.connection.query(
            """
            SELECT \(raw: list) FROM \(raw: Quoting.qualified("public", table)) AS t \(raw: join)
            WHERE \(raw: condition) ORDER BY \(raw: order) LIMIT \(raw: String(SigningReach.most))
            """)
        var named: [SigningReach.Token] = []
        for row in rows {
            named.append(
                SigningReach.Token(
                    id: try row.string("id"), name: try row.stringIfAny("name") ?? "",
                    owner: try row.stringIfAny("owner")))
        }
        // Some may have come since they were counted.
        return SigningReach.Tokens(count: max(count, named.count), named: named)
    }

    private func count(_ table: String, _ condition: String) throws(PostgresFault) -> Int? {
        guard facts.has(table) else { return nil }
        return try database.connection.query(
            "SELECT pg_catalog.count(*) AS count FROM \(raw: Quoting.qualified("public", table)) AS t WHERE \(raw: condition)"
        ).only().integer("count")
    }

    private func unless(_ column: String, of table: String) -> String {
        facts.column(table, column)?.type == "boolean" ? "t.\(Quoting.identifier(column)) IS NOT TRUE" : "true"
    }

    private func unexpired(_ table: String) -> String {
        hasTime(table, "expiresAt") ? "(t.\"expiresAt\" IS NULL OR t.\"expiresAt\" > pg_catalog.now())" : "true"
    }

    /// Neither revoked, nor used as often as it may be, nor expired; 0 is no limit.
    private var usableSecret: String {
        let table = "identity_ua_client_secrets"
        var conditions = [unless("isClientSecretRevoked", of: table)]
        let isNumber = { (column: String) in facts.column(table, column)?.type == "bigint" }
        if isNumber("clientSecretNumUses"), isNumber("clientSecretNumUsesLimit") {
            conditions.append(
                "(t.\"clientSecretNumUsesLimit\" <= 0 OR t.\"clientSecretNumUses\" < t.\"clientSecretNumUsesLimit\")")
        }
        if isNumber("clientSecretTTL"), hasTime(table, "createdAt") {
            // In seconds, for a sum of times fails where one of them is infinite.
            let made = "pg_catalog.date_part('epoch', t.\"createdAt\")"
            conditions.append(
                "(t.\"clientSecretTTL\" <= 0 OR \(made) + t.\"clientSecretTTL\""
                    + " > pg_catalog.date_part('epoch', pg_catalog.now()))")
        }
        return conditions.joined(separator: " AND ")
    }

    private func hasTime(_ table: String, _ column: String) -> Bool {
        facts.column(table, column)?.type == "timestamp with time zone"
    }
}
