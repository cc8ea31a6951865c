import Effects
import Faults
import InstanceAccess
import Postgres
import Processes
import Repository
import Settings
import Synchronization
import TableRanges

/// Reading the rows, with the schema beside them.
extension DatabaseBackup {
    /// Reads all ranges with `jobs` workers, the schema beside them, and watches for waiting DDL. `pg_dump`, which takes
    /// longest where tables are many and small, is at work already; the workers begin when the leader has looked. It
    /// looks for the last time when all is read, while the schema is still being stored.
    func copy(
        _ leader: SnapshotLeader, _ side: Connection, _ task: SchemaCopy, _ jobs: Int
    ) throws -> (Contents, SchemaCopy.Outcome, SnapshotLeader.Ending) {
        let snapshot = leader.snapshot
        let holders = Mutex<[Int32]>([leader.connection.backendPID])
        let queue = Handover<RangeQueue>(), schema = Mutex<SchemaCopy.Outcome?>(nil)
        let isRead = Cancellation(), reading = Atomic<Int>(jobs + 1)
        let leave: @Sendable () -> Void = {
            if reading.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { isRead.cancel() }
        }
        var contents: Contents?, ending: SnapshotLeader.Ending?
        // Why the run was stopped; what the workers then fail with is a consequence, whoever is first to tell.
        var cause: (any Error)?
        do {
            try Threads.run(
                jobs + 1,
                onFirstFailure: {
                    stop.cancel()
                    isRead.cancel()
                },
                supervise: {
                    do {
                        let found = try look(leader)
                        queue.give(found.queue)
                        contents = found
                        try watch(
                            LockMonitor(connection: side), holders: { holders.withLock { $0 } }, until: isRead,
                            alive: { try leader.check() })
                        if !stop.isCancelled { ending = try lastLook(found, leader, side) }
                    } catch {
                        cause = error
                        stop.cancel()
                    }
                }
            ) { worker in
                guard worker < jobs else {
                    let archive: [UInt8]
                    do { archive = try runDump(task) } catch { throw DumpFailure(error: error) }
                    leave()
                    let outcome = try store(archive, task)
                    schema.withLock { $0 = outcome }
                    return
                }
                if worker > 0, try queue.take(stop).isSmall { return leave() }
                guard let connection = try openWorker(worker) else { return leave() }
                defer { connection.close() }
                holders.withLock { $0.append(connection.backendPID) }
                let session = try SnapshotWorker(joining: snapshot, on: connection)
                try Catalog.refuseReplaced(task.relations.filter(\.needsLock), connection)
                var copier = RangeCopier(
                    connection: connection, writer: try makeWriter(), digestKey: context.digestKey)
                do {
                    let queue = try queue.take(stop)
                    while let range = queue.take() {
                        try session.prepare(for: queue.statements[range.table].relation.oid)
                        try read(range, queue, &copier)
                    }
                    try session.end()
                } catch {
                    copier.keepWritten()
                    throw error
                }
                leave()
                try copier.finish()
            }
        } catch let failure as DumpFailure where cause == nil {
            throw try explained(
                failure.error, task, LockMonitor(connection: side), [leader.connection.backendPID])
        } catch { throw cause ?? error }
        if let cause { throw cause }
        guard let contents, let ending, let schema = schema.withLock({ $0 }) else { throw interruption }
        return (contents, schema, ending)
    }

    /// After the last row, and after `pg_dump`.
    func lastLook(
        _ contents: Contents, _ leader: SnapshotLeader, _ side: Connection
    ) throws -> SnapshotLeader.Ending {
        let ending = try leader.end(reading: contents.sequences, seenBy: side)
        if let change = ending.change { throw BackupFault.overtaken(change) }
        return ending
    }

    /// All that a backup does besides reading and storing the rows; of those that it is compared by it gives the number.
    func rehearse(
        _ leader: SnapshotLeader, _ side: Connection, _ task: SchemaCopy
    ) throws -> (Contents, SchemaCopy.Outcome, SnapshotLeader.Ending) {
        let contents = try look(leader), holders = [leader.connection.backendPID]
        let archive = try dumpBeside(leader, task, holders)
        let dump = try SchemaDump(archive, by: task.pgDump, programs, runner), warning = try task.check(dump)
        try contents.queue.count(leader.connection) { Holdings.counts(schema: $0.schema, table: $0.name) }
        let nothing = Manifest.Database.SchemaArchive(archive: [], preData: [], postData: [], pgDump: dump.version)
        return (contents, SchemaCopy.Outcome(archive: nothing, warning: warning), try lastLook(contents, leader, side))
    }

    private func store(_ archive: [UInt8], _ task: SchemaCopy) throws -> SchemaCopy.Outcome {
        let dump = try SchemaDump(archive, by: task.pgDump, programs, runner), warning = try task.check(dump)
        return SchemaCopy.Outcome(archive: try dump.store(try makeWriter()), warning: warning)
    }

    /// Nobody who could say why is at hand where it happens.
    private struct DumpFailure: Error { let error: any Error }

    /// The same with two sessions at most: `pg_dump` runs first, while the leader watches; then the leader reads, while
    /// another session watches.
    ///
    /// - Parameter side: is closed before and is another one afterwards.
    func copyAlone(
        _ queue: RangeQueue, _ leader: SnapshotLeader, _ side: inout Connection, _ task: SchemaCopy
    ) throws -> SchemaCopy.Outcome {
        let watcher = side.backendPID
        side.close()
        try leader.waitForEnd(of: watcher)
        let connection = leader.connection, holders = [connection.backendPID]
        let dump: [UInt8]
        do { dump = try dumpBeside(leader, task, holders) } catch {
            // Whoever looks for the reason needs a session.
            side = try openMonitor()
            throw error
        }
        var copier = RangeCopier(connection: connection, writer: try makeWriter(), digestKey: context.digestKey)
        let cause = Mutex<(any Error)?>(nil), isRead = Cancellation()
        var schema: SchemaCopy.Outcome?
        do {
            try Threads.run(
                1, onFirstFailure: { stop.cancel() },
                supervise: {
                    defer { isRead.cancel() }
                    do {
                        schema = try store(dump, task)
                        while let range = queue.take() {
                            try stop.check()
                            try read(range, queue, &copier)
                        }
                    } catch {
                        copier.keepWritten()
                        throw error
                    }
                    try copier.finish()
                }
            ) { _ in
                do {
                    let side = try openMonitor()
                    defer { side.close() }
                    try watch(LockMonitor(connection: side), holders: { holders }, until: isRead)
                } catch {
                    cause.withLock { $0 = error }
                    throw error
                }
            }
        } catch {
            side = try openMonitor()
            throw cause.withLock { $0 } ?? error
        }
        side = try openMonitor()
        guard let schema else { throw interruption }
        return schema
    }

    /// Nothing was thrown and something is missing: the run was told to stop.
    var interruption: Interruption {
        Interruption(signal: context.workplace.surroundings.cancellation.signal ?? 15)
    }

    /// - Returns: nil where the server has no connection left for it and others go on without it.
    private func openWorker(_ number: Int) throws -> Connection? {
        do { return try connections.open(role, role: "worker", cancellation: stop) } catch PostgresFault
            .tooManyConnections
            where number > 0
        { return nil }
    }

    /// Opens another session in place of one that was closed a moment ago, and of which the server may not know yet.
    private func openMonitor() throws -> Connection {
        let surroundings = context.workplace.surroundings
        for _ in 0..<50 {
            do { return try connections.open(role, role: "monitor") } catch PostgresFault.tooManyConnections {
                try surroundings.cancellation.sleep(milliseconds: 100, effects: surroundings.effects)
            }
        }
        return try connections.open(role, role: "monitor")
    }

    private func read(_ range: RangeQueue.Range, _ queue: RangeQueue, _ copier: inout RangeCopier) throws {
        let outcome = try within("table \(range.name)") {
            do { return try copier.copy(range, progress: context.progress) } catch PostgresFault.lockNotAvailable(
                let why)
            {
                // A change of the table is in the queue behind the leader.
                throw BackupFault.overtaken(why)
            }
        }
        queue.finish(range, outcome)
    }

    private func makeWriter() throws -> ChunkWriter {
        let reader = try context.reading.map { try ReaderBox($0, context.store) }
        return try ChunkWriter(
            store: context.store, index: context.index, keys: context.writing, level: context.level,
            reader: reader?.take())
    }

    // MARK: - Schema

    private var runner: ProcessRunner {
        ProcessRunner(effects: context.workplace.surroundings.effects, cancellation: stop)
    }

    var programs: PostgresPrograms { connections.programs(role, runner: runner) }

    /// Runs `pg_dump` on a thread of its own while this one watches with the leader's session.
    private func dumpBeside(
        _ leader: SnapshotLeader, _ task: SchemaCopy, _ holders: [Int32]
    ) throws -> [UInt8] {
        let dump = Mutex<[UInt8]?>(nil), ended = Cancellation(), monitor = LockMonitor(connection: leader.connection)
        var cause: (any Error)?
        do {
            try Threads.run(
                1, ended: ended,
                supervise: {
                    do {
                        try watch(monitor, holders: { holders }, until: ended, alive: { try leader.check() })
                    } catch {
                        cause = error
                        stop.cancel()
                    }
                }
            ) { _ in
                let found = try runDump(task)
                dump.withLock { $0 = found }
            }
        } catch {
            if let cause { throw cause }
            throw try explained(error, task, monitor, holders)
        }
        if let cause { throw cause }
        if let dump = dump.withLock({ $0 }) { return dump }
        throw interruption
    }

    private func runDump(_ task: SchemaCopy) throws -> [UInt8] {
        try (task.run?.get() ?? startDump(task.pgDump, task.snapshot, task.encoding)).archive()
    }

    func startDump(
        _ pgDump: PostgresPrograms.Program, _ snapshot: String, _ encoding: String
    ) throws -> SchemaDumpRun {
        try SchemaDumpRun(
            endpoint: try connections.endpoint(role), encoding: encoding, snapshot: snapshot, pgDump: pgDump,
            as: dumpName, runner: runner)
    }

    /// Why `pg_dump` failed.
    private func explained(
        _ error: any Error, _ task: SchemaCopy, _ monitor: LockMonitor, _ holders: [Int32]
    ) throws -> any Error {
        let cleanup = task.pgDump.runsInContainer ? endDump() : []
        // It queues behind whoever waits for us, so it would wait for ever.
        if case .failed = error as? ProcessFault, let waiting = try monitor.longestWait(behind: holders) {
            return BackupFault.overtaken("\(waiting.text) waits for a lock")
        }
        return Failure(.of(error), context: ["schema"], cleanup: cleanup)
    }

    /// Ends `pg_dump`'s session: in a container it goes on without the command that started it.
    func endDump() -> [any Fault] {
        do {
            let connection = try connections.open(role, role: "cleanup", cancellation: Cancellation(), deadline: 5)
            defer { connection.close() }
            try connection.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \(dumpName)",
                deadline: 10)
            return []
        } catch { return [.of(error)] }
    }

    // MARK: - Watching

    /// Runs on one thread beside the others until they have ended: looks every second whether the leader lives and
    /// whether DDL waits behind us, and passes the run's cancellation on.
    private func watch(
        _ monitor: LockMonitor, holders: () -> [Int32], until ended: Cancellation, alive: () throws -> Void = {}
    ) throws {
        let surroundings = context.workplace.surroundings
        var nextLook = surroundings.clock.monotonic()
        while !ended.isCancelled {
            try surroundings.cancellation.check()
            if stop.isCancelled { return }
            if surroundings.clock.monotonic() >= nextLook {
                nextLook = surroundings.clock.monotonic() + 1_000_000_000
                try alive()
                if let waiting = try monitor.longestWait(behind: holders()), waiting.seconds > Double(yieldAfter) {
                    giveWay(to: waiting, holders(), monitor)
                    throw BackupFault.yielded(waiting, after: Int(saturating: waiting.seconds))
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
}

/// Carries a noncopyable reader through an optional.
private final class ReaderBox {
    private var reader: ChunkReader?
    init(_ keys: ReadingKeys, _ store: ChunkStore) throws { reader = try ChunkReader(store: store, keys: keys) }
    func take() -> ChunkReader? { reader.take() }
}
