import Faults

/// A database that lets nobody in any more, not even a superuser, while the sessions that it has work on. It survives a
/// crash of either side. All of it is done from a session with another database of the same server, or from one that is
/// inside; every call may be done again.
package struct DatabaseFence: Sendable, Equatable {
    package let database: String
    /// `pg_database.oid`: another one of the same name is not the one that is meant.
    package let oid: UInt32

    /// Seconds until those inside must have gone.
    package static let patience = 20.0

    /// Around the database of a record.
    package init(database: String, oid: UInt32) {
        self.database = database
        self.oid = oid
    }

    /// Around the database that has this name now.
    ///
    /// - Throws: `noSuchDatabase`.
    package init(_ database: String, _ connection: Connection) throws(PostgresFault) {
        guard let oid = try DatabaseSwap.oid(of: database, connection) else {
            throw .noSuchDatabase(name: database, server: connection.endpoint.server)
        }
        self.init(database: database, oid: oid)
    }

    /// - Throws: `otherDatabase`.
    package func isClosed(_ connection: Connection) throws(PostgresFault) -> Bool {
        let rows = try connection.query(
            "SELECT datallowconn AS open FROM pg_database WHERE datname = \(database) AND oid = \(Int64(oid))::oid")
        guard let row = rows.first else { throw .otherDatabase(database) }
        return try !row.bool("open")
    }

    /// Lets everybody in again.
    ///
    /// - Throws: `otherDatabase`.
    package func open(_ connection: Connection) throws(PostgresFault) {
        if try isClosed(connection) { try DatabaseFence.setOpen(true, database, connection) }
    }

    /// Lets nobody in any more, then ends every session but this one and those of `own`, and looks until nobody else is
    /// left.
    ///
    /// - Throws: `otherDatabase`, `sessionsStay` with the database closed.
    package func close(
        keeping own: [Connection] = [], _ connection: Connection, patience: Double = patience
    ) throws(PostgresFault) {
        // In a transaction nothing of it would count, and the same sessions would be seen again and again.
        guard connection.transactionStatus == .idle else { throw .unexpectedAnswer("a transaction is open") }
        if try !isClosed(connection) { try DatabaseFence.setOpen(false, database, connection) }
        guard try isClosed(connection) else { throw .unexpectedAnswer("the database \(database) stays open") }
        let deadline = Deadline(seconds: patience), kept = Set(own.map(\.backendPID))
        while true {
            // In this order: one that is no longer seen to begin is seen among the sessions.
            let beginning = try ClientSession.beginning(in: oid, connection)
            let left = try others(than: kept, connection)
            if left.isEmpty, beginning == 0 { return }
            if deadline.hasPassed {
                throw .sessionsStay(database: database, left, beginning: beginning, seconds: patience)
            }
            try ClientSession.end(in: database, keeping: kept, connection)
            try connection.query("SELECT pg_sleep(0.1)")
        }
    }

    /// Who is inside besides this session and those of `own`.
    package func others(
        than own: [Connection] = [], _ connection: Connection
    ) throws(PostgresFault) -> [ClientSession] {
        try others(than: Set(own.map(\.backendPID)), connection)
    }

    private func others(than own: Set<Int32>, _ connection: Connection) throws(PostgresFault) -> [ClientSession] {
        try ClientSession.all(in: database, keeping: own, connection)
    }

    /// Lets in whom `connect` brings, and nobody else. A fence that stands, after a crash, is opened for that long; where
    /// they do not come in it stands again.
    ///
    /// - Returns: those who are inside.
    /// - Throws: what `connect` and `close` throw.
    package func enclose(
        _ connection: Connection, patience: Double = patience, connect: () throws -> [Connection]
    ) throws -> [Connection] {
        let stood = try isClosed(connection)
        try open(connection)
        let own: [Connection]
        do { own = try connect() } catch {
            guard stood else { throw error }
            do { try DatabaseFence.setOpen(false, database, connection) } catch let second {
                throw Failure(.of(error), cleanup: [second])
            }
            throw error
        }
        try close(keeping: own, connection, patience: patience)
        return own
    }

    /// The only setting that keeps a superuser out as well.
    package static func setOpen(_ isOpen: Bool, _ name: String, _ connection: Connection) throws(PostgresFault) {
        try connection.query(
            "ALTER DATABASE \(identifier: name) WITH ALLOW_CONNECTIONS \(raw: isOpen ? "true" : "false")")
    }
}
