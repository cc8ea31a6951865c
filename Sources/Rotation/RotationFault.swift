package import Faults

/// Why a rotation was refused, or what of it is unfinished.
package enum RotationFault: Fault, Equatable {
    /// One is open; `standing` says how far it came, as a clause.
    case stillOpen(title: String, standing: String)
    /// It is past the commit point; what is to be put back takes a rotation of its own.
    case committed(title: String)
    case badJournal(path: String)
    /// What the server says of the transaction and what the rows say is not the same; a clause.
    case disagrees(String)
    /// It stopped on the way, and the instance may be down; `standing` says how far it came.
    case halted(String, title: String, standing: String)

    package var code: String {
        switch self {
        case .stillOpen: "rotation.open"
        case .committed: "rotation.committed"
        case .badJournal: "rotation.bad-journal"
        case .disagrees: "rotation.disagrees"
        case .halted: "rotation.halted"
        }
    }

    package var message: String {
        switch self {
        case .stillOpen(let title, let standing): "\(title) is not finished: \(standing)"
        case .committed(let title): "\(title) is done: the new value is in force, and proven"
        case .badJournal(let path): "\(path) does not hold what this program writes there"
        case .disagrees(let what): "whether the database was encrypted with the new key is not known: \(what)"
        case .halted(let what, let title, let standing): "\(title) stopped: \(what); \(standing)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .stillOpen, .halted:
            [
                .command(["infisical-ops", "rotate", "status"]), .command(["infisical-ops", "rotate", "resume"]),
                .command(["infisical-ops", "rotate", "rollback"]),
            ]
        case .committed: [.check("to have the old value again, rotate to it")]
        case .badJournal(let path):
            [
                .command(["cat", path]),
                .check("it was changed, or a newer version wrote it: finish the rotation with that version"),
            ]
        case .disagrees:
            [
                .command(["infisical-ops", "census", "--live"]),
                .check(
                    "was the server put back to an earlier state, or is it another one? then go on with the right one"),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .stillOpen, .halted, .badJournal, .disagrees: .unfinishedRotation
        case .committed: .refused
        }
    }
}
