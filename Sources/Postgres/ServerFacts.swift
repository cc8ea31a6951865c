/// What a backup records about the server and the database it is connected to.
package struct ServerFacts: Sendable, Hashable {
    package let version: ServerVersion
    package let database: String
    package let databaseOID: UInt32
    package let locale: DatabaseLocale
    /// The number that `initdb` gave the cluster; nil if this user may not read it.
    package let systemIdentifier: String?
    /// Nil if this user may not read it.
    package let dataDirectory: String?
    package let isInRecovery: Bool
    package let isSuperuser: Bool

    /// Asks the connected server.
    package static func read(_ connection: Connection) throws(PostgresFault) -> ServerFacts {
        let version = connection.serverVersion
        // PostgreSQL 15 introduced other providers for a database, 17 renamed the column of their locale.
        let provider = version.major >= 15 ? "d.datlocprovider" : "'c'"
        let locale = version.major >= 17 ? "d.datlocale" : version.major >= 15 ? "d.daticulocale" : "NULL::text"
        let row = try connection.query(
            """
            SELECT d.oid, d.datname, pg_encoding_to_char(d.encoding) AS encoding,
                   d.datcollate, d.datctype, \(raw: provider) AS provider, \(raw: locale) AS locale,
                   CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
                       THEN current_setting('data_directory') END AS data_directory,
                   pg_is_in_recovery() AS in_recovery, current_setting('is_superuser') = 'on' AS superuser
            FROM pg_database d WHERE d.datname = current_database()
            """
        ).only()
        guard let localeProvider = DatabaseLocale.Provider(rawValue: try row.string("provider")) else {
            throw .unexpectedAnswer("a locale provider of an unknown kind")
        }
        return ServerFacts(
            version: version, database: try row.string("datname"), databaseOID: try row.integer("oid"),
            locale: DatabaseLocale(
                encoding: try row.string("encoding"), collate: try row.string("datcollate"),
                characterType: try row.string("datctype"), provider: localeProvider,
                providerLocale: try row.stringIfAny("locale")),
            systemIdentifier: try identifier(connection),
            dataDirectory: try row.stringIfAny("data_directory"), isInRecovery: try row.bool("in_recovery"),
            isSuperuser: try row.bool("superuser"))
    }

    /// The number that `initdb` gave the cluster; nil if this user may not read it.
    package static func identifier(_ connection: Connection) throws(PostgresFault) -> String? {
        // The right to a function is checked even where its result is not asked for.
        let mayIdentify = try connection.query(
            "SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS may"
        ).only().bool("may")
        guard mayIdentify else { return nil }
        return try connection.query("SELECT system_identifier FROM pg_control_system()").only()
            .string("system_identifier")
    }
}
