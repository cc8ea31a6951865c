import InfisicalData
import InfisicalStore
import LiveSupport
import Postgres
import Testing

@Suite struct StrangeTablesTests {
    private static let function =
        "CREATE FUNCTION public.f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'; "

    @Test(
        arguments: [
            (
                "ALTER TABLE public.super_admin RENAME TO x; CREATE VIEW public.super_admin AS SELECT * FROM public.x",
                "it is not a table"
            ),
            (
                "CREATE TYPE public.bait AS ENUM ('a'); ALTER TABLE public.kms_root_config ADD more public.bait",
                "its column more has the type public.bait"
            ),
            (
                "CREATE DOMAIN public.bait AS text; ALTER TABLE public.users ADD more public.bait[]",
                "its column more has the type public.bait[]"
            ),
            (function + "CREATE INDEX ON public.secrets_v2 (id) WHERE public.f(1) = 1", "an index or statistics"),
            ("CREATE TABLE public.heir () INHERITS (public.secrets_v2)", "other tables inherit from it"),
        ])
    func `a table that its owner made strange is not read`(script: String, reason: String) throws {
        try LiveFixture.october.copied { connection in
            try connection.execute(script: script)
            do {
                _ = try InfisicalDatabase(connection)
                Issue.record("it was read")
            } catch let error as PostgresFault {
                guard case .strangeRelation(let name, let why) = error else { throw error }
                #expect(name.hasPrefix("\"public\".") && why.hasPrefix(reason))
                #expect(error.code == "postgres.strange-relation")
            }
        }
    }

    @Test func `a database of somebody else may have such tables`() throws {
        try LiveFixture.empty { connection in
            try connection.execute(
                script: "CREATE SCHEMA IF NOT EXISTS public; CREATE TYPE public.mail AS (a text); "
                    + "CREATE TABLE public.users (mail public.mail)")
            #expect(try InfisicalDatabase(connection).era == .none)
        }
    }

    @Test(arguments: LiveFixture.allCases) func `the tables of real servers are none of those`(
        _ fixture: LiveFixture
    ) throws {
        try fixture.copied { _ = try InfisicalDatabase($0) }
    }
}
