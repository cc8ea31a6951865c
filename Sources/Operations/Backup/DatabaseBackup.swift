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
    }

    /// What the snapshot gave.
    struct Result {
        var database: Manifest.Database
        let infisical: Manifest.InfisicalRecord?
        var warnings: [String]
    }

    private let role: DatabaseConnections.Role
    private let context: Context
    private let connections: DatabaseConnections
    /// Ends the sessions of this database; set by the first failure and by the run's own cancellation.
    private let stop = Cancellation()
    /// What the server calls `pg_dump`'s session: no other run's, because it may have to be ended by this name.
    private let dumpName = "infisical-ops pg_dump \(UInt32.random(in: 0...UInt32.max))"

    init(_ role: DatabaseConnections.Role, _ context: Context) {
        self.role = role
        self.context = context
        connections = DatabaseConnections(context.workplace.instance)
    }

    /// - Throws: among others `BackupFault.overtaken`, after which a new attempt is worth while.
    func perform() throws -> Result {
        let side = try connections.open(role, role: "monitor")
        defer { side.close() }
        // Before anything is locked and read.
        let pgDump = try programs.pgDump(forServer: side.serverVersion.major)
        try waitForMigration(side)
        let leader = try SnapshotLeader.take(
            on: try connections.open(role, role: "leader"), side: side, patience: patience)
        defer { leader.connection.close() }
        let facts = try ServerFacts.read(leader.connection)
        let description = try Catalog.describe(leader.connection)
        if description.largeObjects > 0 { throw BackupFault.largeObjects(count: description.largeObjects) }
        let keys = role == .main ? try KeyInspection(leader.connection, context.escrow) : nil
        let tables = leader.relations.filter(\.holdsRows)
        let queue = RangeQueue(tables: tables, sizes: leader.sizes)
        context.progress.expected.add(
            leader.sizes.values.reduce(0) { $0 + $1.blocks } * 8192, ordering: .relaxed)
        let schema = try copy(queue, leader: leader, side: side, pgDump)
        // Sequences do not obey snapshots: read last, they are never behind the rows.
        let sequences = try Catalog.sequenceValues(
            of: leader.relations.filter { $0.kind == .sequence }, leader.connection)
        let views = try Catalog.refreshOrder(of: leader.relations, leader.connection)
        try leader.check()
        try leader.end()
        return Result(
            database: record(leader, facts, description, schema, queue.tables(), sequences, views),
            infisical: keys?.record, warnings: keys?.warnings ?? [])
    }

    private var patience: LockPatience {
        LockPatience(attempts: max(1, yieldAfter * 2), pause: 500)
    }

    /// Short, because it is in vain unless the change that waits for the leader gives up by itself.
    private let workerPatience = LockPatience(attempts: 4, pause: 250)

    /// Seconds after which the backup gives way to DDL.
    private var yieldAfter: Int { Int(context.workplace.configuration.yieldAfter.components.seconds) }

    // MARK: - Before the snapshot

    private func waitForMigration(_ side: Connection) throws {
        let wait = Int(context.workplace.configuration.migrationWait.components.seconds)
        var waited = 0
        while let words = try InfisicalDatabase(side).migrationLock().words {
            guard waited < wait else { throw BackupFault.migrationRunning(words, waited: waited) }
            try context.workplace.surroundings.cancellation.sleep(
                milliseconds: 1000, effects: context.workplace.surroundings.effects)
            waited += 1
        }
    }

    // MARK: - Data

    /// Reads all ranges with as many workers as configured, the schema beside them, and watches for waiting DDL.
    private func copy(
        _ queue: RangeQueue, leader: SnapshotLeader, side: Connection, _ pgDump: PostgresPrograms.Program
    ) throws -> Manifest.Database.SchemaArchive {
        let snapshot = leader.snapshot, tables = leader.relations.filter(\.needsLock)
        let leaderPID = leader.connection.backendPID
        let holders = Mutex<[Int32]>([leaderPID])
        let schema = Mutex<Manifest.Database.SchemaArchive?>(nil)
        let ended = Cancellation()
        // Why the run was stopped; what the workers then fail with is a consequence, whoever is first to tell.
        var cause: (any Error)?
        do {
            try Threads.run(
                context.jobs, onFirstFailure: { stop.cancel() }, ended: ended,
                supervise: {
                    do {
                        try watch(leader, side: side, holders: { holders.withLock { $0 } }, until: ended)
                    } catch {
                        cause = error
                        stop.cancel()
                    }
                }
            ) { worker in
                let connection = try connections.open(role, role: "worker", cancellation: stop)
                defer { connection.close() }
                holders.withLock { $0.append(connection.backendPID) }
                let session = try join(snapshot, tables, connection)
                var copier = try RangeCopier(
                    connection: connection, writer: try makeWriter(), digestKey: context.digestKey)
                do {
                    if worker == 0 {
                        let archive = try dumpSchema(
                            snapshot, pgDump, LockMonitor(connection: connection), holders.withLock { $0 }, &copier)
                        schema.withLock { $0 = archive }
                    }
                    while let range = queue.take() {
                        let outcome = try within("table \(range.name)") {
                            try copier.copy(range, progress: context.progress)
                        }
                        queue.finish(range, outcome)
                    }
                } catch {
                    copier.keepWritten()
                    throw error
                }
                try copier.finish()
                try session.end()
            }
        } catch { throw cause ?? error }
        if let cause { throw cause }
        guard let archive = schema.withLock({ $0 }) else {
            throw Interruption(signal: context.workplace.surroundings.cancellation.signal ?? 15)
        }
        return archive
    }

    private func join(
        _ snapshot: String, _ tables: [Relation], _ connection: Connection
    ) throws -> SnapshotWorker {
        do {
            return try SnapshotWorker.join(snapshot, locking: tables, on: connection, patience: workerPatience)
        } catch {
            if case .locksNotAvailable(_, let reason) = error { throw BackupFault.overtaken(reason) }
            throw error
        }
    }

    private func makeWriter() throws -> ChunkWriter {
        let reader = try context.reading.map { try ReaderBox($0, context.store) }
        return try ChunkWriter(
            store: context.store, index: context.index, keys: context.writing, level: context.level,
            reader: reader?.take())
    }

    private var runner: ProcessRunner {
        ProcessRunner(effects: context.workplace.surroundings.effects, cancellation: stop)
    }

    private var programs: PostgresPrograms { connections.programs(role, runner: runner) }

    private func dumpSchema(
        _ snapshot: String, _ pgDump: PostgresPrograms.Program, _ monitor: LockMonitor, _ holders: [Int32],
        _ copier: inout RangeCopier
    ) throws -> Manifest.Database.SchemaArchive {
        let dump: SchemaDump
        do {
            dump = try SchemaDump(
                endpoint: connections.endpoint(role), snapshot: snapshot, pgDump: pgDump, as: dumpName,
                programs: programs, runner: runner)
        } catch {
            let cleanup = pgDump.runsInContainer ? endDump() : []
            // It queues behind whoever waits for us, so it would wait for ever.
            if case .failed = error as? ProcessFault, let waiting = try monitor.longestWait(behind: holders) {
                throw BackupFault.overtaken("\(waiting.words) waits for a lock")
            }
            throw Failure(.of(error), context: ["schema"], cleanup: cleanup)
        }
        return Manifest.Database.SchemaArchive(
            archive: try copier.store(dump.archive), preData: try copier.store(dump.preData),
            postData: try copier.store(dump.postData), pgDump: dump.version)
    }

    /// Ends `pg_dump`'s session: in a container it goes on without the command that started it.
    private func endDump() -> [any Fault] {
        do {
            let connection = try connections.open(role, role: "cleanup", cancellation: Cancellation(), deadline: 5)
            defer { connection.close() }
            try connection.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \(dumpName)",
                deadline: 10)
            return []
        } catch { return [.of(error)] }
    }

    /// Runs on the leader's own thread until all workers have ended: looks every second whether the leader lives and
    /// whether DDL waits behind us, and passes the run's cancellation on.
    private func watch(
        _ leader: SnapshotLeader, side: Connection, holders: () -> [Int32], until ended: Cancellation
    ) throws {
        let monitor = LockMonitor(connection: side)
        let surroundings = context.workplace.surroundings
        var nextLook = surroundings.clock.monotonic()
        while !ended.isCancelled {
            try surroundings.cancellation.check()
            if stop.isCancelled { return }
            if surroundings.clock.monotonic() >= nextLook {
                nextLook = surroundings.clock.monotonic() + 1_000_000_000
                try leader.check()
                if let waiting = try monitor.longestWait(behind: holders()), waiting.seconds > Double(yieldAfter) {
                    giveWay(to: waiting, holders(), monitor)
                    throw BackupFault.yielded(waiting, after: Int(waiting.seconds))
                }
            }
            // Wakes at once when the last worker ends; otherwise five times a second.
            _ = try surroundings.cancellation.wait(for: ended.descriptor, events: 1, milliseconds: 200)
        }
    }

    /// Gives all locks back now: a worker may be in a write to a slow disk, from which it would take long to return.
    private func giveWay(to waiting: LockMonitor.BlockedSession, _ holders: [Int32], _ monitor: LockMonitor) {
        do throws(PostgresFault) {
            try monitor.end(holders, and: dumpName, before: waiting)
        } catch {
            // The sessions then end with the threads that use them, as on any other failure.
        }
    }

    private func record(
        _ leader: SnapshotLeader, _ facts: ServerFacts, _ description: Catalog.DatabaseDescription,
        _ schema: Manifest.Database.SchemaArchive, _ tables: [Manifest.Database.Table],
        _ sequences: [Catalog.SequenceValue], _ views: [Relation]
    ) -> Manifest.Database {
        let foreign = leader.relations.filter { $0.kind == .foreignTable }
        return Manifest.Database(
            role: role.rawValue, name: facts.database, owner: description.owner,
            server: Manifest.Database.Server(facts),
            settings: description.settings.map { .init(role: $0.role, assignment: $0.assignment) },
            acl: description.accessRights, comment: description.comment, roles: description.roles, schema: schema,
            tables: tables,
            sequences: sequences.map {
                .init(schema: $0.schema, name: $0.name, last: $0.lastValue, called: $0.isCalled)
            },
            materializedViews: views.map { .init(schema: $0.schema, name: $0.name, populated: $0.isPopulated) },
            leftOut: foreign.map { .init(kind: "data of foreign table", name: $0.quotedName) })
    }
}

/// Carries a noncopyable reader through an optional.
private final class ReaderBox {
    private var reader: ChunkReader?
    init(_ keys: ReadingKeys, _ store: ChunkStore) throws { reader = try ChunkReader(store: store, keys: keys) }
    func take() -> ChunkReader? { reader.take() }
}
