import Effects
import Faults
import InfisicalData
import InfisicalStore
import Instance
import InstanceAccess
import Postgres
import Secrets

/// The first step: the container of PostgreSQL, then the server itself, through libpq.
struct DatabaseHealth {
    private let part: PartInspection
    private let connections: DatabaseConnections

    /// Seconds until the server is given up.
    private static let patience = 5
    /// Bytes of disk below which PostgreSQL will soon stop.
    private static let littleSpace = 512 << 20
    /// Seconds after which an open transaction keeps the tables from being cleaned.
    private static let longTransaction = 3600.0
    /// Bytes of WAL that a forgotten slot may keep before it is told.
    private static let muchWAL: Int64 = 1 << 30

    init(_ part: PartInspection) {
        self.part = part
        connections = DatabaseConnections(part.instance)
    }

    func step() throws -> HealthStep {
        if let down = try part.stepIfDown() { return down }
        do {
            let connection = try connections.open(
                .main, role: "health", visitsPooler: true, deadline: DatabaseHealth.patience)
            defer { connection.close() }
            return try answering(connection)
        } catch let fault as any Fault {
            if fault.exit == .interrupted || fault.exit == .terminated { throw fault }
            return try silent(fault)
        }
    }

    private func answering(_ connection: Connection) throws -> HealthStep {
        let pressure = try ServerPressure.read(connection), database = try InfisicalDatabase(connection)
        var details = [
            "PostgreSQL \(connection.serverVersion)",
            "\(pressure.connections) of \(pressure.connectionLimit) connections",
        ]
        if connection.isVisit { details.append("reached through a connection pooler") }
        let space = try space()
        if let space { details.append("\(space.free >> 20) MiB free") }
        var step = HealthStep(.database, container: part.name, .healthy, details)
        let standing = LiveStanding.asked(connection, part.instance)
        if let problem = try settingsProblem(database, connection) {
            step.condition = .unhealthy
            step.details.insert(problem, at: 0)
            step.hints = [
                .check("is this the right database, and where does its name come from?"),
                .command(["infisical-ops", "config", "show"]),
                .command(["infisical-ops", "list"]),
            ]
            // The latest may be a backup of what is left here.
            if let best = standing.best, !standing.isOther {
                step.hints.append(.command(["infisical-ops", "restore", best, "--in-place"]))
            }
        }
        step.findings += HealthFinding.beside(standing)
        if pressure.isInRecovery || pressure.isReadOnly {
            step.condition = .unhealthy
            step.details.insert("it is a standby or read-only: Infisical cannot write", at: 0)
            step.hints = [.check("connect Infisical to the primary server")]
        }
        if let space, space.free < DatabaseHealth.littleSpace {
            // Without any, a server stops at the next segment of its log.
            if space.free < 32 << 20 { step.condition = .diskFull }
            step.findings.append(
                HealthFinding(
                    "little-space", "the disk of the database has only \(space.free >> 20) MiB left",
                    hints: [.command(["docker", "system", "df"])]))
            if step.condition == .diskFull {
                step.details.insert("its disk is full", at: 0)
                step.hints = [
                    .command(["docker", "system", "df"]),
                    .check("make room on the disk that holds the database's volume"),
                ]
            }
        }
        step.findings += findings(pressure)
        if let finding = try migrationLock(database) { step.findings.append(finding) }
        if let finding = try AuditLogHealth(connections).finding() { step.findings.append(finding) }
        if let judged = part.judged, judged.condition != .healthy, step.condition == .healthy {
            step.condition = judged.condition
            step.details.insert(judged.reason, at: 0)
            step.hints = part.hints(judged.condition)
        }
        return step
    }

    /// No more than a finding: a server with nothing to migrate starts with the lock and does not notice it.
    private func migrationLock(_ database: InfisicalDatabase) throws -> HealthFinding? {
        let state = try database.migrationLock()
        guard let text = state.text else { return nil }
        guard state.mayBeStale, try !database.migrationSigns().isAtWork else {
            return HealthFinding(
                "migration-lock", "the migration lock is held: \(text)",
                hints: [.command(["infisical-ops", "health", "--wait", "2m"])])
        }
        return HealthFinding(
            "migration-lock",
            "the migration lock is set, but no migration is running: a server with migrations to run will not start",
            hints: [.check("if no instance is migrating, set is_locked to 0 in infisical_migrations_lock")])
    }

    /// Reads what the backend reads first; a status that is green from its cache proves nothing of the sort.
    private func settingsProblem(_ database: InfisicalDatabase, _ connection: Connection) throws -> String? {
        let table = try connection.query("SELECT pg_catalog.to_regclass('public.super_admin') IS NOT NULL AS there")
        guard try table.only().bool("there") else {
            return database.otherSchemaText ?? "it has no tables of Infisical"
        }
        let rows = try connection.query("SELECT id::text AS id FROM public.super_admin LIMIT 1")
        return rows.isEmpty ? "its settings (super_admin) are empty: no server has started on it yet" : nil
    }

    private func space() throws -> (free: Int, size: Int)? {
        guard let container = part.container else { return nil }
        let folder =
            container.environment["PGDATA"].map { $0.revealedText() }
            ?? "/var/lib/postgresql/data"
        return try part.instance.surroundings.docker.space(of: folder, in: container.id)
    }

    private func findings(_ pressure: ServerPressure) -> [HealthFinding] {
        var findings: [HealthFinding] = []
        if pressure.connectionLimit - pressure.connections < max(3, pressure.connectionLimit / 20) {
            findings.append(
                HealthFinding(
                    "connections",
                    "\(pressure.connections) of \(pressure.connectionLimit) connections are taken",
                    hints: [.check("raise max_connections, or look for clients that do not close theirs")]))
        }
        if let oldest = pressure.oldestTransaction, oldest > DatabaseHealth.longTransaction {
            findings.append(
                HealthFinding(
                    "old-transaction", "a transaction has been open for \(Int(saturating: oldest / 60)) minutes",
                    hints: [.check("look for it in pg_stat_activity; it keeps dead rows from being removed")]))
        }
        for slot in pressure.idleSlots where slot.bytes > DatabaseHealth.muchWAL {
            findings.append(
                HealthFinding(
                    "idle-slot",
                    "nobody reads from the replication slot \(slot.name), which keeps \(slot.bytes >> 20) MiB of WAL",
                    hints: [.check("drop it with pg_drop_replication_slot if its reader is gone")]))
        }
        return findings
    }

    /// A server that runs and cannot be used.
    private func silent(_ fault: any Fault) throws -> HealthStep {
        let cause = (fault as? UndiscoveredDatabase)?.cause ?? (fault as? PostgresFault)
        let condition: Condition =
            switch cause {
            case .wrongPassword?: .wrongPassword
            case .serverNotReady?: .starting
            case .serverDiskFull?: .diskFull
            case .unknownHost?: .unreachable
            case let fault? where fault.isAboutTheAddress: part.isYoung ? .starting : .unreachable
            default: .unhealthy
            }
        var details = [fault.message]
        if let container = part.container, container.networks.allSatisfy(\.address.isEmpty), !container.usesHostNetwork
        {
            details.insert("the container is attached to no network", at: 0)
        }
        return try part.failed(condition, details, hints: fault.hints)
    }
}
