import CopyFormat
package import InfisicalData
package import InfisicalTables

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
        let samples = try HierarchyReader.read(source)
        let opened = try KeyTrial.open(samples, with: holders)
        let rack = KeyRack(opened, samples, upgraded: try upgradedProjects(source))
        let index = OwnerIndex(source, rack)
        var columns: [CensusColumn] = []
        for table in CensusPlan(source.facts, roots: source.roots).tables {
            columns += try TableCensus(table, source, rack, index).take(progress)
        }
        return CensusReport(
            columns: columns.sorted { ($0.table, $0.column) < ($1.table, $1.column) }, keys: opened.report,
            era: Era.of(source.facts))
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
