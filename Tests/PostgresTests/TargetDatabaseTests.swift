import LiveSupport
import Testing

@testable import Postgres

@Suite struct TargetDatabaseTests {
    private func locale(
        encoding: String = "UTF8", collate: String = "C.UTF-8", provider: DatabaseLocale.Provider = .libc,
        locale: String? = nil
    ) -> DatabaseLocale {
        DatabaseLocale(
            encoding: encoding, collate: collate, characterType: collate, provider: provider, providerLocale: locale)
    }

    /// Lends a session of the superuser and a name for a database, which is dropped afterwards.
    private func made(_ name: String, _ body: (Connection, String) throws -> Void) throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        defer { do { try TargetDatabase.drop(name, on: connection) } catch { Issue.record("\(error)") } }
        try body(connection, name)
    }

    private func created(_ name: String) throws -> ServerFacts {
        let connection = try LiveServer.connect(LiveServer.get().endpoint(database: name))
        defer { connection.close() }
        return try ServerFacts.read(connection)
    }

    @Test func `a database is made, found and dropped, whatever its name`() throws {
        try made("tar\"get 'é'; DROP") { connection, name in
            #expect(try !TargetDatabase.exists(name, connection))
            try TargetDatabase.create(name, locale(), on: connection)
            #expect(try TargetDatabase.exists(name, connection))
            #expect(try !TargetDatabase.exists(name.uppercased(), connection))
            // A session in it does not hold the drop up.
            let inside = try LiveServer.connect(LiveServer.get().endpoint(database: name))
            try TargetDatabase.drop(name, on: connection)
            #expect(try !TargetDatabase.exists(name, connection))
            #expect(throws: PostgresFault.self) { try inside.query("SELECT 1") }
            try TargetDatabase.drop(name, on: connection)
        }
    }

    @Test func `it is like the source in encoding and locale`() throws {
        try made("like_latin") { connection, name in
            let latin = locale(encoding: "LATIN1", collate: "C")
            try TargetDatabase.create(name, latin, on: connection)
            #expect(try created(name).locale == latin)
        }
        try made("like_icu") { connection, name in
            let swedish = locale(provider: .icu, locale: "sv-SE")
            try TargetDatabase.create(name, swedish, on: connection)
            #expect(try created(name).locale == swedish)
        }
    }

    @Test(arguments: [("xx_YY.UTF-8", nil), ("C.UTF-8", "builtin")] as [(String, String?)])
    func `a locale that the server lacks is named, and may be replaced`(collate: String, name: String?) throws {
        try made("unknown_\(name ?? "libc")") { connection, database in
            // PostgreSQL 15 and 16 do not know the provider `builtin`.
            let source = locale(collate: collate, provider: name == nil ? .libc : .builtin, locale: name)
            let found = try fault { try TargetDatabase.create(database, source, on: connection) }
            if name == nil {
                #expect(found == .localeUnknown(collate))
            } else {
                #expect(found?.code.hasPrefix("postgres.") == true)
            }
            #expect(try !TargetDatabase.exists(database, connection))
            try TargetDatabase.create(database, source.replaced(by: "C"), on: connection)
            #expect(try created(database).locale == locale(collate: "C"))
        }
    }

    @Test func `a database that exists is never touched`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.query("CREATE TABLE public.t (a int)")
            let administrator = try LiveServer.connect(LiveServer.get().endpoint())
            let found = try fault { try TargetDatabase.create(endpoint.database, locale(), on: administrator) }
            #expect(found == .databaseExists(name: endpoint.database))
            #expect(try connection.number("SELECT count(*) AS n FROM public.t") == 0)
        }
    }

    @Test func `a user who may not make databases is told so`() throws {
        let administrator = try LiveServer.connect(LiveServer.get().endpoint())
        try administrator.query("CREATE ROLE no_maker LOGIN")
        var endpoint = try LiveServer.get().endpoint()
        endpoint.user = "no_maker"
        let connection = try LiveServer.connect(endpoint)
        #expect(
            try code { try TargetDatabase.create("never", locale(), on: connection) }
                == "postgres.permission-denied")
        connection.close()
        try administrator.query("DROP ROLE no_maker")
    }

    @Test func `an older server is refused, a newer one is not`() throws {
        let target = ServerVersion(150_004)
        #expect(throws: PostgresFault.targetOlder(source: ServerVersion(160_001), target: target)) {
            try TargetDatabase.refuseOlder(target, than: ServerVersion(160_001))
        }
        for source in [140_000, 150_018] {
            #expect(throws: Never.self) { try TargetDatabase.refuseOlder(target, than: ServerVersion(source)) }
        }
    }

    @Test func `roles that are missing are found and made, without the right to log in`() throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        let names = ["ro\"le one", "role 'two'", "role \\ {three}, é"]
        #expect(try TargetDatabase.missingRoles(of: names + ["postgres"], connection) == names.sorted())
        #expect(try TargetDatabase.missingRoles(of: [], connection).isEmpty)
        try TargetDatabase.createRoles(names, connection)
        #expect(try TargetDatabase.missingRoles(of: names, connection).isEmpty)
        #expect(
            try connection.number(
                "SELECT count(*) AS n FROM pg_roles WHERE rolname = ANY (\(array: names)::text[]) AND NOT rolcanlogin")
                == 3)
        #expect(try code { try TargetDatabase.createRoles(names, connection) } == "postgres.duplicate")
        for name in names { try connection.query("DROP ROLE \(identifier: name)") }
    }

    @Test func `sequences are set to what was recorded`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(
                script:
                    "CREATE SEQUENCE public.\"se\"\"q é\"; CREATE SEQUENCE public.down INCREMENT -1; CREATE SEQUENCE public.new"
            )
            let values: [Catalog.SequenceValue] = [
                .init(schema: "public", name: "down", lastValue: -77, isCalled: true),
                .init(schema: "public", name: "new", lastValue: 12, isCalled: false),
                .init(schema: "public", name: "se\"q é", lastValue: .max, isCalled: true),
            ]
            try TargetDatabase.setSequences(values, connection)
            #expect(try Catalog.sequenceValues(of: try Catalog.relations(connection), connection) == values)
            let missing = Catalog.SequenceValue(schema: "public", name: "none", lastValue: 1, isCalled: true)
            #expect(try code { try TargetDatabase.setSequences([missing], connection) } == "postgres.statement-failed")
        }
    }

    @Test func `a database gets its owner and its access rights, for odd names too`() throws {
        let connection = try LiveServer.connect(LiveServer.get().endpoint())
        let owner = "ow\"ner é", guest = "guest, {x}"
        for role in [owner, guest] { try connection.query("CREATE ROLE \(identifier: role)") }
        try made("rights \"of") { _, name in
            try made("rights copy") { _, copy in
                for database in [name, copy] { try TargetDatabase.create(database, locale(), on: connection) }
                try TargetDatabase.setOwner(owner, of: name, connection)
                try connection.execute(
                    script: """
                        REVOKE CONNECT, TEMPORARY ON DATABASE "rights ""of" FROM PUBLIC;
                        GRANT CONNECT ON DATABASE "rights ""of" TO "guest, {x}" WITH GRANT OPTION;
                        GRANT CREATE ON DATABASE "rights ""of" TO "guest, {x}";
                        """)
                let original = try described(name)
                #expect(original.owner == owner && original.accessRights?.count == 2)
                #expect(try TargetDatabase.mayGive(to: owner, connection))
                try TargetDatabase.setOwner(owner, of: copy, connection)
                #expect(try described(copy).accessRights == nil)
                try TargetDatabase.setAccessRights([], of: copy, owner: owner, connection)
                #expect(try described(copy).accessRights == [])
                try TargetDatabase.setAccessRights(
                    original.accessRights ?? [], of: copy, owner: owner, connection)
                #expect(try described(copy).owner == owner)
                #expect(try described(copy).accessRights?.sorted() == original.accessRights?.sorted())
            }
        }
        for role in [owner, guest] { try connection.query("DROP ROLE \(identifier: role)") }
    }

    @Test func `a user gives a database only to roles it is a member of`() throws {
        let administrator = try LiveServer.connect(LiveServer.get().endpoint())
        for role in ["giver", "taker"] { try administrator.query("CREATE ROLE \(identifier: role) LOGIN CREATEDB") }
        var endpoint = try LiveServer.get().endpoint()
        endpoint.user = "giver"
        let connection = try LiveServer.connect(endpoint)
        #expect(try TargetDatabase.mayGive(to: "giver", connection))
        #expect(try !TargetDatabase.mayGive(to: "taker", connection))
        #expect(try !TargetDatabase.mayGive(to: "nobody of this name", connection))
        #expect(try TargetDatabase.mayGive(to: "nobody of this name", administrator))
        try administrator.query("GRANT taker TO giver")
        #expect(try TargetDatabase.mayGive(to: "taker", connection))
        connection.close()
        for role in ["giver", "taker"] { try administrator.query("DROP ROLE \(identifier: role)") }
    }

    private func described(_ name: String) throws -> Catalog.DatabaseDescription {
        let connection = try LiveServer.connect(LiveServer.get().endpoint(database: name))
        defer { connection.close() }
        return try Catalog.describe(connection)
    }
}
