package import CopyFormat
package import InfisicalData
import InfisicalTables

/// The tables of a backup where a part of one is read as it is loaded somewhere else, so that its chunks are opened once.
package struct LoadedTables: TableSource {
    /// Loads the part, and hands over each piece of its stream.
    package typealias Load = (_ piece: (UnsafeRawBufferPointer) -> Void) throws -> Void

    private let tables: BackupTables
    private let load: Load

    package init(_ tables: BackupTables, _ load: @escaping Load) {
        self.tables = tables
        self.load = load
    }

    package var facts: CatalogFacts { tables.facts }
    package var roots: [String: String] { tables.roots }
    package var unread: [String] { tables.unread }
    package func parts(of table: String) -> Int { tables.parts(of: table) }

    package func read(
        _ table: String, _ columns: [String], part: Int,
        _ body: (borrowing RowFields) throws(CopyFault) -> Void
    ) throws { try tables.read(table, columns, part: part, body) { _, feed in try load(feed) } }
}
