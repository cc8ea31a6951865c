package import CopyFormat
package import InfisicalData

/// The tables of one Infisical database at one moment, row by row: those of a live server, of a scratch copy, or of a
/// backup without any server.
///
/// Tables are those of the schema `public` that hold rows themselves: the partitions of a partitioned table are tables of
/// their own, and the partitioned table has no rows.
package protocol TableSource {
    var facts: CatalogFacts { get }
    /// For each partition the name of the partitioned table at the top, whose columns and meaning it shares.
    var roots: [String: String] { get }

    /// Columns of bytes that nothing reads, as `schema.table.column` and sorted: in schemas that are not Infisical's, and of
    /// types made of `bytea`, arrays and domains.
    var unread: [String] { get }

    /// Into how many parts the rows of a table are divided, each of which can be read by itself; at least 1.
    func parts(of table: String) -> Int

    /// Hands over the rows of one part of a table, in the order in which they are stored. What `body` gets is valid during
    /// the call.
    ///
    /// - Parameters:
    ///   - columns: those that are read, at least one; the reader counts them from 0 in this order.
    ///   - part: from 0.
    /// - Throws: what the source itself throws, or `TableFault` for rows that are not what they should be.
    func read(
        _ table: String, _ columns: [String], part: Int,
        _ body: (borrowing RowFields) throws(CopyFault) -> Void
    ) throws
}

extension TableSource {
    package func parts(of table: String) -> Int { 1 }

    /// Hands over every row of a table.
    package func read(
        _ table: String, _ columns: [String], _ body: (borrowing RowFields) throws(CopyFault) -> Void
    ) throws {
        for part in 0..<parts(of: table) { try read(table, columns, part: part, body) }
    }

    /// The name under which the format specification knows a table.
    package func rootName(of table: String) -> String { roots[table] ?? table }

    /// Reads a table and its partitions, if any, as one.
    package func readAll(
        _ table: String, _ columns: [String], _ body: (borrowing RowFields) throws(CopyFault) -> Void
    ) throws {
        try read(table, columns, body)
        for partition in roots.filter({ $0.value == table }).keys.sorted() { try read(partition, columns, body) }
    }
}
