package import CopyFormat
import Faults
package import InfisicalData
import InfisicalTables
import Postgres
package import Repository
import Synchronization

/// The tables of a backup, read from its chunks without any server. Every chunk is proven on the way: its bytes against
/// the signed manifest, its content against its name.
///
/// Names and types of the columns come from the schema's archive, which is a chunk like the others.
package final class BackupTables: TableSource, Sendable {
    package let facts: CatalogFacts
    package let roots: [String: String]
    package let unread: [String]
    /// Plaintext bytes of the chunks read so far, those of the schema too.
    package var bytesRead: Int { readBytes.load(ordering: .relaxed) }
    private let readBytes = Atomic<Int>(0)
    /// By table and part: the rows that were read, until all parts were.
    private let counts = Mutex<[String: [Int: Int]]>([:])
    private let records: [ChunkName: Set<ChunkRecord>]
    private let readers: ChunkReaders
    private let tables: [String: Manifest.Database.Table]
    private let source: String

    /// - Parameter records: of all backups in the repository: a chunk that was written again has other bytes.
    /// - Throws: `BackupTablesFault.unknownArchive` for a schema that a newer `pg_dump` wrote than is known here.
    package init(
        _ entry: InventoryEntry, _ database: Manifest.Database, records: [ChunkName: Set<ChunkRecord>],
        keys: ReadingKeys, in repository: Repository
    ) throws {
        self.records = records
        source = "the backup \(entry.id.text)"
        tables = Dictionary(database.tables.filter { $0.schema == "public" }.map { ($0.name, $0) }) { first, _ in first
        }
        let readers = ChunkReaders(store: repository.store, keys: keys)
        self.readers = readers
        var archive: [UInt8] = []
        try readers.lend { reader in
            for name in database.schema.archive {
                try reader.read(name, accepted: records[name] ?? []) { archive.append(contentsOf: $0) }
            }
        }
        readBytes.store(archive.count, ordering: .relaxed)
        let contents: ArchiveContents
        do throws(ArchiveContents.Problem) { contents = try ArchiveContents(archive) } catch {
            throw BackupTablesFault.unknownArchive(backup: entry.id.text, pgDump: database.schema.pgDump, error)
        }
        unread = BackupTables.unread(contents, database)
        let described = BackupTables.columns(contents)
        for table in tables.values {
            guard let missing = table.columns.first(where: { described[table.name]?[$0] == nil }) else { continue }
            throw BackupTablesFault.noColumnType(backup: source, table: table.name, column: missing)
        }
        facts = CatalogFacts(tables: described)
        var roots: [String: String] = [:]
        for (schema, name) in contents.tables where schema == "public" && tables[name] == nil {
            for partition in contents.partitions(schema: schema, name: name) {
                guard let child = partition.name, partition.schema == "public" else { continue }
                // The topmost of several levels counts.
                roots[child] = roots[name] ?? name
            }
        }
        self.roots = roots.mapValues { top in roots[top] ?? top }
    }

    private static func unread(_ contents: ArchiveContents, _ database: Manifest.Database) -> [String] {
        let held = Set(database.tables.map { ExactText.name($0.schema, $0.name) })
        // A domain that is made of another one has that one's name here.
        var made: Set = ["bytea"]
        for entry in contents.entries where entry.description == "DOMAIN" {
            let words = String(decoding: entry.definition, as: UTF8.self).split(separator: " ", maxSplits: 5)
            guard words.count > 4, words[3] == "AS" else { continue }
            let type = words[4].prefix { !"[;\n".contains($0) }
            if made.contains(String(type)) { made.insert(String(words[2])) }
        }
        var names: [String] = []
        for entry in contents.entries where entry.description == "TABLE" {
            guard let schema = entry.schema, let name = entry.name, held.contains(ExactText.name(schema, name)) else {
                continue
            }
            let definition = TableDefinition(String(decoding: entry.definition, as: UTF8.self))
            for (column, description) in definition.columns {
                let type = description.type, element = String(type.prefix { $0 != "[" })
                guard made.contains(element), schema != "public" || type != "bytea" else { continue }
                names.append("\(schema).\(name).\(column)")
            }
        }
        return names.sorted()
    }

    /// What the archive says of the tables' columns, with those that a table has from others.
    private static func columns(_ contents: ArchiveContents) -> [String: [String: CatalogFacts.Column]] {
        var definitions: [String: TableDefinition] = [:]
        for entry in contents.entries where entry.description == "TABLE" && entry.schema == "public" {
            guard let name = entry.name else { continue }
            definitions[name] = TableDefinition(String(decoding: entry.definition, as: UTF8.self))
        }
        return definitions.mapValues { definition in
            var columns = definition.columns, left = definition.parents, seen = Set(left)
            while let name = left.popLast() {
                guard let parent = definitions[name] else { continue }
                columns.merge(parent.columns) { own, _ in own }
                left += parent.parents.filter { seen.insert($0).inserted }
            }
            return columns
        }
    }

    package func read(
        _ table: String, _ columns: [String], part: Int,
        _ body: (borrowing RowFields) throws(CopyFault) -> Void
    ) throws {
        try read(table, columns, part: part, body) { (chunks, feed) in
            try readers.lend { reader in
                for chunk in chunks {
                    try reader.read(chunk, accepted: records[chunk] ?? []) { bytes in
                        readBytes.add(bytes.count, ordering: .relaxed)
                        feed(bytes)
                    }
                }
            }
        }
    }

    /// The same where somebody else reads the chunks.
    ///
    /// - Parameter pieces: hands over what they hold, one after the other.
    func read(
        _ table: String, _ columns: [String], part: Int,
        _ body: (borrowing RowFields) throws(CopyFault) -> Void,
        pieces: (_ chunks: [ChunkName], _ feed: (UnsafeRawBufferPointer) -> Void) throws -> Void
    ) throws {
        // A partitioned table has no rows of its own, and the backup does not list it.
        guard let stored = tables[table] else {
            for column in columns where !facts.has(table, column) {
                throw TableFault.noSuchColumn(table: table, column: column, source: source)
            }
            return
        }
        let places = try columns.map { column in
            guard let place = stored.columns.firstIndex(of: column) else {
                throw TableFault.noSuchColumn(table: table, column: column, source: source)
            }
            return place
        }
        // One without rows has no range.
        guard part < stored.ranges.count else { return }
        var rows = 0
        try withoutActuallyEscaping(body) { body in
            var stream = RowStream(
                stored.format == .binary ? .binary : .text, columns: stored.columns.count, places: places
            ) { (row) throws(CopyFault) in
                rows += 1
                try body(row)
            }
            do {
                var failure: CopyFault?
                try pieces(stored.ranges[part]) { bytes in
                    guard failure == nil else { return }
                    do throws(CopyFault) { try stream.feed(bytes) } catch { failure = error }
                }
                if let failure { throw failure }
                try stream.finishStream()
            } catch let fault as CopyFault {
                throw TableFault.damagedRows(table: table, source: source, fault)
            }
        }
        try count(rows, of: stored, part: part)
    }

    /// Gives the memory back that reading took; it is taken again when there is more to read.
    package func freeReaders() { readers.free() }

    package func parts(of table: String) -> Int { max(1, tables[table]?.ranges.count ?? 1) }

    /// Compares the rows with those that the manifest counts, as soon as all parts of a table were read.
    private func count(_ rows: Int, of table: Manifest.Database.Table, part: Int) throws {
        let total = counts.withLock { counts -> Int? in
            counts[table.name, default: [:]][part] = rows
            guard let parts = counts[table.name], parts.count == table.ranges.count else { return nil }
            counts[table.name] = nil
            return parts.values.reduce(0, +)
        }
        guard let total, total != table.rows else { return }
        throw BackupTablesFault.rowsMissing(
            backup: source, table: table.name, found: total, recorded: table.rows)
    }
}
