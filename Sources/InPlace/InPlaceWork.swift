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

    /// An undo, or the undo of one, which is a redo.
    package struct Reversal: Codable, Equatable, Sendable {
        /// The backup whose copy is taken out of its place, or put back; nil where an earlier version restored it.
        package let backup: String?
        /// Whether the copy comes back.
        package let isRedo: Bool

        package init(backup: String?, isRedo: Bool) {
            self.backup = backup
            self.isRedo = isRedo
        }
    }

    package let server: DatabaseServer
    /// The backup; nil for an undo and a redo.
    package let backup: String?
    /// Nil for a restore, and for the undo that an earlier version began.
    package let reversal: Reversal?
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
        backend: Backend?, emptiesRedis: Bool, reversal: Reversal? = nil
    ) {
        self.server = server
        self.backup = backup
        self.reversal = reversal
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

    /// What it comes to when it is not interrupted.
    package var outcome: InPlaceOutcome {
        if backup != nil { return .restored }
        return reversal?.isRedo == true ? .redone : .undone
    }

    /// What takes the place of the live database, for the middle of a sentence.
    package var incoming: String {
        switch outcome {
        case .undone: "the one that was there before the restore"
        case .restored, .redone, .discarded:
            "the restored copy" + ((backup ?? reversal?.backup).map { " of the backup \($0)" } ?? "")
        }
    }

    /// The work by its name: `the restore of 20261123T230000Z-1a2b3c4d`, `the undo of a restore`.
    package var title: String {
        switch outcome {
        case .restored, .discarded: "the restore" + (backup.map { " of \($0)" } ?? "")
        case .undone: "the undo of a restore"
        case .redone: "the redo of a restore"
        }
    }

    /// The command that goes on with it, or begins it again.
    package var command: [String] {
        ["infisical-ops", "restore"] + (backup.map { [$0, "--in-place"] } ?? ["--in-place", "--undo"])
            + (emptiesRedis ? [] : ["--keep-redis"])
    }
}
