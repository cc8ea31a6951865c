import Effects
import Faults
import InstanceAccess
import Operations
import Postgres
import Repository
import Restoring
import Settings

/// Loading the databases of a backup, and looking at what was rebuilt.
extension DrillOperation {
    /// Restores one database of the backup, in another order of texts where the scratch server lacks its own.
    func restore(
        _ database: Manifest.Database, _ report: inout DrillReport, _ scratch: any ScratchPlace,
        _ identities: Workplace.Identities, _ trial: CiphertextTrial?, _ timer: PhaseTimer
    ) throws -> (RestoredCopy, [ObjectLoss]) {
        let name = Self.name(database)
        var server = scratch.superuser
        server.user = Self.user
        var settings = RestoreOperation.Options(database: name)
        settings.id = report.entry.id.text
        settings.server = server
        settings.role = database.role
        settings.noOwner = true
        settings.ownsServer = true
        if database.role == "main", let trial { settings.companion = trial.companion }
        settings.jobs = jobs
        settings.identities = identities
        let restored = try timer.measure("restore") {
            do {
                do { return try load(settings, timer.progress) } catch PostgresFault.localeUnknown {
                    // Rows are the same in any order.
                    settings.locale = database.server.encoding == "UTF8" ? "C.UTF-8" : "C"
                    return try load(settings, timer.progress)
                }
            } catch  where surroundings.cancellation.signal == nil {
                throw RestoreCause(error).fault(of: report.entry.id)
            }
        }
        if settings.locale != nil {
            report.notes.append(
                "collation substituted: the scratch server lacks \(database.server.locale ?? database.server.collate)")
        }
        report.tables += restored.plan.tables.count
        report.rows += restored.rows
        report.losses += restored.losses
        report.notes += restored.notes
        let superuser = scratch.superuser.with(database: name)
        let connection = try Connection.open(
            superuser, role: "drill", use: .writing, effects: surroundings.effects,
            cancellation: surroundings.cancellation)
        defer { connection.close() }
        // One that was restored with the database would keep the checks out.
        try connection.query("ALTER DATABASE \(identifier: name) CONNECTION LIMIT -1")
        return (
            RestoredCopy(
                database: database, endpoint: server.with(database: name), superuser: superuser, jobs: jobs,
                effects: surroundings.effects, cancellation: surroundings.cancellation), restored.losses
        )
    }

    private func load(
        _ settings: RestoreOperation.Options, _ progress: BackupProgress
    ) throws -> RestoreOperation.Report {
        let operation = RestoreOperation(workplace, settings)
        return try operation.perform(try operation.plan(), progress: progress)
    }

    /// Whether what follows the rows was rebuilt, and what cannot be told of it.
    func checkRestored(
        _ copy: RestoredCopy, _ losses: [ObjectLoss], _ content: BackupContent, _ report: inout DrillReport
    ) throws {
        let connection = try copy.open("drill")
        defer { connection.close() }
        let contents = try content.contents(of: copy.database, connection)
        if contents == nil { report.notes.append("constraints were not compared: pg_dump is newer than this program") }
        report.problems += try ConstraintCheck(copy: copy, losses: losses, contents: contents).perform()
        let (problems, note) = try IndexCheck(copy: copy).perform()
        report.problems += problems
        if let note, !report.notes.contains(note) { report.notes.append(note) }
    }
}
