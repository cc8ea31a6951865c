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

    /// `webhooks.urlCipherText of the row 4f…`.
    package var text: String { "\(table).\(column) of the row \(row)" }

    /// Whether a server of 2026 refuses to start because of it.
    package var endsTheStart: Bool { table == "super_admin" }

    package static func < (left: ValueName, right: ValueName) -> Bool {
        (left.table, left.column, left.row) < (right.table, right.column, right.row)
    }
}
