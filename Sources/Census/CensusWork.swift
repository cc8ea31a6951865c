import CopyFormat
import InfisicalData
import InfisicalTables

/// The tables of a census with all that trying their values needs, divided into units of work.
struct CensusWork: Sendable {
    /// A part of a table, by the table's number.
    struct Unit: Sendable {
        let table: Int
        let part: Int
    }

    private let tables: [TableCensus]
    private let keys: KeyTrialReport
    private let lacksSnapshot: Bool
    let units: [Unit]

    init(_ source: any TableSource, _ holders: [KeyHolder]) throws {
        let samples = try HierarchyReader.read(source)
        let opened = try KeyTrial.open(samples, with: holders)
        keys = opened.report
        lacksSnapshot = CensusWork.lacksSnapshot(source.facts, samples, holders)
        let (rack, index) = try KeyRack.of(source, opened, samples)
        let tables = try CensusPlan(source.facts, roots: source.roots).tables.map {
            try TableCensus($0, source, rack, index)
        }
        self.tables = tables
        // Those of many parts first, so that no thread is left alone with a large one at the end.
        units = tables.indices.flatMap { table in
            (0..<source.parts(of: tables[table].name)).map { Unit(table: table, part: $0) }
        }.sorted { ($1.part, $0.table) < ($0.part, $1.table) }
    }

    func name(of unit: Unit) -> String { tables[unit.table].name }

    func take(_ unit: Unit, of source: any TableSource, _ progress: (Int) -> Void) throws -> [CensusColumn] {
        try tables[unit.table].take(unit.part, of: source, progress)
    }

    func report(_ found: [[CensusColumn]], _ source: any TableSource) throws -> CensusReport {
        // By both names: a dot can be part of either.
        var columns: [[String]: CensusColumn] = [:]
        for column in found.joined() {
            let key = [column.table, column.column]
            if columns[key]?.add(column) == nil { columns[key] = column }
        }
        return CensusReport(
            columns: columns.values.sorted { ($0.table, $0.column) < ($1.table, $1.column) }, keys: keys,
            era: Era.of(source.facts), unfinished: try UnfinishedWork.clauses(source), unread: source.unread,
            lacksSnapshot: lacksSnapshot)
    }

    /// Whether a server will make a new key snapshot at its next start: with the keys that its environment has then.
    private static func lacksSnapshot(_ facts: CatalogFacts, _ samples: KeySamples, _ holders: [KeyHolder]) -> Bool {
        let sentinel = samples.rootWraps?.first { $0.role == .sentinel }
        return facts.has("kms_legacy_encryption_keys") && samples.legacySnapshot == nil
            && sentinel.map { !$0.isInHardware } ?? false && holders.contains { !$0.keys.given.isEmpty }
    }
}
