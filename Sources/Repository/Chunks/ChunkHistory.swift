import DurableFiles

/// What signed manifests say about the chunks of one key generation, for a backup that wants to use them again.
package struct ChunkHistory: Sendable {
    /// Every record of a chunk, that of the newest manifest first.
    let records: [ChunkName: [ChunkRecord]]
    /// Nanoseconds since 1970. A file that was changed at this time or later was written after the newest manifest, by a run
    /// that did not come to its end: a chunk that had been lost then has other bytes than any manifest says.
    let settled: Int64

    package init(records: [ChunkName: [ChunkRecord]], settled: Int64) {
        self.records = records
        self.settled = settled
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
        return ChunkHistory(records: records, settled: newest?.modified ?? .max)
    }
}
