import CopyFormat
import Faults
import Operations
import Postgres
import Repository
import Synchronization

/// Whether the copy has every row and every sequence that the backup's snapshot had.
struct ContentCheck {
    typealias Table = Manifest.Database.Table

    /// Heap blocks of one range: 16 MiB.
    private static let blocksPerRange: UInt32 = 2048

    let copy: RestoredCopy
    let key: DigestKey
    /// The digest of what the chunks themselves hold of a table.
    let digestOfChunks: (Table) throws -> ContentDigest
    let progress: BackupProgress

    struct Outcome {
        var problems: [DrillProblem] = []
        /// One sentence without full stop each.
        var unchecked: [String] = []
    }

    /// A part of a table that one COPY reads.
    private struct Range: Sendable {
        let table: Int
        let sql: String
        let encoding: CopyEncoding
        let columns: Int
    }

    func perform() throws -> Outcome {
        let connection = try copy.open("drill")
        defer { connection.close() }
        let relations = Dictionary(
            try Catalog.relations(connection).map { (ExactText.name($0.schema, $0.name), $0) }
        ) { first, _ in first }
        var outcome = Outcome()
        let tables = copy.database.tables
        let found: [(index: Int, relation: Relation)] = tables.enumerated().compactMap { index, table in
            guard let relation = relations[ExactText.name(table.schema, table.name)], relation.holdsRows else {
                // Restoring goes on without a table only where it has no rows, and names it as a loss.
                if table.rows > 0 {
                    outcome.problems.append(DrillProblem(.tableMissing, table.displayName))
                } else {
                    outcome.unchecked.append("\(table.displayName), an empty table, is missing in the restored copy")
                }
                return nil
            }
            guard relation.copiedColumns.map(\.name) == table.columns else {
                outcome.problems.append(DrillProblem(.columnsDiffer, table.displayName))
                return nil
            }
            return (index, relation)
        }
        let digests = try read(found, connection)
        for (index, _) in found { try compare(tables[index], digests[index], connection, &outcome) }
        try compareSequences(relations, connection, &outcome)
        return outcome
    }

    // MARK: - Tables

    private func read(_ found: [(index: Int, relation: Relation)], _ connection: Connection) throws -> [ContentDigest] {
        let sizes = try Catalog.sizes(of: found.map(\.relation.oid), connection)
        let ranges = found.flatMap { index, relation -> [Range] in
            let isBinary = copy.database.tables[index].format == .binary
            let statement = CopyStatement(relation, isBinary: isBinary), heap = sizes[relation.oid]?.heap ?? 0
            let cuts =
                statement.isDivisible
                ? CopyStatement.ranges(blocks: heap, blocksPerRange: Self.blocksPerRange)
                : [CopyStatement.BlockRange(from: 0, to: nil)]
            return cuts.map { cut in
                Range(
                    table: index, sql: statement.toStandardOutput(cut), encoding: isBinary ? .binary : .text,
                    columns: relation.copiedColumns.count)
            }
        }
        let tables = copy.database.tables, key = key, progress = progress
        progress.bytes.store(0, ordering: .relaxed)
        progress.expected.store(tables.reduce(0) { $0 + $1.bytes }, ordering: .relaxed)
        let digests = Mutex<[ContentDigest]>([ContentDigest](repeating: ContentDigest(), count: tables.count))
        try copy.forEach(ranges.count) { number, connection in
            let range = ranges[number]
            var digester = try StreamDigester(range.encoding, columns: range.columns, key: key), bytes = 0
            try connection.copyOut(range.sql) { message in
                try digester.feed(message)
                bytes += message.count
            }
            try digester.finishStream()
            progress.bytes.add(bytes, ordering: .relaxed)
            let digest = digester.digest
            digests.withLock { $0[range.table] += digest }
        }
        return digests.withLock { $0 }
    }

    private func compare(
        _ table: Table, _ digest: ContentDigest, _ connection: Connection, _ outcome: inout Outcome
    ) throws {
        let rows = Int(digest.rows)
        if rows == table.rows, digest.hex == table.digest { return }
        // What the chunks hold tells whether the backup is at fault, or only this copy of it.
        let stored = try digestOfChunks(table)
        if Int(stored.rows) != table.rows {
            outcome.problems.append(
                DrillProblem(
                    .rowsDiffer(backup: table.rows, copy: Int(stored.rows)), table.displayName, isOfBackup: true))
        } else if stored.hex != table.digest {
            outcome.problems.append(
                DrillProblem(.contentDiffers(rows: table.rows), table.displayName, isOfBackup: true))
        } else if rows != table.rows {
            outcome.problems.append(DrillProblem(.rowsDiffer(backup: table.rows, copy: rows), table.displayName))
        } else if table.format == .text, connection.serverVersion.major != copy.database.server.major {
            outcome.unchecked.append(
                "the content of \(table.displayName) was not compared: PostgreSQL \(connection.serverVersion.major) may "
                    + "write its values otherwise than \(copy.database.server.major)")
        } else {
            outcome.problems.append(DrillProblem(.contentDiffers(rows: rows), table.displayName))
        }
    }

    // MARK: - Sequences

    private func compareSequences(
        _ relations: [[ExactText]: Relation], _ connection: Connection, _ outcome: inout Outcome
    ) throws {
        var present: [Relation] = []
        for sequence in copy.database.sequences {
            if let relation = relations[ExactText.name(sequence.schema, sequence.name)], relation.kind == .sequence {
                present.append(relation)
            } else {
                outcome.problems.append(DrillProblem(.sequenceMissing, "\(sequence.schema).\(sequence.name)"))
            }
        }
        let values = try Catalog.sequenceValues(of: present, connection)
        let positions = Dictionary(values.map { (ExactText.name($0.schema, $0.name), $0) }) { first, _ in first }
        for sequence in copy.database.sequences {
            guard let value = positions[ExactText.name(sequence.schema, sequence.name)] else { continue }
            if value.lastValue == sequence.last, value.isCalled == sequence.called { continue }
            outcome.problems.append(
                DrillProblem(
                    .sequenceDiffers(
                        backup: Self.position(sequence.last, sequence.called),
                        copy: Self.position(value.lastValue, value.isCalled)),
                    "\(sequence.schema).\(sequence.name)"))
        }
    }

    private static func position(_ last: Int64, _ isCalled: Bool) -> String {
        isCalled ? "last value \(last)" : "next value \(last)"
    }
}
