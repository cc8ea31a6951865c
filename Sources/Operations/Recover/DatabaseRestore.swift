import DurableFiles
import Effects
import Faults
import InfisicalData
import InstanceAccess
import Postgres
import Repository
import Restoring
import Settings
import Synchronization

/// Loads one database of a backup into an empty one: schema, rows over several connections, sequences, indexes and
/// constraints, materialised views. What no row needs and the target refuses is left out.
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
    /// Whether nobody else uses the server, and nothing on it has to last.
    let ownsServer: Bool
    let losses: LossList
    let progress: BackupProgress

    init(
        workplace: Workplace, repository: Repository, inventory: Inventory, plan: RestoreOperation.Plan,
        reading: ReadingKeys, target: Endpoint, noOwner: Bool, jobs: Int, partial: Bool, ownsServer: Bool,
        losses: LossList, progress: BackupProgress
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
        self.ownsServer = ownsServer
        self.losses = losses
        self.progress = progress
    }

    /// A part of the work with its name, for the progress that is shown and for what goes wrong in it.
    private func phase<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
        progress.phase.withLock { $0 = name }
        defer { progress.phase.withLock { $0 = nil } }
        return try within(name, body)
    }

    /// - Returns: number of rows loaded, and what Infisical's own objects lack.
    func perform() throws -> (rows: Int, own: [ObjectLoss]) {
        let archive = try archive()
        let path = SearchPath(plan.database.descriptionSettings, owner: plan.database.owner)
        let connection = try open("schema", workplace.surroundings.cancellation)
        defer { connection.close() }
        guard let contents = try SchemaLoad.contents(archive) else {
            return (try performWhole(archive, path, connection), [])
        }
        var options = SchemaLoad.Options()
        options.noOwner = noOwner
        options.noForeignKeys = partial
        options.jobs = jobs
        options.path = path
        let schema = try SchemaLoad(
            contents, options, losses: losses, cancellation: workplace.surroundings.cancellation, connection,
            open: { try open($0, $1) })
        try phase("tables and types") {
            try schema.makeTables(connection)
            try schema.requireTables(plan.tables.filter { $0.rows > 0 }.map { ($0.schema, $0.name) })
        }
        let loader = RowLoad(path: path, losses: losses, lifts: true)
        let rows = try loadTables(plan.tables.filter { !schema.isMissing($0.schema, $0.name) }, loader)
        try setSequences(connection) { !schema.isMissing($0.schema, $0.name) }
        try phase("indexes and constraints") {
            // What an index takes depends on how many rows there are, and little on their size.
            let rows = Dictionary(plan.tables.map { ($0.displayName, $0.rows) }) { first, _ in first }
            try schema.makeIndexes { rows[$0] ?? 0 }
            try loader.putChecksBack(connection)
            try schema.grantRights(connection)
            if !partial { try schema.refresh(populatedViews, connection) }
            try schema.finish(connection)
        }
        return (rows, schema.losses(besides: Era.migrationsTable, hasOwners: !noOwner))
    }

    /// Has megabytes of buffers, so each thread makes one and no more.
    private func reader() throws -> ChunkReader { try ChunkReader(store: repository.store, keys: reading) }

    private func archive() throws -> [UInt8] {
        var reader = try reader()
        return try reader.content(of: plan.database.schema.archive, records)
    }

    private var populatedViews: [(schema: String, name: String)] {
        plan.database.materializedViews.filter(\.populated).map { ($0.schema, $0.name) }
    }

    /// Everything or nothing of the schema, by way of `pg_restore`.
    private func performWhole(_ archive: [UInt8], _ path: SearchPath?, _ connection: Connection) throws -> Int {
        let surroundings = workplace.surroundings
        let script = SchemaScript(
            programs: DatabaseConnections(workplace.instance).programs(.main, runner: surroundings.processes),
            runner: surroundings.processes, dumpVersion: plan.database.schema.pgDump, noOwner: noOwner,
            partial: partial)
        try phase("tables and types") { try script.run(archive, .preData, connection) }
        let rows = try loadTables(plan.tables, RowLoad(path: path, losses: losses, lifts: false))
        try setSequences(connection) { _ in true }
        try phase("indexes and constraints") {
            try script.run(archive, .postData, connection)
            for view in partial ? [] : populatedViews {
                try connection.query("REFRESH MATERIALIZED VIEW \(raw: Quoting.qualified(view.schema, view.name))")
            }
        }
        return rows
    }

    private func setSequences(_ connection: Connection, _ isThere: (Manifest.Database.Sequence) -> Bool) throws {
        try TargetDatabase.setSequences(
            plan.database.sequences.filter(isThere).map {
                Catalog.SequenceValue(schema: $0.schema, name: $0.name, lastValue: $0.last, isCalled: $0.called)
            }, connection)
    }

    private func open(_ role: String, _ cancellation: Cancellation) throws -> Connection {
        let connection = try Connection.open(
            target, role: role, use: .writing, effects: workplace.surroundings.effects, cancellation: cancellation)
        // The database is dropped if anything fails, so no single commit has to be durable by itself.
        try connection.query("SET synchronous_commit = off")
        return connection
    }

    /// Ranges of a table, by the table's place in a list: one of them, or all that are loaded together.
    private typealias Load = (table: Int, ranges: [[ChunkName]], isWhole: Bool)

    /// A table that no connection is busy with longer than the others are with the rest is loaded whole where that saves
    /// work. The file that it gets for that costs more than small tables save.
    private func loads(_ tables: [Manifest.Database.Table]) -> [Load] {
        let most = tables.reduce(0) { $0 + $1.bytes } / max(jobs, 1)
        return tables.enumerated().flatMap { table, entry -> [Load] in
            ownsServer && (1 << 20...max(most, 1 << 20)).contains(entry.bytes)
                ? [(table, entry.ranges, true)] : entry.ranges.map { (table, [$0], false) }
        }.sorted { $0.ranges.joined().count > $1.ranges.joined().count }
    }

    /// Loads all ranges; every table must come out with as many rows as the backup counted.
    private func loadTables(_ tables: [Manifest.Database.Table], _ loader: RowLoad) throws -> Int {
        let loads = loads(tables)
        progress.expected.store(tables.reduce(0) { $0 + $1.bytes }, ordering: .relaxed)
        let loaded = Mutex<[Int]>([Int](repeating: 0, count: tables.count)), aside = Mutex<[Load]>([])
        let next = Atomic<Int>(0)
        let stop = Cancellation(), ended = Cancellation(), cancellation = workplace.surroundings.cancellation
        try Threads.run(
            max(1, min(jobs, loads.count)), onFirstFailure: { stop.cancel() }, ended: ended,
            supervise: {
                // The run's own cancellation ends the wait with an error, which stops the loaders.
                while !ended.isCancelled { _ = try cancellation.wait(for: ended.descriptor, events: 1) }
            }
        ) { _ in
            let connection = try open("loader", stop)
            defer { connection.close() }
            var reader = try reader()
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < loads.count else { return }
                let load = loads[index], table = tables[load.table]
                if load.isWhole, let rows = try rows(of: load, table, loader, &reader, isAlone: false, connection) {
                    loaded.withLock { $0[load.table] += rows }
                    continue
                }
                for range in load.ranges {
                    let part: Load = (load.table, [range], false)
                    if let rows = try rows(of: part, table, loader, &reader, isAlone: false, connection) {
                        loaded.withLock { $0[load.table] += rows }
                    } else {
                        aside.withLock { $0.append(part) }
                    }
                }
            }
        }
        try loadAlone(aside.withLock { $0 }) { load, reader, connection in
            let rows = try rows(of: load, tables[load.table], loader, &reader, isAlone: true, connection) ?? 0
            loaded.withLock { $0[load.table] += rows }
        }
        let counts = loaded.withLock { $0 }
        for (table, count) in zip(tables, counts) where table.rows != count {
            throw RestoreFault.rowsDiffer(table: table.displayName, loaded: count, expected: table.rows)
        }
        return counts.reduce(0, +)
    }

    /// What was refused beside others has the database for itself.
    private func loadAlone(_ loads: [Load], _ body: (Load, inout ChunkReader, Connection) throws -> Void) throws {
        if loads.isEmpty { return }
        let connection = try open("loader", workplace.surroundings.cancellation)
        defer { connection.close() }
        var reader = try reader()
        for load in loads { try body(load, &reader, connection) }
    }

    /// - Returns: how many were loaded; nil where they must be loaded alone.
    private func rows(
        of load: Load, _ table: Manifest.Database.Table, _ loader: RowLoad, _ reader: inout ChunkReader, isAlone: Bool,
        _ connection: Connection
    ) throws -> Int? {
        var sent = 0
        let takeBack = {
            progress.bytes.subtract(sent, ordering: .relaxed)
            sent = 0
        }
        let target = RowLoad.Table(schema: table.schema, name: table.name, copy: table.copy)
        let put = { (chunks: [ChunkName], reader: inout ChunkReader, copy: CopyIn) in
            for name in chunks {
                try reader.read(name, accepted: records[name] ?? []) { bytes in
                    try copy.put(bytes)
                    sent += bytes.count
                    progress.bytes.add(bytes.count, ordering: .relaxed)
                }
            }
        }
        let rows = try within("table \(table.displayName)") {
            if load.isWhole {
                return try loader.loadWhole(target, ranges: load.ranges.count, connection) { range, copy in
                    try put(load.ranges[range], &reader, copy)
                }
            }
            return try loader.load(target, isAlone: isAlone, connection) { copy in
                // Another way into the table begins with the first row again.
                takeBack()
                try put(load.ranges[0], &reader, copy)
            }
        }
        guard let rows else {
            takeBack()
            return nil
        }
        progress.rows.add(Int(rows), ordering: .relaxed)
        return Int(rows)
    }
}
