/// What can be seen of a migration beside its lock, at one moment.
package struct MigrationSigns: Sendable, Equatable {
    /// Whether a session holds what only a migration takes: the advisory lock of the boot migration, a lock on a table
    /// that changes it, or one to write into the migrations' own tables.
    package let isAtWork: Bool
    /// The transactions that have written into tables, as the server names them.
    package let writers: Set<String>
    /// How many migrations are recorded.
    package let recorded: Int

    /// Nothing at all.
    package static let none = MigrationSigns(isAtWork: false, writers: [], recorded: 0)

    package init(isAtWork: Bool, writers: Set<String>, recorded: Int) {
        self.isAtWork = isAtWork
        self.writers = writers
        self.recorded = recorded
    }
}

/// Decides whether a migration lock is held by somebody, by looking once a second.
///
/// A migration is a sequence of transactions with moments between them, so a quiet moment proves nothing, and a few
/// seconds of them do. The application goes on writing beside a stale lock, but not in one transaction for seconds.
package struct MigrationWatch: Sendable {
    package enum Finding: Sendable, Equatable {
        case free
        /// Somebody migrates; what holds the lock, as a clause.
        case running(String)
        /// Nothing is seen yet.
        case undecided
        /// Nobody migrates.
        case stale
    }

    /// Quiet looks in a row after which nobody migrates.
    package static let quietLooks = 5

    private var before: MigrationSigns?
    private var quiet = 0

    package init() {}

    /// Takes in what one look gave.
    package mutating func look(_ state: MigrationLockState, _ signs: MigrationSigns) -> Finding {
        defer { before = signs }
        guard let text = state.text else { return .free }
        guard state.mayBeStale, !shows(signs) else {
            quiet = 0
            return .running(text)
        }
        quiet += 1
        return quiet >= MigrationWatch.quietLooks ? .stale : .undecided
    }

    private func shows(_ signs: MigrationSigns) -> Bool {
        if signs.isAtWork { return true }
        guard let before else { return false }
        return before.recorded != signs.recorded || !before.writers.isDisjoint(with: signs.writers)
    }
}
