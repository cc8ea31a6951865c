package import CopyFormat
package import Postgres
package import Repository
import Synchronization

/// The ranges of all tables of a database, handed out to the workers, and what became of them.
package final class RangeQueue: Sendable {
    /// One range of heap blocks of one table.
    package struct Range: Sendable {
        package let table: Int
        package let number: Int
        package let statement: String
        package let isBinary: Bool
        package let columns: Int
        package let name: String
    }

    /// What reading a range gave.
    package struct Outcome: Sendable {
        package var chunks: [ChunkName]
        package var digest: ContentDigest
        package var bytes: Int

        package init(chunks: [ChunkName] = [], digest: ContentDigest = ContentDigest(), bytes: Int = 0) {
            self.chunks = chunks
            self.digest = digest
            self.bytes = bytes
        }
    }

    /// 16 MiB.
    private static let smallBlocks = 2048

    /// Heap blocks of one range: 4 MiB, which COPY turns into about one chunk. Where long values lie beside the heap,
    /// so much less that both together stay below 8 MiB: a changed row then costs a chunk or two, not a long range.
    /// Always a power of two, so that a growing table is seldom cut anew. See `docs/decisions/0001-ranges.md`.
    static func blocksPerRange(_ size: TableSize) -> UInt32 {
        var blocks: UInt32 = 512
        while blocks > 16, Int(blocks) * size.blocks > 1024 * Int(size.heap) { blocks /= 2 }
        return blocks
    }

    package let statements: [CopyStatement]
    /// Whether one session reads it in less time than it takes to open others.
    package let isSmall: Bool
    private let ranges: [Range]
    /// How each table is loaded again; made early, while the schema is waited for.
    private let copies: [String]
    private let next = Atomic<Int>(0)
    private let outcomes: Mutex<[[Outcome]]>

    /// - Parameter tables: those of the survey that are to be read.
    package init(_ tables: [Relation], _ survey: SnapshotLeader.Survey) {
        let statements = tables.map { CopyStatement($0) }
        isSmall = survey.sizes.values.reduce(0) { $0 + $1.blocks } < RangeQueue.smallBlocks && survey.sizes.count < 500
        var ranges: [Range] = [], outcomes: [[Outcome]] = []
        for (table, statement) in statements.enumerated() {
            let relation = statement.relation
            let size = survey.sizes[relation.oid] ?? TableSize(heap: 0, toast: 0)
            let cuts =
                survey.empty.contains(relation.oid)
                ? []
                : statement.isDivisible
                    ? CopyStatement.ranges(blocks: size.heap, blocksPerRange: RangeQueue.blocksPerRange(size))
                    : [CopyStatement.BlockRange(from: 0, to: nil)]
            for (number, cut) in cuts.enumerated() {
                ranges.append(
                    Range(
                        table: table, number: number, statement: statement.toStandardOutput(cut),
                        isBinary: statement.isBinary, columns: relation.copiedColumns.count,
                        name: relation.quotedName))
            }
            outcomes.append([Outcome](repeating: Outcome(), count: cuts.count))
        }
        self.statements = statements
        copies = statements.map(\.fromStandardInput)
        // Tables of many ranges first: the small ones then fill the gaps at the end.
        let sizes = outcomes.map(\.count)
        self.ranges = ranges.sorted { (sizes[$1.table], $0.table, $0.number) < (sizes[$0.table], $1.table, $1.number) }
        self.outcomes = Mutex(outcomes)
    }

    /// The next range to read; nil when all are handed out.
    package func take() -> Range? {
        let index = next.add(1, ordering: .relaxed).oldValue
        return index < ranges.count ? ranges[index] : nil
    }

    /// Counts rows instead of reading them: those of some tables all, of others whether there are any. Where the planner
    /// would run code of the table's owner, the rows are read as in a backup.
    ///
    /// - Parameter connection: in the snapshot of the survey.
    package func count(_ connection: Connection, all isCounted: (Relation) -> Bool) throws {
        while let range = take() {
            guard range.number == 0 else { continue }
            let relation = statements[range.table].relation, name = relation.quotedName
            if relation.hasForeignCode {
                let copied = try connection.copyOut(range.statement) { _ in }
                finish(range, Outcome(digest: ContentDigest(uncomputedOf: copied.rows)))
                continue
            }
            let rows: UInt64 = try connection.query(
                isCounted(relation)
                    ? "SELECT count(*) AS rows FROM ONLY \(raw: name)"
                    : "SELECT count(*) AS rows FROM (SELECT FROM ONLY \(raw: name) LIMIT 1) AS first"
            ).only().integer("rows")
            finish(range, Outcome(digest: ContentDigest(uncomputedOf: rows)))
        }
    }

    package func finish(_ range: Range, _ outcome: Outcome) {
        outcomes.withLock { $0[range.table][range.number] = outcome }
    }

    /// The tables for the manifest; complete once all workers have ended.
    package func tables() -> [Manifest.Database.Table] {
        let outcomes = outcomes.withLock { $0 }
        return zip(zip(statements, copies), outcomes).map { table, outcomes in
            let (statement, copy) = table
            var digest = ContentDigest()
            for outcome in outcomes { digest += outcome.digest }
            let relation = statement.relation
            return Manifest.Database.Table(
                schema: relation.schema, name: relation.name, format: statement.isBinary ? .binary : .text,
                columns: relation.copiedColumns.map(\.name), rows: Int(digest.rows), digest: digest.hex,
                bytes: outcomes.reduce(0) { $0 + $1.bytes }, copy: copy,
                ranges: outcomes.map(\.chunks).filter { !$0.isEmpty })
        }
    }
}
