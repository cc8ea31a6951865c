extension TargetDatabase {
    /// Refuses a session whose user may not make a database, or a role where that is wanted.
    ///
    /// - Throws: `permissionDenied`, as the server would.
    package static func requireRights(
        toCreateRoles createsRoles: Bool, _ connection: Connection
    ) throws(PostgresFault) {
        let rights = try connection.query(
            """
            SELECT rolsuper OR rolcreatedb AS databases, rolsuper OR rolcreaterole AS roles FROM pg_roles
            WHERE rolname = current_user
            """
        ).only()
        if try !rights.bool("databases") { throw .permissionDenied(reason: "permission denied to create database") }
        if createsRoles, try !rights.bool("roles") {
            throw .permissionDenied(reason: "permission denied to create role")
        }
    }

    /// Whether this session's user may make `owner` the owner of a database; for one that is yet to be made, too.
    package static func mayGive(to owner: String, _ connection: Connection) throws(PostgresFault) -> Bool {
        try connection.query(
            """
            SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper
            UNION ALL SELECT FROM pg_roles WHERE rolname = \(owner) AND pg_has_role(oid, 'MEMBER')
            """
        ).count > 0
    }

    /// Makes a role the owner of a database. Since PostgreSQL 15 it is the owner who may create tables in `public`.
    package static func setOwner(_ owner: String, of name: String, _ connection: Connection) throws(PostgresFault) {
        try connection.query("ALTER DATABASE \(identifier: name) OWNER TO \(identifier: owner)")
    }

    /// Gives a database that has the usual access rights others instead.
    ///
    /// - Parameter items: in PostgreSQL's `aclitem` form; the roles must exist.
    package static func setAccessRights(
        _ items: [String], of name: String, owner: String, _ connection: Connection
    ) throws(PostgresFault) {
        try connection.query("REVOKE ALL ON DATABASE \(identifier: name) FROM PUBLIC, \(identifier: owner)")
        // PostgreSQL takes an empty array for one without a dimension.
        if items.isEmpty { return }
        let rights = try connection.query(
            """
            SELECT CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END AS grantee, privilege_type AS privilege,
                   is_grantable AS grantable
            FROM aclexplode(\(array: items)::aclitem[])
            """)
        for right in rights {
            let grantee = try right.stringIfAny("grantee").map(Quoting.identifier) ?? "PUBLIC"
            let option = try right.bool("grantable") ? " WITH GRANT OPTION" : ""
            try connection.query(
                """
                GRANT \(raw: try right.string("privilege")) ON DATABASE \(identifier: name) \
                TO \(raw: grantee)\(raw: option)
                """)
        }
    }
}
