package import InfisicalData
package import Postgres

extension InfisicalDatabase {
    /// Counts people, projects and secrets; nil for a database that is not Infisical's.
    ///
    /// Reads every row of the secrets tables once (about 0.2 seconds per million), so ask a session that is idle.
    package func summary() throws(PostgresFault) -> InstanceSummary? {
        guard era != .none else { return nil }
        return InstanceSummary(
            users: try count("users", facts.has("users", "isGhost") ? "NOT \"isGhost\"" : "true"),
            projects: try count("projects", notDeleted("projects", "")),
            secrets: try secrets(in: "secrets_v2", where: facts.has("projects", "version") ? "p.version >= 3" : "true")
                + secrets(in: "secrets", where: facts.has("secrets_v2") ? "p.version < 3" : "true"))
    }

    /// The number that Infisical gave the instance when it first started; nil where there is none.
    package func instanceID() throws(PostgresFault) -> String? {
        // Its type is looked at first: nothing of a table is read that Infisical did not make so.
        guard facts.column("super_admin", "instanceId")?.type == "uuid", facts.has("super_admin", "id") else {
            return nil
        }
        return try connection.query(
            """
            SELECT "instanceId"::text AS instance FROM public.super_admin
            WHERE id = '00000000-0000-0000-0000-000000000000'
            """
        ).first?.stringIfAny("instance")
    }

    /// Rows of one of Infisical's tables, of whoever they are; 0 where there is no such table.
    package func rows(of table: String) throws(PostgresFault) -> Int { try count(table, "true") }

    /// Whether any table of the database has a row, Infisical's or another's. One that cannot be asked without running code
    /// of its owner counts as one that has, where it has blocks.
    package func hasRows() throws(PostgresFault) -> Bool {
        let tables = try connection.query(
            """
            SELECT namespace.nspname AS schema, class.relname AS name,
                class.oid IN (\(raw: Catalog.relationsWithForeignCode)) AS foreign_code
            FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            WHERE class.relkind = 'r' AND class.relpersistence <> 't' AND namespace.nspname !~ '^pg_'
                AND namespace.nspname <> 'information_schema' AND pg_catalog.pg_relation_size(class.oid) > 0
            ORDER BY pg_catalog.pg_relation_size(class.oid) DESC
            """)
        for table in tables {
            if try table.bool("foreign_code") { return true }
            let name = Quoting.qualified(try table.string("schema"), try table.string("name"))
            if try !connection.query("SELECT 1 AS one FROM ONLY \(raw: name) LIMIT 1").isEmpty { return true }
        }
        return false
    }

    private func count(_ table: String, _ condition: String) throws(PostgresFault) -> Int {
        guard facts.has(table) else { return 0 }
        return try connection.query(
            "SELECT pg_catalog.count(*) AS count FROM \(raw: Quoting.qualified("public", table)) WHERE \(raw: condition)"
        ).only().integer("count")
    }

    /// The secrets of the projects that have their secrets in this table. Counted per folder first, so that the join
    /// sees folders and not secrets.
    private func secrets(in table: String, where condition: String) throws(PostgresFault) -> Int {
        guard facts.has(table, "folderId"), facts.has("secret_folders"), facts.has("project_environments") else {
            return 0
        }
        let visible = facts.has("secret_folders", "isReserved") ? "NOT COALESCE(f.\"isReserved\", false)" : "true"
        let conditions = [
            condition, visible, notDeleted("projects", "p."), notDeleted("project_environments", "e."),
        ]
        return try connection.query(
            """
            SELECT COALESCE(pg_catalog.sum(s.count), 0) AS count
            FROM (
                SELECT "folderId", pg_catalog.count(*) AS count FROM \(raw: Quoting.qualified("public", table))
                GROUP BY "folderId"
            ) AS s
            JOIN public.secret_folders AS f ON f.id = s."folderId"
            JOIN public.project_environments AS e ON e.id = f."envId"
            JOIN public.projects AS p ON p.id = e."projectId"
            WHERE \(raw: conditions.joined(separator: " AND "))
            """
        ).only().integer("count")
    }

    /// Newer databases keep deleted projects and environments for a while.
    private func notDeleted(_ table: String, _ alias: String) -> String {
        facts.has(table, "deleteAfter") ? "\(alias)\"deleteAfter\" IS NULL" : "true"
    }
}
