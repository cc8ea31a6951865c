import InfisicalData
import InfisicalStore
import LiveSupport
import Postgres
import Testing

/// What another `AUTH_SECRET` ends, in databases that real servers wrote.
@Suite struct SignedTokensTests {
    private func read(_ connection: Connection) throws(PostgresFault) -> SigningReach {
        try SignedTokens(InfisicalDatabase(connection)).read()
    }

    private static let noTokens = SigningReach.Tokens(count: 0, named: [])
    private static let handMade = SigningReach.Tokens(
        count: 2,
        named: [
            .init(
                id: "e4f00ab6-1da9-427a-8d3c-d871607cf619", name: "Instance Admin Token",
                owner: "Instance Admin Identity"),
            .init(id: "6d83217f-a601-4b65-a047-a0dd3c383ee5", name: "lives", owner: "token-bot"),
        ])

    /// What of the fixtures' rows runs out some day lives on.
    private static let freshened = """
        UPDATE public.service_tokens SET "expiresAt" = pg_catalog.now() + interval '1 day' WHERE "expiresAt" IS NOT NULL;
        UPDATE public.identity_ua_client_secrets SET "createdAt" = pg_catalog.now() WHERE "clientSecretTTL" > 60;
        """

    // MARK: What the servers wrote

    @Test(arguments: LiveFixture.allCases) func `all that real servers signed is counted`(fixture: LiveFixture) throws {
        try fixture.copied { connection in
            try connection.execute(script: SignedTokensTests.freshened)
            let reach = try read(connection), isNew = fixture == .s7
            let sessions: [LiveFixture: Int] = [.july: 4, .s7: 7]
            #expect(reach.sessions == .init(count: sessions[fixture] ?? 6, people: isNew ? 3 : 2))
            #expect(reach.identityTokens == (isNew ? 0 : fixture == .july ? 7 : 13))
            #expect(reach.tokenAuth == (isNew ? SignedTokensTests.handMade : SignedTokensTests.noTokens))
            #expect(reach.scim == SignedTokensTests.noTokens)
            #expect(reach.signsWithoutRow == (isNew || fixture == .upgraded))
            #expect(reach.clients == (isNew ? [.gateway: 2, .relay: 2, .oauthClient: 1] : [:]))
            #expect(reach.serviceTokens == (isNew ? 6 : 3))
            #expect(reach.apiKeys == ([.july, .october].contains(fixture) ? 0 : nil))
            #expect(reach.clientSecrets == (isNew ? 9 : 6))
        }
    }

    @Test func `nothing is written, and the session's transaction stays as it is`() throws {
        try LiveFixture.s7.copied { connection in
            try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
                let reach = try read(connection)
                #expect(reach.tokenAuth == SignedTokensTests.handMade)
                #expect(connection.transactionStatus == .inTransaction)
            }
        }
    }

    // MARK: What the fixtures lack

    /// A token of Token Auth for the identity that has a Kubernetes login, the first of all, and one that is revoked.
    private static let tokenAuth = """
        INSERT INTO public.identity_token_auths ("accessTokenTrustedIps", "identityId")
            SELECT '[]', id FROM public.identities WHERE name = 'k8s-operator';
        INSERT INTO public.identity_access_tokens (id, name, "identityId", "isAccessTokenRevoked")
            SELECT v.id, v.name, i.id, v.revoked FROM public.identities AS i,
                (VALUES ('one', 'nightly', false), ('two', NULL, false), ('three', 'old', true)) AS v(id, name, revoked)
            WHERE i.name = 'k8s-operator';
        """

    @Test(arguments: [LiveFixture.july, .october])
    func `before rows say how they were made, tokens made by hand are told`(
        fixture: LiveFixture
    ) throws {
        try fixture.copied { connection in
            let before = try read(connection).identityTokens
            try connection.execute(script: SignedTokensTests.tokenAuth)
            let reach = try read(connection)
            #expect(reach.identityTokens == before)
            #expect(reach.tokenAuth?.count == 2)
            #expect(
                reach.tokenAuth?.named == [
                    .init(id: "one", name: "nightly", owner: "k8s-operator"),
                    .init(id: "two", name: "", owner: "k8s-operator"),
                ])
        }
    }

    @Test func `a token of another login method is none of Token Auth, whatever its identity has`() throws {
        try LiveFixture.s7.copied { connection in
            try connection.execute(
                script: """
                    INSERT INTO public.identity_access_tokens (id, name, "identityId", "authMethod")
                        SELECT 'other', NULL, id, 'kubernetes-auth' FROM public.identities WHERE name = 'token-bot'
                    """)
            let reach = try read(connection)
            #expect(reach.tokenAuth == SignedTokensTests.handMade && reach.identityTokens == 1)
        }
        try LiveFixture.october.copied { connection in
            try connection.execute(
                script: """
                    INSERT INTO public.identity_token_auths ("accessTokenTrustedIps", "identityId")
                        SELECT '[]', id FROM public.identities WHERE name = 'deploy-bot'
                    """)
            let reach = try read(connection)
            #expect(reach.tokenAuth?.count == 0 && reach.identityTokens == 13)
        }
    }

    @Test func `a token whose identity is gone is told, too`() throws {
        try LiveFixture.s7.copied { connection in
            try connection.execute(script: "DELETE FROM public.identities WHERE name = 'token-bot'")
            let reach = try read(connection)
            #expect(reach.tokenAuth?.named.map(\.owner) == ["Instance Admin Identity", nil])
            #expect(reach.ended.contains("  \"lives\" of an identity that is gone"))
        }
    }

    @Test(arguments: LiveFixture.allCases) func `SCIM tokens are told by description and organization`(
        fixture: LiveFixture
    ) throws {
        try fixture.copied { connection in
            try connection.execute(
                script: """
                    INSERT INTO public.scim_tokens (id, description, "orgId")
                    SELECT 'scim-' || v, v, (SELECT id FROM public.organizations ORDER BY id LIMIT 1)
                    FROM (VALUES ('Okta'), ('Entra')) AS v(v)
                    """)
            let owner = try connection.query("SELECT name FROM public.organizations ORDER BY id LIMIT 1").first?
                .string("name")
            let scim = try #require(try read(connection).scim)
            #expect(
                scim.named == [
                    .init(id: "scim-Entra", name: "Entra", owner: owner),
                    .init(id: "scim-Okta", name: "Okta", owner: owner),
                ])
            #expect(scim.count == 2 && owner != nil)
        }
    }

    @Test func `what is expired or revoked does not count as going on`() throws {
        try LiveFixture.october.copied { connection in
            try connection.execute(
                script: SignedTokensTests.freshened + """
                    UPDATE public.service_tokens SET "expiresAt" = pg_catalog.now() - interval '1 second'
                        WHERE name = 'ci payments-core';
                    INSERT INTO public.api_keys (name, "secretHash", "userId", "expiresAt")
                        SELECT v.name, '', (SELECT id FROM public.users LIMIT 1), v.expiry::pg_catalog.timestamptz
                        FROM (VALUES ('a', NULL), ('b', 'infinity'), ('c', '2024-01-01')) AS v(name, expiry);
                    UPDATE public.identity_ua_client_secrets AS s SET "createdAt" = v.made::pg_catalog.timestamptz,
                        "clientSecretTTL" = v.ttl, "clientSecretNumUses" = v.uses, "clientSecretNumUsesLimit" = v.most,
                        "isClientSecretRevoked" = v.revoked
                    FROM (VALUES (1, '2024-01-01', 1, 0, 0, false), (2, '2024-01-01', 0, 5, 5, false),
                        (3, '2024-01-01', 0, 0, 0, true), (4, '2024-01-01', 0, 4, 5, false),
                        (5, 'infinity', 9223372036854775807, 0, 0, false), (6, '-infinity', 1, 0, 0, false)
                    ) AS v(place, made, ttl, uses, most, revoked),
                        (SELECT id, row_number() OVER (ORDER BY id) AS place FROM public.identity_ua_client_secrets) AS n
                    WHERE n.id = s.id AND n.place = v.place
                    """)
            let reach = try read(connection)
            #expect(reach.kept == ["2 service tokens", "2 API keys", "2 client secrets of Universal Auth"])
        }
    }

    // MARK: Eras and strange databases

    @Test func `a table that is missing gives no line`() throws {
        try LiveFixture.october.copied { connection in
            try connection.execute(
                script: SignedTokensTests.freshened + """
                    DROP TABLE public.identity_token_auths, public.scim_tokens, public.auth_token_sessions,
                        public.api_keys, public.service_tokens CASCADE;
                    ALTER TABLE public.identity_access_tokens DROP COLUMN name
                    """)
            let reach = try read(connection)
            var expected = SigningReach()
            expected.identityTokens = 13
            expected.clientSecrets = 6
            #expect(reach == expected)
            #expect(reach.ended.count == 2 && reach.kept == ["6 client secrets of Universal Auth"])
            try connection.execute(
                script: "DROP TABLE public.identity_access_tokens, public.identity_ua_client_secrets CASCADE")
            #expect(try read(connection) == SigningReach())
        }
    }

    @Test func `tokens made by hand are told without columns that name them`() throws {
        try LiveFixture.july.copied { connection in
            try connection.execute(
                script: SignedTokensTests.tokenAuth
                    + "ALTER TABLE public.identity_access_tokens DROP COLUMN name; DROP TABLE public.identities CASCADE"
            )
            let tokens = try read(connection).tokenAuth
            #expect(
                tokens
                    == .init(
                        count: 2,
                        named: [.init(id: "one", name: "", owner: nil), .init(id: "two", name: "", owner: nil)]))
        }
    }

    @Test func `a name is bounded, and shows no control characters`() throws {
        try LiveFixture.s7.copied { connection in
            try connection.execute(
                script: """
                    ALTER TABLE public.identity_access_tokens ALTER name TYPE text;
                    UPDATE public.identity_access_tokens SET name = E'\\x1b[2J\\n' || repeat('é', 1000000)
                        WHERE name = 'lives';
                    UPDATE public.identities SET name = E'a\\rb' WHERE name = 'token-bot'
                    """)
            let reach = try read(connection)
            let token = try #require(reach.tokenAuth?.named.last)
            #expect(token.name.unicodeScalars.count == SigningReach.longest && token.owner == "a\rb")
            let line = try #require(reach.ended.first { $0.contains("a\\rb") })
            #expect(line.hasPrefix("  \"\\u{1b}[2J\\né") && line.unicodeScalars.count < 140)
            #expect(!reach.ended.joined().unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test func `of a thousand tokens twenty are told by name`() throws {
        try LiveFixture.s7.copied { connection in
            try connection.execute(
                script: """
                    INSERT INTO public.identity_access_tokens (name, "identityId", "authMethod")
                        SELECT 'token ' || pg_catalog.lpad(n::text, 4, '0'), i.id, 'token-auth'
                        FROM generate_series(1, 998) AS n, public.identities AS i WHERE i.name = 'deploy-bot'
                    """)
            let reach = try read(connection), tokens = try #require(reach.tokenAuth)
            #expect(tokens.count == 1000 && tokens.named.count == SigningReach.most)
            #expect(tokens.named[1].name == "token 0001" && tokens.named[19].name == "token 0019")
            #expect(reach.ended.filter { $0.hasPrefix("  ") }.count == 21 && reach.ended.contains("  and 980 more"))
        }
    }

    @Test(arguments: ["scim_tokens", "identity_access_tokens", "relays"])
    func `a table that its owner made strange is not read, and stops nothing else`(table: String) throws {
        try LiveFixture.s7.copied { connection in
            try connection.execute(
                script: "ALTER TABLE public.\(table) RENAME TO x; CREATE VIEW public.\(table) AS SELECT * FROM public.x"
            )
            let database = try InfisicalDatabase(connection)
            #expect { try SignedTokens(database).read() } throws: { error in
                guard case .strangeRelation(let name, _) = error as? PostgresFault else { return false }
                return name == "\"public\".\"\(table)\""
            }
        }
    }
}
