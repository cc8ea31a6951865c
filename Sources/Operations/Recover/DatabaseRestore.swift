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
    let companion: RestoreOperation.Companion
    let losses: LossList
    let progress: BackupProgress

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
    func reader() throws -> ChunkReader { try ChunkReader(store: repository.store, keys: reading) }

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

    func open(_ role: String, _ cancellation: Cancellation) throws -> Connection {
        let connection = try Connection.open(
            target, role: role, use: .writing, effects: workplace.surroundings.effects, cancellation: cancellation)
        // The database is dropped if anything fails, so no single commit has to be durable by itself.
        try connection.query("SET synchronous_commit = off")
        return connection
    }
}
