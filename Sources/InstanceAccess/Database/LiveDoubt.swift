package import Faults
package import Repository

/// Why the live database does not stand for the instance that was backed up.
package enum LiveDoubt: Sendable, Equatable {
    /// It is of another one than a backup: what differs, as a clause.
    case otherInstance(String, BackupID?)
    /// It holds less than half, or nothing, of something: what is missing, and which backup to turn to, as clauses.
    case shrunk(loss: String, remedy: String)

    /// Stable word for scripts.
    package var word: String {
        switch self {
        case .otherInstance: "other-instance"
        case .shrunk: "shrunk"
        }
    }

    /// As a clause about the database.
    package var clause: String {
        switch self {
        case .otherInstance(let difference, let backup):
            "it is of another instance than \(backup.map { "the backup \($0.text)" } ?? "the backups"): \(difference)"
        case .shrunk(let loss, _): "it is shrunk: \(loss)"
        }
    }

    /// A sentence without full stop.
    package var message: String {
        let text = "the live database \(clause.dropFirst("it ".count))"
        if case .shrunk(_, let remedy) = self { return "\(text); \(remedy)" }
        return text
    }

    /// The same, with what is to be looked at first: for what may come of it.
    package var cause: String {
        if case .shrunk = self { return message }
        return "\(message); \(FaultRenderer.sentence(DatabaseIdentity.addressHints))"
    }

    package var hints: [Hint] {
        switch self {
        case .otherInstance: DatabaseIdentity.addressHints + [.check(DatabaseIdentity.ifReplaced)]
        case .shrunk: [.check("if the loss is intended, run: \(LiveContent.accepting)")]
        }
    }

    /// Both on one line.
    package var warning: String { LiveStanding.sentence(message, hints) }
}
