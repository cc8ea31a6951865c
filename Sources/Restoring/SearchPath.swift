import Postgres

/// The search path that a database gives to its sessions, for what works only under it.
package struct SearchPath: Sendable, Equatable {
    private let schemas: [String]

    /// - Parameter setting: of the database, such as `"$user", public`; nil for the standard one.
    package init?(_ setting: String?) {
        // PostgreSQL's own schema stays the first: no object of the database may take the place of one of its own.
        schemas = (setting.map(DatabaseSetting.items) ?? ["$user", "public"]).filter {
            !["pg_catalog", "pg_temp"].contains($0)
        }
        if schemas.isEmpty { return nil }
    }

    /// The one that a database gives to everybody, or else to its owner.
    package init?(_ settings: [DescriptionLoad.Setting], owner: String) {
        let paths = settings.compactMap { setting in
            DatabaseSetting(assignment: setting.assignment).map { (role: setting.role, setting: $0) }
        }.filter { $0.setting.parameter == "search_path" }
        self.init((paths.first { $0.role == nil } ?? paths.first { $0.role == owner })?.setting.value)
    }

    /// In ASCII: a session that makes what an archive has is in the archive's encoding.
    ///
    /// - Parameter isLocal: for the rest of a transaction.
    private func assignment(isLocal: Bool) -> String {
        let list = schemas.map(Quoting.identifier).joined(separator: ", ")
        return "SELECT pg_catalog.set_config('search_path', \(Quoting.plainText(list)), \(isLocal))"
    }

    /// For the rest of a transaction.
    var statement: [UInt8] { Array("\(assignment(isLocal: true));\n".utf8) }

    /// Runs `body` with the path in force in the session.
    func during<Value>(_ connection: Connection, _ body: () throws -> Value) throws -> Value {
        try connection.query(SQL(raw: assignment(isLocal: false)))
        let value: Value
        do { value = try body() } catch {
            // Whoever goes on with the session needs it as it was; a lost one is over anyway.
            do throws(PostgresFault) { try connection.query("SET search_path = ''") } catch { connection.close() }
            throw error
        }
        try connection.query("SET search_path = ''")
        return value
    }
}
