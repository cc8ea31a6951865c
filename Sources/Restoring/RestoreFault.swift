package import Faults

/// Why a restore was refused or came out wrong.
package enum RestoreFault: Fault, Equatable {
    case noSuchRole(String, backup: String)
    case noSuchTable(String, nearest: String?, backup: String)
    case ambiguousTable(String, candidates: [String])
    case rolesMissing([String])
    /// `isLive`: whether it is the instance's own.
    case databaseExists(String, isLive: Bool)
    case rowsDiffer(table: String, loaded: Int, expected: Int)
    case fileExists(String)
    case passwordInURL
    case noEscrow(backup: String)

    package var code: String {
        switch self {
        case .noSuchRole: "restore.no-such-database-in-backup"
        case .noSuchTable: "restore.no-such-table"
        case .ambiguousTable: "restore.ambiguous-table"
        case .rolesMissing: "restore.roles-missing"
        case .databaseExists: "restore.database-exists"
        case .rowsDiffer: "restore.rows-differ"
        case .fileExists: "restore.file-exists"
        case .passwordInURL: "restore.password-in-url"
        case .noEscrow: "restore.no-escrow"
        }
    }

    package var message: String {
        switch self {
        case .noSuchRole(let role, let backup): "the backup \(backup) has no database with the role \(role)"
        case .noSuchTable(let name, let nearest, _):
            "the backup has no table \"\(name)\"" + (nearest.map { ", did you mean \"\($0)\"?" } ?? "")
        case .ambiguousTable(let name, let candidates):
            "the backup has several tables \"\(name)\": \(candidates.joined(separator: ", "))"
        case .rolesMissing(let roles):
            "the server lacks roles that the backup refers to: \(roles.joined(separator: ", "))"
        case .databaseExists(let name, _): "the database \"\(name)\" already exists; nothing was changed"
        case .rowsDiffer(let table, let loaded, let expected):
            "\(table): \(loaded) rows were loaded, but the backup has \(expected)"
        case .fileExists(let path): "\(path) already exists; nothing was changed"
        case .passwordInURL: "the address contains a password, which other users could see in the list of processes"
        case .noEscrow(let backup): "the backup \(backup) has no escrow"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .noSuchRole(_, let backup), .noEscrow(let backup): [.command(["infisical-ops", "show", backup])]
        case .noSuchTable(_, _, let backup): [.command(["infisical-ops", "show", backup])]
        case .ambiguousTable: [.check("give the name with its schema, as listed")]
        case .rolesMissing:
            [
                .check(
                    "--no-owner restores as the connecting user, and leaves grants and the policies of missing roles out"
                ),
                .check("--create-roles creates the missing roles (without login) first"),
            ]
        case .databaseExists(_, isLive: false): [.check("give another name to --to-database")]
        case .databaseExists(_, isLive: true):
            [
                .check("give another name to --to-database, and look at the copy first"),
                .check(
                    "it is the live database: to put a backup in its place, give --in-place instead of --to-database"),
            ]
        case .rowsDiffer: [.command(["infisical-ops", "verify", "--all"])]
        case .fileExists: [.check("give --files an empty folder")]
        case .passwordInURL: [.check("put the password into PGPASSWORD or PGPASSFILE")]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .rowsDiffer: .failed
        default: .refused
        }
    }
}
