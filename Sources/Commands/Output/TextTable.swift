/// Rows of cells under titles; every column is as wide as its widest cell.
struct TextTable {
    struct Column {
        let title: String
        let isNumber: Bool

        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    private let columns: [Column]
    private var rows: [[String]]

    init(_ columns: [Column]) {
        self.columns = columns
        rows = [columns.map(\.title)]
    }

    /// - Parameter cells: one a column; only the last may hold colours, because it is never padded.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The titles, then the rows.
    var lines: [String] {
        let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                if column == columns.count - 1 { return row[column] }
                return columns[column].isNumber
                    ? Columns.right(row[column], widths[column]) : Columns.left(row[column], widths[column])
            }.joined(separator: "  ")
        }
    }
}

/// Pads cells.
enum Columns {
    static func left(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }

    static func right(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : String(repeating: " ", count: width - text.count) + text
    }
}
