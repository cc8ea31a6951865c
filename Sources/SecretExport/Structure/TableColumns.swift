import CopyFormat
import InfisicalData
import InfisicalTables

/// The columns of one table that are read, and where each lies in a row: those that every era has, and those that this
/// catalog shows.
struct TableColumns {
    let table: String
    let names: [String]
    private let places: [String: Int]
    /// The columns of type `uuid`.
    private let uuids: Set<String>

    /// - Throws: `SecretExportFault.unknownSchema` where a needed column is missing.
    init(
        _ facts: CatalogFacts, _ table: String, needed: [String], optional: [String] = []
    ) throws(SecretExportFault) {
        for column in needed where !facts.has(table, column) {
            throw .unknownSchema(table: table, column: facts.has(table) ? column : nil)
        }
        self.table = table
        let names = needed + optional.filter { facts.has(table, $0) }
        self.names = names
        places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        uuids = Set(names.filter { facts.column(table, $0)?.type == "uuid" })
    }

    /// The place of a needed column.
    subscript(name: String) -> Int { places[name] ?? 0 }

    /// The place of an optional column; nil where the table lacks it.
    func optional(_ name: String) -> Int? { places[name] }

    func id(_ name: String, _ row: borrowing RowFields) -> RowID? {
        guard let place = places[name] else { return nil }
        return row.rowID(place, isUUID: uuids.contains(name))
    }

    func text(_ name: String, _ row: borrowing RowFields) throws(CopyFault) -> String? {
        guard let place = places[name] else { return nil }
        return try row.text(place)
    }

    func integer(_ name: String, _ row: borrowing RowFields) throws(CopyFault) -> Int64? {
        guard let place = places[name] else { return nil }
        return try row.integer(place)
    }

    func boolean(_ name: String, _ row: borrowing RowFields) throws(CopyFault) -> Bool? {
        guard let place = places[name] else { return nil }
        return try row.boolean(place)
    }

    /// Microseconds since 2000, where the source is in the binary format.
    func timestamp(_ name: String, _ row: borrowing RowFields) throws(CopyFault) -> Int64? {
        guard let place = places[name] else { return nil }
        return try row.binaryTimestamp(place)
    }

    /// Whether the column is there and not NULL.
    func isFilled(_ name: String, _ row: borrowing RowFields) -> Bool {
        guard let place = places[name] else { return false }
        return row.bytes(place) != nil
    }
}
