package import Faults

/// Why a restore does not go on without what the target refuses.
package enum RestoringFault: Fault, Equatable {
    /// No loss is accepted.
    case refused(String)
    /// Rows have no place to go to.
    case tableMissing(table: String, reason: String, before: [String])
    /// What is to be put in the place of a live database lacks something of the application.
    case lacksOwn([String])
    /// What the backup has as its schema is none.
    case noArchive

    package var code: String {
        switch self {
        case .refused: "restore.object-refused"
        case .tableMissing: "restore.table-refused"
        case .lacksOwn: "restore.copy-incomplete"
        case .noArchive: "restore.schema-damaged"
        }
    }

    package var message: String {
        switch self {
        case .refused(let text): "the server refuses an object of the backup: \(text)"
        case .tableMissing(let table, let reason, _):
            "the server refuses the table \(table), for which the backup has rows: \(reason)"
        case .lacksOwn(let losses):
            "the restored database lacks what Infisical needs: \(RestoringFault.list(losses))"
        case .noArchive: "the schema of the backup is not an archive of pg_dump"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .refused: [.check("without --strict, the restore leaves it out, says so, and ends with exit code 2")]
        case .tableMissing(_, _, let before):
            before.isEmpty
                ? [.check("install what the table needs on the server, such as an extension, then restore again")]
                : [.check("it may depend on what could not be created before it: \(RestoringFault.list(before))")]
        case .lacksOwn:
            [.check("add what is missing to the server, or restore into a database of another name to look at it")]
        case .noArchive: [.command(["infisical-ops", "verify", "--all"])]
        }
    }

    package var exit: ExitCode { self == .noArchive ? .damaged : .failed }

    private static func list(_ losses: [String]) -> String {
        losses.prefix(3).joined(separator: "; ") + (losses.count > 3 ? "; and \(losses.count - 3) more" : "")
    }
}
