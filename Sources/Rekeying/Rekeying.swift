import Census
import Crypto
package import InfisicalData
import InfisicalStore
import InfisicalTables
import Postgres

/// Exchanges the keys of a database: every value is opened with whichever key opens it and sealed with the new one.
///
/// A value that opens with the new key already stays as it is, byte for byte, so that a half migrated database is no error,
/// and a rollback is the same call with the keys exchanged.
package struct Rekeying: Sendable {
    /// The keys of environments, those in force first, then older ones.
    package let old: [EnvironmentKeys]
    package let new: EnvironmentKeys
    package let depth: RekeyingDepth
    /// Values that may stay as they are when no key opens them.
    package var leaves: Set<ValueName> = []
    /// Keys that an earlier migration replaced.
    package var retired = RetiredKeys()
    /// Whether a rotation of Infisical's own that somebody prepared is dropped (S8).
    package var replacesStaged = false

    package init(old: [EnvironmentKeys], new: EnvironmentKeys, depth: RekeyingDepth = .full) {
        self.old = old
        self.new = new
        self.depth = depth
    }

    /// What all of it begins with: the database, its keys, and that they may be exchanged.
    struct Opening {
        let database: InfisicalDatabase
        let tables: LiveTables
        let keys: RekeyingKeys
    }

    /// Reads the catalog and opens the keys.
    ///
    /// - Throws: `RekeyingFault` for a database whose keys cannot be exchanged here.
    func open(_ connection: Connection) throws -> Opening {
        let database = try InfisicalDatabase(connection)
        guard database.era != .none else {
            throw RekeyingFault.notInfisical(database.otherSchemaText ?? "it has no tables of Infisical's")
        }
        let tables = try LiveTables(database)
        let keys = try RekeyingKeys(tables, old + [new], earlier: retired)
        if !keys.samples.chain.unread.isEmpty { throw RekeyingFault.unknownSchema(keys.samples.chain.unread) }
        try refuseWraps(keys)
        return Opening(database: database, tables: tables, keys: keys)
    }

    private func refuseWraps(_ keys: RekeyingKeys) throws {
        guard let wraps = keys.samples.rootWraps else {
            if keys.samples.chain.needsRootKey { throw RekeyingFault.sentinelMissing }
            let report = keys.opened.report
            // Without a KMS, values are all that says whose key it is.
            if !keys.samples.triples.isEmpty, report.closedLabels == report.labels {
                throw RekeyingFault.wrongKey(report.summary)
            }
            return
        }
        if wraps.contains(where: \.isInHardware) { throw RekeyingFault.hardware }
        for strategy in wraps.compactMap(\.strategy) where !["SOFTWARE", ""].contains(strategy) {
            throw RekeyingFault.unknownStrategy(strategy)
        }
        guard wraps.contains(where: { $0.role == .sentinel }) else { throw RekeyingFault.sentinelMissing }
        guard keys.opened.report.opensRoot else { throw RekeyingFault.wrongKey(keys.opened.report.summary) }
        guard !replacesStaged, let key = new.rootCandidate?.key else { return }
        var cipher = try AESGCM()
        for staged in wraps where staged.role == .staged {
            if try RootConfiguration.open(staged.blob, key, &cipher) == nil {
                throw RekeyingFault.staged(label: staged.label)
            }
        }
    }

    /// Looks at the values of tables, or writes them.
    ///
    /// - Parameters:
    ///   - work: what the pass counts into; with keys what becomes of values, without what must be read back.
    ///   - batch: makes what takes the rows of a table that change.
    static func pass(
        _ tables: [CensusPlan.Table], _ source: LiveTables, _ rack: KeyRack, _ index: OwnerIndex, _ work: RekeyingWork,
        _ progress: (Int) -> Void,
        batch: @escaping (String, [RowBatch.Column]) -> RowBatch? = { _, _ in nil }
    ) throws {
        for table in tables {
            var more = source.facts.has(table.name, ValueIndex.column) ? [ValueIndex.column] : []
            more.append(LiveTables.rowPlace)
            let census = try TableCensus(table, source, rack, index, more: more)
            let visitor = try TableRekeying(census, source.facts, rack, work) { batch(table.name, $0) }
            do {
                for part in 0..<source.parts(of: table.name) {
                    _ = try census.take(part, of: source, visitor: visitor, progress)
                }
                try visitor.finish()
            } catch {
                visitor.abandon()
                throw error
            }
        }
    }
}
