import Effects
import LiveSupport
import Postgres
import Processes
import Testing

extension OpsInstance {
    /// A name for a database that a restore makes; the instance drops it in the end.
    func restoredName(_ suffix: String = "") throws -> String {
        restored.append("\(database)_copy_\(restored.count)\(suffix)")
        return restored[restored.count - 1]
    }

    func exists(_ name: String) throws -> Bool {
        try LiveServer.connect(LiveServer.get().endpoint()).query(
            "SELECT 1 FROM pg_database WHERE datname = \(literal: name)"
        ).count == 1
    }

    /// The names of the chunks of one table, as `show` says them.
    func chunks(of table: String) throws -> [String] {
        struct Shown: Decodable {
            struct Database: Decodable {
                struct Table: Decodable {
                    let name: String
                    let ranges: [[String]]
                }
                let tables: [Table]
            }
            let databases: [Database]
        }
        let shown: Shown = try ops("show", "--json").expect(0).object()
        return try #require(shown.databases.first?.tables.first { $0.name == table }).ranges.flatMap(\.self)
    }

    /// Every database whose name begins with this instance's.
    func databases() throws -> [String] {
        let rows = try LiveServer.connect(LiveServer.get().endpoint()).query(
            "SELECT datname FROM pg_database WHERE starts_with(datname, \(literal: database)) ORDER BY 1")
        return try rows.map { try $0.string("datname") }
    }

    func counts(of tables: [(schema: String, name: String)], in database: String) throws -> [Int] {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: database))
        return try tables.map { table in
            try connection.query(
                "SELECT count(*) AS n FROM \(identifier: table.schema).\(identifier: table.name)"
            ).only().integer("n")
        }
    }

    /// What `pg_dump` says of a database, without the lines that differ by chance.
    func dump(_ database: String) throws -> [String] {
        let server = try LiveServer.get()
        let result = try ProcessRunner(effects: Effects(), cancellation: Cancellation()).run(
            CommandSpec(
                "pg_dump", ["-h", server.folder, "-p", String(server.port), "-U", "postgres"],
                environment: CommandSpec.inherited(["PATH"]).merging(["PGDATABASE": .plain(database)]) { $1 },
                output: .collected(limit: 256 << 20)), deadline: .seconds(60)
        ).succeeded()
        return String(decoding: result.output, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("\\restrict ") && !$0.hasPrefix("\\unrestrict ") }.map(String.init).sorted()
    }

    /// Puts the ciphertext of a secret into the row of another project's.
    func misplaceValue() throws {
        try sql(
            """
            WITH places AS (
                SELECT s.id, e."projectId", s."encryptedValue" FROM secrets_v2 s
                JOIN secret_folders f ON f.id = s."folderId" JOIN project_environments e ON e.id = f."envId"
                WHERE s."encryptedValue" IS NOT NULL
            ), one AS (SELECT * FROM places ORDER BY "projectId", id LIMIT 1)
            UPDATE secrets_v2 SET "encryptedValue" = (
                SELECT p."encryptedValue" FROM places p, one WHERE p."projectId" <> one."projectId" ORDER BY p.id LIMIT 1
            ) WHERE id = (SELECT id FROM one)
            """)
    }

    /// Leaves every table without a row.
    func truncateAll() throws {
        try connection().execute(
            script: """
                DO $$ BEGIN
                    EXECUTE (SELECT 'TRUNCATE ' || string_agg(c.oid::regclass::text, ', ') FROM pg_class c
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                        AND NOT c.relispartition);
                END $$;
                """)
    }
}
