import InfisicalData
import Testing

@testable import BackupTables

@Suite("Columns of a CREATE TABLE as pg_dump writes it")
struct TableDefinitionTests {
    private static let statement = #"""
        CREATE TABLE public."odd ""name""" (
            id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
            "encryptedValue" bytea,
            "a ""quoted"" name" character varying(255) COLLATE pg_catalog."C" DEFAULT 'x, NOT NULL'::character varying,
            plain text DEFAULT 'two
            lines bytea'::text NOT NULL,
            "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
            doubled integer GENERATED ALWAYS AS ((1 + 1)) STORED,
            list jsonb[],
            last numeric(10,2) DEFAULT 1,
            CONSTRAINT positive CHECK ((id IS NOT NULL))
        );


        """#

    @Test func `names and types are those of the catalog`() {
        let columns = TableDefinition(Self.statement).columns
        let types = columns.mapValues(\.type)
        #expect(types["id"] == "uuid")
        #expect(types["encryptedValue"] == "bytea")
        #expect(types["a \"quoted\" name"] == "character varying(255)")
        #expect(types["plain"] == "text")
        #expect(types["createdAt"] == "timestamp with time zone")
        #expect(types["doubled"] == "integer")
        #expect(types["list"] == "jsonb[]")
        #expect(types["last"] == "numeric(10,2)")
        #expect(types["CONSTRAINT"] == nil && types["positive"] == nil)
        #expect(columns["encryptedValue"]?.isNullable == true)
        #expect(columns["id"]?.isNullable == false)
    }

    @Test func `what a default holds is no column, and parents are those that it names`() {
        let definition = TableDefinition(
            #"""
            CREATE TABLE public.child (
                note text DEFAULT E'x'',\
                sealed integer,
                "a, b) (" text'::text,
                "a, b) (" bytea,
                sealed bytea,
                CONSTRAINT odd CHECK ((note <> '),('::text))
            )
            INHERITS (public."odd ""(name", other.elsewhere, public.plain);
            """#)
        #expect(definition.columns.mapValues(\.type) == ["note": "text", "a, b) (": "bytea", "sealed": "bytea"])
        #expect(definition.parents == ["odd \"(name", "plain"])
    }

    @Test(arguments: ["", "CREATE TABLE x ();", "CREATE TABLE x (\n    \"unended text,\n);", "\n\n\n", "    "])
    func `what is no such statement has no columns`(text: String) {
        #expect(TableDefinition(text).columns.isEmpty)
    }
}
