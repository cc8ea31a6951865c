extension Catalog {
    /// What belongs to a database but not to any relation in it.
    package struct DatabaseDescription: Sendable, Hashable {
        /// Settings that the database, or a role in it, is given at connection.
        package struct Setting: Sendable, Hashable {
            /// Nil for all roles.
            package let role: String?
            /// `name=value`.
            package let assignment: String
        }

        package let owner: String
        package let comment: String?
        package let properties: DatabaseProperties?
        /// Access rights in PostgreSQL's `aclitem` form; nil when they are the default ones.
        package let accessRights: [String]?
        package let settings: [Setting]
        /// Every role that objects of the database name: as owner, in access rights, policies and default rights; and
        /// those that have settings in it.
        package let roles: [String]
        package let largeObjects: Int64
        /// Indexes that a failed build left behind, as `"schema"."name"`.
        package let invalidIndexes: [String]
        package let extensions: [String]
    }

    /// Describes the connected database.
    package static func describe(_ connection: Connection) throws(PostgresFault) -> DatabaseDescription {
        let database = try connection.query(
            """
            SELECT d.datname, pg_get_userbyid(d.datdba) AS owner, shobj_description(d.oid, 'pg_database') AS comment,
                   d.datacl IS NULL AS plain, array_to_string(d.datacl, chr(31)) AS acl,
                   (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects
            FROM pg_database d WHERE d.datname = current_database()
            """
        ).only()
        return DatabaseDescription(
            owner: try database.string("owner"), comment: try database.stringIfAny("comment"),
            properties: try DatabaseProperties.read(database.string("datname"), connection),
            accessRights: try database.bool("plain") ? nil : database.list("acl"),
            settings: try settings(connection), roles: try roles(connection),
            largeObjects: try database.integer("large_objects"),
            invalidIndexes: try names(
                connection,
                """
                SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT i.indisvalid AND n.nspname !~ '^pg_' ORDER BY 1
                """),
            extensions: try names(connection, "SELECT extname AS name FROM pg_extension ORDER BY 1"))
    }

    private static func settings(_ connection: Connection) throws(PostgresFault) -> [DatabaseDescription.Setting] {
        let rows = try connection.query(
            """
            SELECT r.rolname AS role, a.assignment
            FROM pg_db_role_setting s
            JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database()
            CROSS JOIN LATERAL unnest(s.setconfig) AS a (assignment)
            LEFT JOIN pg_roles r ON r.oid = s.setrole
            ORDER BY r.rolname NULLS FIRST, a.assignment
            """)
        var settings: [DatabaseDescription.Setting] = []
        for row in rows {
            settings.append(.init(role: try row.stringIfAny("role"), assignment: try row.string("assignment")))
        }
        return settings
    }

    /// The server keeps account of role references in `pg_shdepend`, but not of those to its bootstrap superuser, which is
    /// found as an owner, nor of settings.
    private static func roles(_ connection: Connection) throws(PostgresFault) -> [String] {
        try names(
            connection,
            """
            WITH here AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database())
            SELECT r.rolname AS name FROM pg_roles r WHERE r.oid IN (
                SELECT d.refobjid FROM pg_shdepend d, here
                WHERE d.refclassid = 'pg_authid'::regclass
                    AND (d.dbid = here.oid OR (d.classid = 'pg_database'::regclass AND d.objid = here.oid))
                UNION SELECT datdba FROM here
                UNION SELECT s.setrole FROM pg_db_role_setting s, here WHERE s.setdatabase = here.oid
                UNION SELECT c.relowner FROM pg_class c WHERE c.oid >= 16384
                UNION SELECT p.proowner FROM pg_proc p WHERE p.oid >= 16384
                UNION SELECT t.typowner FROM pg_type t WHERE t.oid >= 16384
                UNION SELECT n.nspowner FROM pg_namespace n WHERE n.oid >= 16384
            ) ORDER BY 1
            """)
    }

    private static func names(_ connection: Connection, _ sql: SQL) throws(PostgresFault) -> [String] {
        var names: [String] = []
        for row in try connection.query(sql) { names.append(try row.string("name")) }
        return names
    }
}
