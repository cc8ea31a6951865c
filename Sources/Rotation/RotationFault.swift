package import Faults

/// Why a rotation was refused, or what of it is unfinished.
package enum RotationFault: Fault, Equatable {
    /// One is open.
    case stillOpen(title: String, RotationStanding)
    /// It is past the commit point; what is to be put back takes a rotation of its own.
    case committed(title: String)
    case badJournal(path: String)
    /// The keys of these lie in the repository, and no journal of this host says how far they came.
    case lost([String])
    /// A restore in place or a recovery was cut off, and has to be finished first.
    case otherUnfinished(String, command: [String])
    /// What the server says of the transaction and what the rows say is not the same; a clause.
    case disagrees(String)
    /// It stopped on the way, and the instance may be down; why, as a clause.
    case halted(String, title: String, RotationStanding)

    package var code: String {
        switch self {
        case .stillOpen: "rotation.open"
        case .committed: "rotation.committed"
        case .badJournal: "rotation.bad-journal"
        case .lost: "rotation.lost"
        case .otherUnfinished: "rotation.other-unfinished"
        case .disagrees: "rotation.disagrees"
        case .halted: "rotation.halted"
        }
    }

    package var message: String {
        switch self {
        case .stillOpen(let title, let standing): "\(title) is not finished: \(standing.text)"
        case .committed(let title): "\(title) is done: the new value is in force, and proven"
        case .badJournal(let path): "\(path) does not hold what this program writes there"
        case .lost(let ids):
            "the repository holds the keys of the rotation \(ids.joined(separator: ", ")), of which this host has no record: it was cut "
                + "off and its state folder lost, or it runs on another host"
        case .otherUnfinished(let text, _): text
        case .disagrees(let what): "whether the database was encrypted with the new key is not known: \(what)"
        case .halted(let what, let title, let standing): "\(title) is not finished (\(what)): \(standing.text)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .stillOpen(_, let standing), .halted(_, _, let standing):
            [.command(["infisical-ops", "rotate", "status"]), .command(["infisical-ops", "rotate", "resume"])]
                + (standing.isCommitted ? [] : [.command(["infisical-ops", "rotate", "rollback"])])
        case .committed:
            [
                .command(["infisical-ops", "rotate", "resume"]),
                .check("to have the old value again, rotate to it when this one is finished"),
            ]
        case .badJournal(let path):
            [
                .command(["cat", path]),
                .check("it was changed, or a newer version wrote it: finish the rotation with that version"),
            ]
        case .lost:
            [
                .command(["infisical-ops", "rotate", "resume", "--from-repository"]),
                .command(["infisical-ops", "rotate", "rollback", "--from-repository"]),
            ]
        case .otherUnfinished(_, let command): [.command(command)]
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
        case .stillOpen, .halted, .badJournal, .disagrees, .lost, .otherUnfinished: .unfinishedRotation
        case .committed: .refused
        }
    }
}
