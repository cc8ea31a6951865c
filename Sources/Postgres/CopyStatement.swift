/// The COPY statements that read a table, or a range of its heap blocks, and write it back.
package struct CopyStatement: Sendable, Hashable {
    /// A part of a table's heap.
    package struct BlockRange: Sendable, Hashable {
        package let from: UInt32
        /// The first block that no longer belongs to it; nil for the last range, which takes whatever was added since.
        package let to: UInt32?

        package init(from: UInt32, to: UInt32?) {
            self.from = from
            self.to = to
        }
    }

    package let relation: Relation
    package let isBinary: Bool

    /// - Parameter isBinary: nil takes the binary format where all columns have a stable binary form.
    package init(_ relation: Relation, isBinary: Bool? = nil) {
        self.relation = relation
        self.isBinary = isBinary ?? relation.copiesBinary
    }

    /// Cuts a heap into aligned ranges of `blocksPerRange`. An unchanged range keeps its place whatever happens behind it.
    package static func ranges(blocks: UInt32, blocksPerRange: UInt32) -> [BlockRange] {
        let starts = Array(stride(from: 0, to: UInt32(max(blocks, 1)), by: Int(max(blocksPerRange, 1))))
        return starts.indices.map { index in
            BlockRange(from: starts[index], to: index + 1 < starts.count ? starts[index + 1] : nil)
        }
    }

    /// Whether it can be read in ranges: a table without columns has none to select, a condition is a `WHERE` already, and
    /// only a plain COPY does without the planner, which would run code of the table's owner.
    package var isDivisible: Bool {
        !relation.copiedColumns.isEmpty && relation.condition.isEmpty && !relation.hasForeignCode
    }

    /// Reads the whole table (not those that inherit from it).
    package var toStandardOutput: String {
        guard relation.condition.isEmpty else {
            return "COPY (SELECT \(columns) FROM ONLY \(relation.quotedName) \(relation.condition)) TO STDOUT\(options)"
        }
        return "COPY \(relation.quotedName)\(columnList) TO STDOUT\(options)"
    }

    /// Reads a range of heap blocks. A range that is the whole table is read by a plain COPY: it needs no planner.
    package func toStandardOutput(_ range: BlockRange) -> String {
        guard range.from > 0 || range.to != nil else { return toStandardOutput }
        let upper = range.to.map { " AND ctid < '(\($0),0)'" } ?? ""
        return "COPY (SELECT \(columns) FROM ONLY \(relation.quotedName) WHERE ctid >= '(\(range.from),0)'\(upper))"
            + " TO STDOUT\(options)"
    }

    /// Writes the rows back.
    package var fromStandardInput: String {
        "COPY \(relation.quotedName)\(columnList) FROM STDIN\(options)"
    }

    /// The same for rows that everybody sees at once, which only a table may get whose file its transaction has made.
    ///
    /// - Returns: nil for a statement of another form than `fromStandardInput`.
    package static func frozen(_ fromStandardInput: String) -> String? {
        for (plain, frozen) in [(" FROM STDIN", " (FREEZE)"), (" FROM STDIN (FORMAT binary)", ", FREEZE)")]
        where fromStandardInput.hasSuffix(plain) {
            return fromStandardInput.hasSuffix(")") ? fromStandardInput.dropLast() + frozen : fromStandardInput + frozen
        }
        return nil
    }

    private var columns: String {
        relation.copiedColumns.map { Quoting.identifier($0.name) }.joined(separator: ", ")
    }

    /// COPY has no empty list of columns; without a list it takes all that are not generated, which is the same.
    private var columnList: String { relation.copiedColumns.isEmpty ? "" : " (\(columns))" }

    private var options: String { isBinary ? " (FORMAT binary)" : "" }
}
