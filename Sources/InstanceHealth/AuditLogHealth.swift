import Faults
import Instance
import InstanceAccess
import Postgres

/// The second database, which holds only audit logs: the instance serves without it, so it is no step of its own.
struct AuditLogHealth {
    private let connections: DatabaseConnections

    /// Seconds until the server is given up.
    private static let patience = 5

    init(_ connections: DatabaseConnections) { self.connections = connections }

    /// What is wrong with it; nil where nothing is, or where there is none.
    func finding() throws -> HealthFinding? {
        guard connections.hasAuditLogs else { return nil }
        let name = connections.name(.auditLogs)
        do {
            let connection = try connections.open(.auditLogs, role: "health", deadline: AuditLogHealth.patience)
            defer { connection.close() }
            guard let text = try problem(connection) else { return nil }
            return finding(
                name, text, [.command(["infisical-ops", "list"]), .command(["infisical-ops", "config", "show"])])
        } catch let fault as any Fault {
            if fault.exit == .interrupted || fault.exit == .terminated { throw fault }
            return finding(name, "cannot be used: \(fault.message)", fault.hints)
        }
    }

    private func finding(_ name: String, _ text: String, _ hints: [Hint]) -> HealthFinding {
        HealthFinding("audit-logs", "the database \"\(name)\" for audit logs \(text)", hints: hints)
    }

    private func problem(_ connection: Connection) throws(PostgresFault) -> String? {
        let kind = try connection.query(
            """
            SELECT c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relname = 'audit_logs' AND c.relkind IN ('r', 'p')
            """)
        if kind.isEmpty { return "has no table audit_logs" }
        let isFilled = try connection.query("SELECT EXISTS (SELECT FROM public.audit_logs) AS filled").only().bool(
            "filled")
        return isFilled ? nil : "holds no audit log at all"
    }
}
