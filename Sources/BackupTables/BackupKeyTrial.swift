import Faults
package import InfisicalData
import InfisicalTables
package import Repository

/// What keys that are at hand now are worth on a backup that was taken where no key was tried: they are tried on the whole
/// hierarchy of its keys, from the root key to the data keys, and on no value below those.
package enum BackupKeyTrial: Sendable, Equatable {
    /// With the label of the key.
    case opens(String)
    /// With the first link that stays closed, where it is known.
    case doesNotOpen(String?)
    /// No key is at hand, or the backup's keys could not be read.
    case notTried

    package var isClosed: Bool { if case .doesNotOpen = self { true } else { false } }

    /// - Parameters:
    ///   - records: of all backups in the repository.
    ///   - holders: whose keys, in the order of their weight, by what the backup says about FIPS mode.
    package init(
        _ entry: InventoryEntry, records: [ChunkName: Set<ChunkRecord>], keys: ReadingKeys, in repository: Repository,
        with holders: (FIPSMode.DatabaseFlag) -> [KeyHolder]
    ) throws {
        let report = try BackupKeyTrial.report(entry, records: records, keys: keys, in: repository, with: holders)
        switch report?.verdict {
        case .opens(let use)?: self = .opens(use.label)
        case .doesNotOpen?: self = .doesNotOpen(report?.firstBroken)
        // The keys of the oldest servers encrypt values directly, and those are not read here.
        case .notChecked?, nil: self = .notTried
        }
    }

    /// What the trial found, whole.
    ///
    /// - Returns: nil where no key was given, and where the backup's keys could not be read.
    package static func report(
        _ entry: InventoryEntry, records: [ChunkName: Set<ChunkRecord>], keys: ReadingKeys, in repository: Repository,
        with holders: (FIPSMode.DatabaseFlag) -> [KeyHolder]
    ) throws -> KeyTrialReport? {
        guard let database = entry.manifest.databases.first(where: { $0.role == "main" }),
            holders(.notAsked).contains(where: { !$0.keys.given.isEmpty })
        else { return nil }
        do {
            let source = try BackupTables(entry, database, records: records, keys: keys, in: repository)
            return try KeyTrial.run(try HierarchyReader.read(source), with: holders(try source.fipsFlag()))
        } catch let fault as any Fault
            where fault is RepositoryFault || fault is BackupTablesFault || fault is TableFault
        {
            // What is damaged is among the findings of the check that asks this; the rest is only not tried.
            return nil
        }
    }
}
