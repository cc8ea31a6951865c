import LiveSupport
import Testing

@testable import Postgres

/// What `Catalog.describe` says of the database itself.
@Suite struct DatabaseDescriptionTests {
    @Test func `a new database has an owner and nothing else`() throws {
        try LiveServer.withDatabase { connection, _ in
            let found = try Catalog.describe(connection)
            #expect(found.owner == "postgres" && found.comment == nil && found.accessRights == nil)
            #expect(found.settings.isEmpty && found.roles == ["postgres"] && found.largeObjects == 0)
            #expect(found.invalidIndexes.isEmpty && found.extensions == ["plpgsql"])
        }
    }

    @Test func `owner, comment, rights and settings are told as they are`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let role = "own\"er of \(endpoint.database)", database = Quoting.identifier(endpoint.database)
            let quoted = Quoting.identifier(role)
            try connection.execute(
                script: """
                    CREATE ROLE \(quoted); ALTER DATABASE \(database) OWNER TO \(quoted);
                    COMMENT ON DATABASE \(database) IS E'a comment''s\\nsecond line';
                    REVOKE CONNECT ON DATABASE \(database) FROM PUBLIC;
                    ALTER DATABASE \(database) SET work_mem = '5MB';
                    ALTER ROLE \(quoted) IN DATABASE \(database) SET search_path = a, "b c";
                    """)
            defer {
                do {
                    try connection.execute(
                        script: """
                            ALTER DATABASE \(database) OWNER TO postgres; ALTER ROLE \(quoted) IN DATABASE \(database) RESET ALL;
                            DROP OWNED BY \(quoted); DROP ROLE \(quoted)
                            """)
                } catch { Issue.record("\(error)") }
            }
            let found = try Catalog.describe(connection)
            #expect(found.owner == role && found.comment == "a comment's\nsecond line")
            #expect(found.roles == [role])
            #expect(found.accessRights?.count == 2 && found.accessRights?.allSatisfy { $0.contains("T") } == true)
            #expect(
                found.settings == [
                    .init(role: nil, assignment: "work_mem=5MB"),
                    .init(role: role, assignment: "search_path=a, \"b c\""),
                ])
        }
    }

    @Test func `an empty list of rights is not the default`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            try connection.execute(
                script: "REVOKE ALL ON DATABASE \(endpoint.database) FROM PUBLIC, postgres")
            #expect(try Catalog.describe(connection).accessRights == [])
        }
    }

    static let references = [
        ("owner of a table", "CREATE TABLE public.t (a int); ALTER TABLE public.t OWNER TO r"),
        ("owner of a schema", "CREATE SCHEMA s AUTHORIZATION r"),
        (
            "owner of a function",
            "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION public.f OWNER TO r"
        ),
        ("owner of a type", "CREATE TYPE public.e AS ENUM (); ALTER TYPE public.e OWNER TO r"),
        ("a right to a table", "CREATE TABLE public.t (a int); GRANT SELECT ON public.t TO r"),
        ("a right to a column", "CREATE TABLE public.t (a int); GRANT SELECT (a) ON public.t TO r"),
        ("a right to the database", "GRANT CONNECT ON DATABASE d TO r"),
        ("a policy", "CREATE TABLE public.t (a int); CREATE POLICY p ON public.t TO r"),
        ("default rights", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r"),
        ("a setting", "ALTER ROLE r IN DATABASE d SET work_mem = '5MB'"),
    ]

    @Test func `a role is listed for whatever reason it is needed`() throws {
        try LiveServer.withDatabase { connection, endpoint in
            let role = "role_of_\(endpoint.database)"
            for (reason, script) in Self.references {
                try connection.query("CREATE ROLE \(identifier: role)")
                let words = script.split(separator: " ").map { word in
                    switch word {
                    case "r": role
                    case "r;": role + ";"
                    case "d": endpoint.database
                    default: String(word)
                    }
                }
                try connection.execute(script: words.joined(separator: " "))
                #expect(try Catalog.describe(connection).roles == ["postgres", role], "\(reason)")
                try connection.execute(
                    script: """
                        ALTER ROLE \(role) IN DATABASE \(endpoint.database) RESET ALL; DROP OWNED BY \(role) CASCADE;
                        DROP TABLE IF EXISTS public.t; DROP ROLE \(role)
                        """)
            }
        }
    }

    @Test func `large objects are counted, and indexes that a failed build left are named`() throws {
        try LiveServer.withDatabase { connection, _ in
            try connection.execute(
                script:
                    "SELECT lo_create(0), lo_create(0); CREATE TABLE public.t AS SELECT 1 AS a FROM generate_series(1, 2)"
            )
            #expect(throws: PostgresFault.self) {
                try connection.query("CREATE UNIQUE INDEX CONCURRENTLY \"bro\"\"ken\" ON public.t (a)")
            }
            let found = try Catalog.describe(connection)
            #expect(found.largeObjects == 2 && found.invalidIndexes == ["public.\"bro\"\"ken\""])
        }
    }
}
