import CopyFormat
import Effects
import Faults
import InfisicalData
import InfisicalStore
import InstanceAccess
import Postgres
import Processes
import Repository
import Settings
import Synchronization
import TableRanges

/// Reads one database under one snapshot into the repository.
struct DatabaseBackup {
    /// What a run shares between its databases.
    struct Context: Sendable {
        let workplace: Workplace
        let jobs: Int
        let level: Int
        let store: ChunkStore
        let index: ChunkIndex
        let writing: WritingKeys
        /// For looking into chunks that no manifest names; nil where the identity is not at hand.
        let reading: ReadingKeys?
        let digestKey: DigestKey
        /// Out of the very bytes that are kept in escrow.
        let escrow: EscrowSelection
        let progress: BackupProgress
        /// False for a run that is only planned: rows are counted, and nothing is written.
        let stores: Bool
    }

    /// What the snapshot gave.
    struct Result {
        var database: Manifest.Database
        let infisical: Manifest.InfisicalRecord?
        var warnings: [String]
        /// Whether something in the database is not as it should be, though it is in the backup as it was.
        var isPartial = false
    }

    let role: DatabaseConnections.Role
    let context: Context
    let connections: DatabaseConnections
    /// Ends the sessions of this database; set by the first failure and by the run's own cancellation.
    let stop = Cancellation()
    /// What the server calls `pg_dump`'s session: no other run's, because it may have to be ended by this name.
    let dumpName = "infisical-ops pg_dump \(UInt32.random(in: 0...UInt32.max))"

    init(_ role: DatabaseConnections.Role, _ context: Context) {
        self.role = role
        self.context = context
        connections = DatabaseConnections(context.workplace.instance)
    }

    /// - Throws: among others `BackupFault.overtaken`, after which a new attempt is worth while.
    func perform() throws -> Result {
        var side = try connections.open(role, role: "monitor")
        defer { side.close() }
        let (pgDump, stale) = try prepare(side)
        let budget = try ConnectionBudget.read(side), jobs = budget.jobs(wanted: context.jobs)
        let connection = try connections.open(role, role: "leader"), encoding = connection.serverEncoding ?? ""
        defer { connection.close() }
        var run: Swift.Result<SchemaDumpRun, any Error>?
        func abandonDump() {
            guard run != nil else { return }
            run = nil
            // If this fails too, it ends by itself a moment later.
            if pgDump.runsInContainer { _ = endDump() }
        }
        let leader: SnapshotLeader
        do {
            leader = try SnapshotLeader.take(
                on: connection, side: side, patience: patience, jobs: jobs,
                exported: { snapshot in
                    abandonDump()
                    // Where no more than two sessions are allowed, it has to wait.
                    run = jobs == 1 ? nil : Swift.Result { try startDump(pgDump, snapshot, encoding) }
                })
        } catch {
            abandonDump()
            throw error
        }
        let contents: Contents, schema: SchemaCopy.Outcome, ending: SnapshotLeader.Ending
        do {
            let task = SchemaCopy(
                pgDump: pgDump, snapshot: leader.snapshot, relations: leader.relations, encoding: encoding, run: run)
            if !context.stores {
                (contents, schema, ending) = try rehearse(leader, side, task)
            } else if jobs == 1 {
                contents = try look(leader)
                schema = try copyAlone(contents.queue, leader, &side, task)
                ending = try lastLook(contents, leader, side)
            } else {
                (contents, schema, ending) = try copy(leader, side, task, jobs)
            }
        } catch { throw try explained(error, leader, side) }
        let database = record(leader, contents, schema.archive, ending)
        let fewer =
            jobs < context.jobs
            ? "\(jobs) instead of \(context.jobs) connections read the database: \(budget.reason)" : nil
        return Result(
            database: database, infisical: contents.keys?.record,
            warnings: (contents.keys?.warnings ?? [])
                + [stale, fewer, schema.warning, Catalog.warning(of: contents.obstacles)].compactMap { $0 },
            isPartial: stale != nil)
    }

    /// What the leader sees in the database besides its schema.
    struct Contents {
        let facts: ServerFacts
        let description: Catalog.DatabaseDescription
        /// What a restore will leave out.
        let obstacles: [Catalog.RestoreObstacle]
        let keys: KeyInspection?
        let queue: RangeQueue
        let sequences: [Relation]
        /// What a standby has no rows of.
        let lost: [Relation]
    }

    /// Reads with the leader's session what the other sessions need not wait for.
    func look(_ leader: SnapshotLeader) throws -> Contents {
        let survey = try leader.survey(), facts = try ServerFacts.read(leader.connection)
        let isLost = { (relation: Relation) in DatabaseBackup.isLost(relation, on: facts) }
        let kept = survey.relations.filter { !isLost($0) }
        context.progress.expected.add(
            survey.sizes.values.reduce(0) { $0 + $1.blocks } * 8192, ordering: .relaxed)
        let description = try Catalog.describe(leader.connection)
        if description.largeObjects > 0 { throw BackupFault.largeObjects(count: description.largeObjects) }
        return Contents(
            facts: facts, description: description,
            obstacles: try Catalog.restoreObstacles(description, isSuperuser: facts.isSuperuser, leader.connection),
            keys: role == .main ? try inspectKeys(leader.connection) : nil,
            queue: RangeQueue(kept.filter(\.holdsRows), survey), sequences: kept.filter { $0.kind == .sequence },
            lost: survey.relations.filter(isLost))
    }

    /// A standby has no rows of what is not in the log, and lets nobody read it.
    private static func isLost(_ relation: Relation, on server: ServerFacts) -> Bool {
        server.isInRecovery && relation.persistence == .unlogged && (relation.holdsRows || relation.kind == .sequence)
    }

    /// A statement that failed because a name or a type was changed beside it is a reason to start over.
    private func explained(_ error: any Error, _ leader: SnapshotLeader, _ side: Connection) throws -> any Error {
        let cause = (error as? Failure)?.cause ?? error
        switch cause {
        case PostgresFault.statementFailed("40001", let reason, _): return BackupFault.recoveryConflict(reason)
        case PostgresFault.statementFailed, PostgresFault.badData, PostgresFault.strangeRelation, is ProcessFault,
            BackupFault.archiveDiffers:
            do throws(PostgresFault) {
                if let change = try leader.change(seenBy: side) { return BackupFault.overtaken(change) }
            } catch {
                // The first failure is the one to tell.
            }
            return error
        default: return error
        }
    }

    private func inspectKeys(_ connection: Connection) throws -> KeyInspection {
        try KeyInspection(
            connection, context.escrow, isElsewhere: context.workplace.configuration.keyIsElsewhere)
    }

    private var patience: LockPatience {
        LockPatience(attempts: max(1, yieldAfter * 2), pause: 500)
    }

    /// Seconds after which the backup gives way to DDL.
    var yieldAfter: Int { Int(context.workplace.configuration.yieldAfter.components.seconds) }

    // MARK: - Before the snapshot

    /// Looks for `pg_dump` before anything is locked and read, and beside it whether a migration is going on; waits until
    /// none is.
    ///
    /// - Returns: a warning where the lock is held and nobody migrates.
    private func prepare(_ side: Connection) throws -> (PostgresPrograms.Program, stale: String?) {
        let major = side.serverVersion.major
        var watch = MigrationWatch()
        var (finding, program) = try Threads.both {
            try watch.look(side)
        } beside: {
            try programs.pgDump(forServer: major)
        }
        let wait = Int(context.workplace.configuration.migrationWait.components.seconds)
        var waited = 0
        while true {
            switch finding {
            case .free: return (program, nil)
            case .stale: return (program, DatabaseBackup.staleLock)
            case .running(let text) where waited >= wait: throw BackupFault.migrationRunning(text, waited: waited)
            case .running, .undecided: break
            }
            try context.workplace.surroundings.cancellation.sleep(
                milliseconds: 1000, effects: context.workplace.surroundings.effects)
            waited += 1
            finding = try watch.look(side)
        }
    }

    private static let staleLock =
        "the migration lock is stale: infisical_migrations_lock.is_locked = 1, and nobody migrates; the backup "
        + "is taken all the same, and a restore of it has the lock too. A server with migrations to run does not start before somebody sets "
        + "is_locked to 0"

    private func record(
        _ leader: SnapshotLeader, _ contents: Contents, _ schema: Manifest.Database.SchemaArchive,
        _ ending: SnapshotLeader.Ending
    ) -> Manifest.Database {
        let facts = contents.facts, description = contents.description
        let foreign = leader.relations.filter { $0.kind == .foreignTable }
        let lost = contents.lost.map {
            Manifest.Database.LeftOut(
                kind: $0.kind == .sequence ? "position of unlogged sequence" : "data of unlogged table",
                name: $0.quotedName)
        }
        return Manifest.Database(
            role: role.rawValue, name: facts.database, owner: description.owner,
            server: Manifest.Database.Server(facts),
            settings: description.settings.map { .init(role: $0.role, assignment: $0.assignment) },
            acl: description.accessRights, comment: description.comment,
            properties: description.properties.map(Manifest.Database.Properties.init), roles: description.roles,
            schema: schema,
            tables: contents.queue.tables(),
            sequences: ending.sequences.map {
                .init(schema: $0.schema, name: $0.name, last: $0.lastValue, called: $0.isCalled)
            },
            materializedViews: ending.views.map { .init(schema: $0.schema, name: $0.name, populated: $0.isPopulated) },
            leftOut: foreign.map { .init(kind: "data of foreign table", name: $0.quotedName) } + lost)
    }
}
