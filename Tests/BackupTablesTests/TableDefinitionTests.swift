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
        let columns = TableDefinition.columns(Self.statement)
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

    @Test(arguments: ["", "CREATE TABLE x ();", "CREATE TABLE x (\n    \"unended text,\n);", "\n\n\n", "    "])
    func `what is no such statement has no columns`(text: String) {
        #expect(TableDefinition.columns(text).isEmpty)
    }
}
