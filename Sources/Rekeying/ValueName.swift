/// Where a value lies, in a form that people can review and hand back: table, column, and the id of the row.
package struct ValueName: Sendable, Hashable, Comparable, Codable {
    package let table: String
    /// Such as `encryptedValue`, or `metadata[].encryptedValue` for a member of JSON; of a triple the ciphertext.
    package let column: String
    /// The row's id, or its number where the table has none.
    package let row: String

    package init(table: String, column: String, row: String) {
        self.table = table
        self.column = column
        self.row = row
    }

    /// Reads what `text` gives, also with a reason after a colon; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: " of the row ", maxSplits: 1)
        guard parts.count == 2, let dot = parts[0].firstIndex(of: ".") else { return nil }
        let table = parts[0][..<dot], column = parts[0][parts[0].index(after: dot)...]
        let row = parts[1].prefix(upTo: parts[1].firstRange(of: ": ")?.lowerBound ?? parts[1].endIndex)
        guard !table.isEmpty, !column.isEmpty, !row.isEmpty else { return nil }
        self.init(table: String(table), column: String(column), row: String(row))
    }

    /// `webhooks.urlCipherText of the row 4f…`.
    package var text: String { "\(table).\(column) of the row \(row)" }

    /// Whether a server of 2026 refuses to start because of it.
    package var endsTheStart: Bool { table == "super_admin" }

    package static func < (left: ValueName, right: ValueName) -> Bool {
        (left.table, left.column, left.row) < (right.table, right.column, right.row)
    }
}
