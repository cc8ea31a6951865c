import CopyFormat
import Effects
package import InfisicalData
package import InfisicalTables
import Synchronization

/// Tries every ciphertext of a database with the keys that are given, and with those that they open.
///
/// The list of columns is the catalog's own; what the format's specification says of a column decides which key is tried
/// first, and never whether it is looked at.
package enum Census {
    /// - Parameters:
    ///   - holders: the keys of the environment, the one in force first.
    ///   - progress: gets the number of values tried since its last call.
    /// - Throws: what the source throws; a key that opens nothing is a result.
    package static func take(
        of source: any TableSource, with holders: [KeyHolder], progress: (Int) -> Void = { _ in }
    ) throws -> CensusReport {
        let work = try CensusWork(source, holders)
        var found: [[CensusColumn]] = []
        for unit in work.units { found.append(try work.take(unit, of: source, progress)) }
        return try work.report(found, source)
    }

    /// The same on several threads, each of which reads other parts of the tables.
    ///
    /// - Parameter check: called before each part; what it throws ends the census.
    package static func take(
        sharing source: some TableSource & Sendable, with holders: [KeyHolder], threads: Int,
        progress: @escaping @Sendable (Int) -> Void = { _ in }, check: @escaping @Sendable () throws -> Void = {}
    ) throws -> CensusReport {
        let work = try CensusWork(source, holders), next = Atomic<Int>(0), isOver = Atomic<Bool>(false)
        let found = Mutex<[[CensusColumn]?]>(Array(repeating: nil, count: work.units.count))
        try Threads.run(
            min(threads, max(1, work.units.count)), onFirstFailure: { isOver.store(true, ordering: .relaxed) }
        ) { _ in
            while !isOver.load(ordering: .relaxed) {
                let number = next.add(1, ordering: .relaxed).oldValue
                guard number < work.units.count else { return }
                try check()
                let columns = try work.take(work.units[number], of: source, progress)
                found.withLock { $0[number] = columns }
            }
        }
        return try work.report(found.withLock { $0.compactMap(\.self) }, source)
    }
}

/// The tables of a census with all that trying their values needs, divided into units of work.
private struct CensusWork: Sendable {
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
        var rack = KeyRack(opened, samples, upgraded: try CensusWork.upgradedProjects(source))
        let index = OwnerIndex(source, rack)
        rack.lost = try index.lost()
        let tables = try CensusPlan(source.facts, roots: source.roots).tables.map {
            try TableCensus($0, source, rack, index)
        }
        self.tables = tables
        // Those of many parts first, so that no thread is left alone with a large one at the end.
        units = tables.indices.flatMap { table in
            (0..<source.parts(of: tables[table].name)).map { Unit(table: table, part: $0) }
        }.sorted { ($1.part, $0.table) < ($0.part, $1.table) }
    }

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

    /// The projects that keep their secrets in the tables of version 3.
    private static func upgradedProjects(_ source: any TableSource) throws -> Set<String> {
        guard source.facts.has("projects", all: ["id", "version"]) else { return [] }
        var found: Set<String> = []
        try source.read("projects", ["id", "version"]) { (row) throws(CopyFault) in
            if let id = try row.identifier(0), try row.integer(1) ?? 1 >= 3 { found.insert(id) }
        }
        return found
    }
}
