/// A server as far as it can be told from others of the same host.
package struct DatabaseServer: Codable, Hashable, Sendable {
    /// The number that `initdb` gave the cluster; nil where this user may not read it.
    package let identifier: String?
    /// Where it is reached, `HOST:PORT` or the path of a socket.
    package let address: String

    package init(identifier: String?, address: String) {
        self.identifier = identifier
        self.address = address
    }

    /// Whether both are the same server: by their numbers, and by their addresses only where a number is not known.
    package func isSame(as other: DatabaseServer) -> Bool {
        guard let own = identifier, let others = other.identifier else { return address == other.address }
        return own == others
    }
}

/// A database by its name and by the number that stays with it through every renaming.
package struct DatabaseIdentity: Codable, Hashable, Sendable {
    package let name: String
    /// `pg_database.oid`.
    package let oid: UInt32

    package init(name: String, oid: UInt32) {
        self.name = name
        self.oid = oid
    }
}

/// What a restore in place is about; fixed before its first step.
package struct InPlaceWork: Codable, Equatable, Sendable {
    /// The engine's part of stopping the backend, to be put back.
    package struct Backend: Codable, Equatable, Sendable {
        package let name: String
        package let restartPolicy: String

        package init(name: String, restartPolicy: String) {
            self.name = name
            self.restartPolicy = restartPolicy
        }
    }

    package let server: DatabaseServer
    /// The backup; nil for an undo.
    package let backup: String?
    /// Name of the database in place.
    package let live: String
    /// The database that is in place now; nil where there is none.
    package let replaced: DatabaseIdentity?
    /// What takes its place.
    package let copy: String
    /// What the one that is replaced is called from then on.
    package let kept: String
    /// Nil without containers.
    package let backend: Backend?
    package let emptiesRedis: Bool

    package init(
        server: DatabaseServer, backup: String?, live: String, replaced: DatabaseIdentity?, copy: String, kept: String,
        backend: Backend?, emptiesRedis: Bool
    ) {
        self.server = server
        self.backup = backup
        self.live = live
        self.replaced = replaced
        self.copy = copy
        self.kept = kept
        self.backend = backend
        self.emptiesRedis = emptiesRedis
    }

    /// Whether the copy was made for this work, so that it may be thrown away.
    package var ownsCopy: Bool { backup != nil }

    /// What an exchange leaves under another name; nil where nothing was in place before.
    package var keeps: DatabaseIdentity? { replaced.map { DatabaseIdentity(name: kept, oid: $0.oid) } }
}
