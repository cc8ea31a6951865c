extension Manifest {
    /// The backup that another one was compared with, and what it held: kept in the later one, because the earlier may
    /// be pruned or lost, and a row of shrunk backups must not become usual thereby.
    package struct Reference: Codable, Sendable, Equatable {
        package var id: BackupID
        package var sequence: Int
        package var holdings: Holdings

        package init(id: BackupID, sequence: Int, holdings: Holdings) {
            self.id = id
            self.sequence = sequence
            self.holdings = holdings
        }
    }

    /// What this program itself did to the database between two backups, which the second must not call a loss.
    package struct OwnChange: Codable, Sendable, Equatable {
        /// `restored`, `undone` or `rotated`; a reader leaves others alone.
        package var kind: String
        /// The backup that was put in place of the database.
        package var backup: BackupID?
        /// Tells one run from another, so that one which is cut off and goes on is written down once.
        package var run: String?

        package init(kind: String, backup: BackupID?, run: String?) {
            self.kind = kind
            self.backup = backup
            self.run = run
        }

        /// A backup was restored in place.
        package static func restored(_ backup: BackupID, run: String) -> OwnChange {
            OwnChange(kind: "restored", backup: backup, run: run)
        }
        /// The database from before the last restore in place was put back.
        package static func undone(run: String) -> OwnChange { OwnChange(kind: "undone", backup: nil, run: run) }
        /// The root key was replaced.
        package static func rotated(run: String) -> OwnChange { OwnChange(kind: "rotated", backup: nil, run: run) }
    }
}
