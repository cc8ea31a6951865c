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
        .init(kind: kind, name: connections.name(.auditLogs))
    }

    /// Whether a fault is about the database, and not about this host, its repository, or a wish to stop.
    static func mayBeLeftOut(for fault: any Fault) -> Bool {
        let cause = (fault as? Failure)?.cause ?? fault
        if cause.exit == .interrupted || cause.exit == .terminated { return false }
        return cause is PostgresFault || cause is UndiscoveredDatabase || cause is BackupFault
            || cause is ProgramFault || cause is ProcessFault
    }

    /// What is wrong with it as it was backed up: another database that answered, or one that was emptied.
    static func finding(_ database: Manifest.Database, after last: Manifest?) -> String? {
        let logs = database.tables.filter { isLog($0) }
        if logs.isEmpty {
            return "the \(kind) \"\(database.name)\" has no table of audit logs; a backup takes it as it is"
        }
        let before = last?.databases.filter { $0.role == database.role }.flatMap(\.tables).filter { isLog($0) } ?? []
        let held = before.reduce(0) { $0 + $1.rows }
        guard held > 0, logs.allSatisfy({ $0.rows == 0 }) else { return nil }
        return
            "the \(kind) \"\(database.name)\" was emptied: the previous backup held \(held) audit logs, this one has none"
    }

    /// The table itself, a partition of it, or what became one.
    private static func isLog(_ table: Manifest.Database.Table) -> Bool {
        table.schema == "public" && (table.name.hasPrefix("audit_logs") || table.name == "intermediate_audit_logs")
    }

    static func warning(_ connections: DatabaseConnections, _ fault: any Fault) -> String {
        let cause = (fault as? Failure)?.cause ?? fault
        let hints = cause.hints.map { "; \(FaultRenderer.text($0))" }.joined()
        return "the \(kind) \"\(connections.name(.auditLogs))\" was left out: \(cause.message)\(hints)"
    }
}
