package import CopyFormat
package import Faults

/// Why a table could not be read.
package enum TableFault: Fault, Equatable {
    /// `where` names the source, such as `the backup 20261128T…`.
    case noSuchColumn(table: String, column: String, source: String)
    case damagedRows(table: String, source: String, CopyFault)

    package var code: String {
        switch self {
        case .noSuchColumn: "tables.no-such-column"
        case .damagedRows: "tables.damaged-rows"
        }
    }

    package var message: String {
        switch self {
        case .noSuchColumn(let table, let column, let source):
            "the table \(table) of \(source) has no column \"\(column)\""
        case .damagedRows(let table, let source, let fault):
            "the table \(table) of \(source) cannot be read: \(fault.message)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .noSuchColumn: [.check("the schema of this database is not that of a version of Infisical known here")]
        case .damagedRows(_, _, let fault): fault.hints
        }
    }

    package var exit: ExitCode {
        switch self {
        case .noSuchColumn: .failed
        case .damagedRows(_, _, let fault): fault.exit
        }
    }
}
