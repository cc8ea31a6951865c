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

    /// The failure as the drill's own; a damaged chunk, a full disk and a program that is missing as they are.
    func fault(of backup: BackupID) -> any Error {
        switch (fault as? Failure)?.cause ?? fault {
        case is RestoreFault, is RestoringFault, is BackupTablesFault:
            DrillFault.doesNotRestore(backup: backup.text, fault)
        case PostgresFault.serverDiskFull: error
        case let cause as PostgresFault:
            Self.isOfBackup(cause)
                ? DrillFault.doesNotRestore(backup: backup.text, fault) : DrillFault.scratchFailed(fault)
        default: error
        }
    }

    /// Whether another server of the same kind would refuse it as well.
    private static func isOfBackup(_ fault: PostgresFault) -> Bool {
        switch fault {
        case .badData, .permissionDenied, .duplicate, .rolesMissing, .localeUnknown, .notUnicode, .targetOlder: true
        // Resources, operators, the system, the server's own mistakes, and a session that was lost.
        case .statementFailed(let state, _, _): !["08", "53", "57", "58", "XX"].contains(state.prefix(2))
        default: false
        }
    }
}
