import Faults
import InstanceAccess
import Postgres
import Processes
import Repository

/// The second database, which holds only audit logs, as far as it is treated differently from the first: when it cannot
/// be read, the backup is taken without it and names it as left out.
enum AuditLogDatabase {
    static let kind = "audit-logs database"

    static func leftOut(_ connections: DatabaseConnections) -> Manifest.Database.LeftOut {
        .init(kind: kind, name: connections.endpoint(.auditLogs).database)
    }

    /// Whether a fault is about the database, and not about this host, its repository, or a wish to stop.
    static func mayBeLeftOut(for fault: any Fault) -> Bool {
        let cause = (fault as? Failure)?.cause ?? fault
        if cause.exit == .interrupted || cause.exit == .terminated { return false }
        return cause is PostgresFault || cause is UndiscoveredDatabase || cause is BackupFault
            || cause is ProgramFault || cause is ProcessFault
    }

    static func warning(_ connections: DatabaseConnections, _ fault: any Fault) -> String {
        let cause = (fault as? Failure)?.cause ?? fault
        let hints = cause.hints.map { "; \(FaultRenderer.text($0))" }.joined()
        return "the \(kind) \"\(connections.endpoint(.auditLogs).database)\" was left out: \(cause.message)\(hints)"
    }
}
