/// The last schema migration that Infisical recorded in the database.
package struct MigrationFacts: Sendable, Equatable {
    /// The last migration's name without `.ts`, `.mjs` or `.js`: servers rewrite the ending at boot.
    package let name: String
    /// How many migrations the table lists.
    package let count: Int
    /// The batch that the last one belongs to.
    package let batch: Int

    package init(recordedName: String, count: Int, batch: Int) {
        name = MigrationFacts.withoutEnding(recordedName)
        self.count = count
        self.batch = batch
    }

    /// Names are compared without their ending.
    package static func withoutEnding(_ recorded: String) -> String {
        for ending in [".ts", ".mjs", ".js"] where recorded.hasSuffix(ending) {
            return String(recorded.dropLast(ending.count))
        }
        return recorded
    }
}

/// Whether a schema migration is going on.
package enum MigrationLockState: Sendable, Equatable {
    case free
    /// `infisical_migrations_lock.is_locked` is set: a migration runs, or one died and nobody reset the lock.
    case migrating
    /// A server that is starting holds the start-up lock; its heartbeat is fresh.
    case starting(node: String?)

    /// A start-up lock whose heartbeat is older counts as abandoned, in seconds.
    package static let freshHeartbeat = 15.0

    /// - Parameters:
    ///   - migrationLocked: whether a row of `infisical_migrations_lock` is locked.
    ///   - startups: the locked rows of `infisical_migrations_startup_lock` with the age of their heartbeat in seconds;
    ///     nil where there is none.
    package static func of(
        migrationLocked: Bool, startups: [(node: String?, heartbeatAge: Double?)]
    ) -> MigrationLockState {
        // A heartbeat is a sign of life; the other lock stays behind when its holder is killed.
        for startup in startups {
            if let age = startup.heartbeatAge, age < freshHeartbeat { return .starting(node: startup.node) }
        }
        return migrationLocked ? .migrating : .free
    }

    /// Whether the lock outlives the session that took it: knex writes a row, and a server that is killed in the middle
    /// leaves it there.
    package var mayBeStale: Bool { self == .migrating }

    /// What holds the lock, as a clause; nil when it is free.
    package var text: String? {
        switch self {
        case .free: nil
        case .migrating:
            "Infisical's migration lock is held (infisical_migrations_lock.is_locked = 1): a migration is running, "
                + "or one that died left it behind"
        case .starting(let node):
            "an Infisical server\(node.map { " (\($0))" } ?? "") is starting and holds the start-up lock"
        }
    }
}
