/// By what the sessions of the application are known among those of a database.
package struct ApplicationClients: Sendable, Equatable {
    /// The roles that it connects as; empty where they are not known.
    package let users: Set<String>
    /// Where it connects from; empty where that is not known.
    package let addresses: Set<String>
    /// What it calls itself: the driver of Infisical gives no name.
    package let names: Set<String>

    package init(users: Set<String>, addresses: Set<String>, names: Set<String> = [""]) {
        self.users = users
        self.addresses = addresses
        self.names = names
    }

    /// Those of `sessions` that may be the application's.
    package func own(of sessions: [ClientSession]) -> [ClientSession] {
        let isThere = { (session: ClientSession) in session.address.map(addresses.contains) ?? false }
        // Behind a published port or a proxy all clients have one address, and none of those that are known.
        let isTranslated = !sessions.contains(where: isThere)
        return sessions.filter { session in
            // Whatever comes from where it runs ends with it, under any name.
            if isThere(session) { return true }
            guard isTranslated || session.address == nil else { return false }
            return names.contains(session.application) && (users.isEmpty || users.contains(session.user))
        }
    }
}

extension DatabaseFence {
    /// What would keep the fence from standing, as far as it can be seen; writes nothing.
    ///
    /// - Parameter clients: the application's, which end with it.
    package func obstacles(
        _ clients: ApplicationClients, _ connection: Connection
    ) throws(PostgresFault) -> [PostgresFault] {
        var obstacles: [PostgresFault] = []
        let rows = try connection.query(
            """
            SELECT r.rolsuper OR pg_has_role(d.datdba, 'USAGE') AS may, current_user::text AS username
            FROM pg_database d, pg_roles r
            WHERE d.datname = \(database) AND d.oid = \(Int64(oid))::oid AND r.rolname = current_user
            """)
        guard let row = rows.first else { throw .otherDatabase(database) }
        let user = try row.string("username")
        if try !row.bool("may") { obstacles.append(.mayNotClose(database: database, user: user)) }
        let inside = try others(connection), own = Set(clients.own(of: inside))
        let unknown = inside.filter { !own.contains($0) && !$0.isOwn }
        if !unknown.isEmpty { obstacles.append(.unknownClients(database: database, unknown)) }
        let beyond = try ClientSession.beyondReach(in: database, connection).filter { !own.contains($0) }
        if !beyond.isEmpty { obstacles.append(.mayNotEnd(database: database, beyond, user: user)) }
        let prepared = try DatabaseSwap.preparedTransactions(in: database, connection)
        if prepared > 0 { obstacles.append(.preparedTransactions(database: database, count: prepared)) }
        return obstacles
    }

    private func others(_ connection: Connection) throws(PostgresFault) -> [ClientSession] {
        try others(than: [], connection)
    }
}
