import DurableFiles
import Effects
import Faults
import InstanceAccess
import Postgres
import Repository
import Settings
import Synchronization

/// Loads one database of a backup into an empty one: schema, rows over several connections, sequences, indexes and
/// constraints, materialised views.
struct DatabaseRestore {
    let workplace: Workplace
    let repository: Repository
    let records: [ChunkName: Set<ChunkRecord>]
    let plan: RestoreOperation.Plan
    let reading: ReadingKeys
    let target: Endpoint
    let noOwner: Bool
    let jobs: Int
    /// Only some tables: constraints that need the others are left out.
    let partial: Bool
    let progress: BackupProgress

    init(
        workplace: Workplace, repository: Repository, inventory: Inventory, plan: RestoreOperation.Plan,
        reading: ReadingKeys, target: Endpoint, noOwner: Bool, jobs: Int, partial: Bool, progress: BackupProgress
    ) {
        self.workplace = workplace
        self.repository = repository
        records = inventory.records()
        self.plan = plan
        self.reading = reading
        self.target = target
        self.noOwner = noOwner
        self.jobs = jobs
        self.partial = partial
        self.progress = progress
    }

    /// - Returns: number of rows loaded.
    func perform() throws -> Int {
        let archive = try read(plan.database.schema.archive)
        try load(archive, section: .preData)
        let rows = try loadTables()
        let connection = try open("sequences", workplace.surroundings.cancellation)
        defer { connection.close() }
        try TargetDatabase.setSequences(
            plan.database.sequences.map {
                Catalog.SequenceValue(schema: $0.schema, name: $0.name, lastValue: $0.last, isCalled: $0.called)
            }, connection)
        try load(archive, section: .postData)
        if !partial {
            for view in plan.database.materializedViews where view.populated {
                try connection.query("REFRESH MATERIALIZED VIEW \(raw: Quoting.qualified(view.schema, view.name))")
            }
        }
        return rows
    }

    private func open(_ role: String, _ cancellation: Cancellation) throws -> Connection {
        let connection = try Connection.open(
            target, role: role, use: .writing, effects: workplace.surroundings.effects, cancellation: cancellation)
        // The database is dropped if anything fails, so no single commit has to be durable by itself.
        try connection.query("SET synchronous_commit = off")
        return connection
    }

    private func read(_ names: [ChunkName]) throws -> [UInt8] {
        var reader = try ChunkReader(store: repository.store, keys: reading)
        var bytes: [UInt8] = []
        for name in names {
            try reader.read(name, accepted: records[name] ?? []) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    private func load(_ archive: [UInt8], section: SchemaRestore.Section) throws {
        let surroundings = workplace.surroundings
        let schema = SchemaRestore(
            programs: DatabaseConnections(workplace.instance).programs(.main, runner: surroundings.processes),
            runner: surroundings.processes, target: target, targetVersion: plan.targetVersion,
            dumpVersion: plan.database.schema.pgDump, noOwner: noOwner, hasTablespaces: plan.hasTablespaces, jobs: jobs,
            partial: partial)
        try within(section == .preData ? "tables and types" : "indexes and constraints") {
            try schema.load(archive, section) { try open("schema", surroundings.cancellation) }
        }
    }

    /// Loads all ranges; every table must come out with as many rows as the backup counted.
    private func loadTables() throws -> Int {
        let jobsList = plan.tables.enumerated().flatMap { table, entry in
            entry.ranges.map { (table: table, chunks: $0) }
        }.sorted { $0.chunks.count > $1.chunks.count }
        progress.expected.store(plan.tables.reduce(0) { $0 + $1.bytes }, ordering: .relaxed)
        let loaded = Mutex<[Int]>([Int](repeating: 0, count: plan.tables.count))
        let next = Atomic<Int>(0)
        let stop = Cancellation(), ended = Cancellation(), cancellation = workplace.surroundings.cancellation
        try Threads.run(
            jobs, onFirstFailure: { stop.cancel() }, ended: ended,
            supervise: {
                // The run's own cancellation ends the wait with an error, which stops the loaders.
                while !ended.isCancelled { _ = try cancellation.wait(for: ended.descriptor, events: 1) }
            }
        ) { _ in
            let connection = try open("loader", stop)
            defer { connection.close() }
            var reader = try ChunkReader(store: repository.store, keys: reading)
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < jobsList.count else { return }
                let job = jobsList[index], table = plan.tables[job.table]
                let rows = try within("table \(table.displayName)") {
                    try connection.copyIn(table.copy) { copy in
                        for name in job.chunks {
                            try reader.read(name, accepted: records[name] ?? []) { bytes in
                                try copy.put(bytes)
                                progress.bytes.add(bytes.count, ordering: .relaxed)
                            }
                        }
                    }
                }
                progress.rows.add(Int(rows), ordering: .relaxed)
                loaded.withLock { $0[job.table] += Int(rows) }
            }
        }
        let counts = loaded.withLock { $0 }
        for (table, count) in zip(plan.tables, counts) where table.rows != count {
            throw RestoreFault.rowsDiffer(table: table.displayName, loaded: count, expected: table.rows)
        }
        return counts.reduce(0, +)
    }
}
