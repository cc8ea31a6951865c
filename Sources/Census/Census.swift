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
        let work = try CensusWork(source, holders)
        var found: [[CensusColumn]] = []
        for unit in work.units { found.append(try work.take(unit, of: source, progress)) }
        return try work.report(found, source)
    }

    /// The same on several threads, each of which reads other parts of the tables.
    package static func take(
        sharing source: some TableSource & Sendable, with holders: [KeyHolder], threads: Int,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> CensusReport {
        try SharedCensus(source, with: holders).finish(source, threads: threads, progress: progress)
    }
}
