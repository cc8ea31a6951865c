import BackupTables
import Faults
import Operations
import Postgres
import Repository
import Restoring

/// Why a restore into a scratch server failed: because of what the backup holds, or of what it was restored with.
struct RestoreCause {
    private let error: any Error
    private let fault: any Fault

    init(_ error: any Error) {
        self.error = error
        fault = .of(error)
    }

    /// The failure as the drill's own; a damaged chunk, a full disk, a program that is missing and a server that is not
    /// fit for the backup as they are.
    func fault(of backup: BackupID) -> any Error {
        switch (fault as? Failure)?.cause ?? fault {
        case RestoringFault.tableMissing(_, let reason, let before) where Self.isOfServer(reason, before):
            // With the hints of the cause: what to install.
            Failure(fault, context: ["the scratch server lacks something, which says nothing of the backup"])
        case is RestoreFault, is RestoringFault, is BackupTablesFault:
            DrillFault.doesNotRestore(backup: backup.text, fault)
        // It says itself which server would do.
        case PostgresFault.serverDiskFull, PostgresFault.targetOlder, PostgresFault.localeUnknown: error
        case let cause as PostgresFault:
            Self.isOfBackup(cause)
                ? DrillFault.doesNotRestore(backup: backup.text, fault) : DrillFault.scratchFailed(fault)
        default: error
        }
    }

    /// Whether another server of the same kind would refuse it as well.
    private static func isOfBackup(_ fault: PostgresFault) -> Bool {
        switch fault {
        case .badData, .permissionDenied, .duplicate, .rolesMissing, .notUnicode: true
        case .statementFailed(let state, _, _) where lacking.contains(state): false
        // Resources, operators, the system, the server's own mistakes, and a session that was lost.
        case .statementFailed(let state, _, _): !["08", "53", "57", "58", "XX"].contains(state.prefix(2))
        default: false
        }
    }

    // MARK: - What a server lacks

    /// A type or another object that is not there, what this server does not support, and a file of an extension.
    private static let lacking: Set = ["42704", "0A000", "58P01"]

    /// Whether a table is missing because the server has not got what the backup's own server had.
    ///
    /// - Parameters:
    ///   - reason: the server's, with its SQLSTATE.
    ///   - before: what was refused before the table.
    static func isOfServer(_ reason: String, _ before: [String]) -> Bool {
        if lacking.contains(where: { isOf($0, reason) }) { return true }
        // A function of an extension.
        return isOf("42883", reason) && before.contains { $0.hasPrefix("extension ") }
    }

    private static func isOf(_ state: String, _ reason: String) -> Bool { reason.hasSuffix("(SQLSTATE \(state))") }
}
