import DurableFiles
import Effects

/// What signed manifests say about the chunks of one key generation, for a backup that wants to use them again.
package struct ChunkHistory: Sendable {
    /// Every record of a chunk, that of the newest manifest first.
    let records: [ChunkName: [ChunkRecord]]
    /// Nanoseconds since 1970. A file that was changed at this time or later was written after the newest manifest, by a run
    /// that did not come to its end: a chunk that had been lost then has other bytes than any manifest says.
    let settled: Int64
    /// Chunks that a check found damaged, each with the records that are right if their bytes lie there. Of any other
    /// bytes the content must be looked at.
    let doubts: [ChunkName: [ChunkRecord]]

    package init(
        records: [ChunkName: [ChunkRecord]], settled: Int64, doubts: [ChunkName: [ChunkRecord]] = [:]
    ) {
        self.records = records
        self.settled = settled
        self.doubts = doubts
    }

    package static let none = ChunkHistory(records: [:], settled: .max)
}

extension Inventory {
    package func history(generation: Int, _ repository: Repository) throws -> ChunkHistory {
        var records: [ChunkName: [ChunkRecord]] = [:]
        for entry in entries.reversed() where entry.manifest.key.generation == generation {
            for (name, record) in entry.manifest.chunks where records[name]?.contains(record) != true {
                records[name, default: []].append(record)
            }
        }
        let newest = try latest.flatMap { try repository.files.status(repository.layout.manifest($0.id)) }
        return ChunkHistory(
            records: records, settled: newest?.modified ?? .max, doubts: try doubts(records, repository))
    }

    /// What the signed proofs of damage say that nothing has refuted since.
    private func doubts(
        _ records: [ChunkName: [ChunkRecord]], _ repository: Repository
    ) throws -> [ChunkName: [ChunkRecord]] {
        var doubts: [ChunkName: [ChunkRecord]] = [:]
        for entry in entries {
            guard let damage = try ProofStore.damage(of: entry, repository) else { continue }
            for name in damage.chunks ?? Set(entry.manifest.chunks.keys) {
                guard let known = records[name] else { continue }
                // Damage that shows in the bytes is gone when they are as recorded. Where bytes as recorded do not open,
                // only those count that a backup wrote who knew of the damage.
                let right = damage.level == .stored ? known : known.filter { isLater($0, name, damage.time) }
                doubts[name] = doubts[name].map { $0.filter(right.contains) } ?? right
            }
        }
        return doubts
    }

    /// Whether every backup with this record of a chunk began after a time: none that is older names those bytes.
    private func isLater(_ record: ChunkRecord, _ name: ChunkName, _ time: String) -> Bool {
        guard let found = Timestamp(iso8601: time) else { return false }
        return entries.allSatisfy { entry in
            guard entry.manifest.chunks[name] == record else { return true }
            return Timestamp(iso8601: entry.manifest.started).map { $0.seconds >= found.seconds } ?? false
        }
    }
}
