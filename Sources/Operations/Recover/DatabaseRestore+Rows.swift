import Effects
import Faults
import InstanceAccess
import Postgres
import Repository
import Restoring
import Synchronization

/// Loading the rows, over several connections.
extension DatabaseRestore {
    /// Ranges of a table, by the table's place in a list: one of them, or all that are loaded together.
    private typealias Load = (table: Int, ranges: Range<Int>, isWhole: Bool)

    /// The longest first. Where it saves work, a table is loaded whole, unless one connection would be busy with it when
    /// the others have nothing left to do.
    private func loads(_ tables: [Manifest.Database.Table]) -> [Load] {
        let most = tables.reduce(0) { $0 + $1.bytes } / max(jobs, 1)
        let loads = tables.enumerated().flatMap { index, table -> [Load] in
            let all = table.ranges.indices
            // A file of its own costs more than a small table saves.
            if ownsServer, table.bytes >= 1 << 20, table.bytes <= most { return [(index, all, true)] }
            return all.map { (index, $0..<($0 + 1), false) }
        }
        let chunks = { (load: Load) in tables[load.table].ranges[load.ranges].reduce(0) { $0 + $1.count } }
        return loads.map { ($0, chunks($0)) }.sorted { $0.1 > $1.1 }.map(\.0)
    }

    /// Loads all ranges; every table must come out with as many rows as the backup counted.
    func loadTables(_ tables: [Manifest.Database.Table], _ loader: RowLoad) throws -> Int {
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
                    let part: Load = (load.table, range..<(range + 1), false)
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
        let put = { (range: Int, reader: inout ChunkReader, copy: CopyIn) in
            try companion(table, range) { piece in
                for name in table.ranges[range] {
                    try reader.read(name, accepted: records[name] ?? []) { bytes in
                        try copy.put(bytes)
                        piece(bytes)
                        sent += bytes.count
                        progress.bytes.add(bytes.count, ordering: .relaxed)
                    }
                }
            }
        }
        let rows = try within("table \(table.displayName)") {
            if load.isWhole {
                return try loader.loadWhole(target, ranges: load.ranges.count, connection) { range, copy in
                    try put(range, &reader, copy)
                }
            }
            return try loader.load(target, isAlone: isAlone, connection) { copy in
                // Another way into the table begins with the first row again.
                takeBack()
                try put(load.ranges.lowerBound, &reader, copy)
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
