package import Effects
import Faults
package import Synchronization

/// Checks the chunks of backups on several threads, and everything around them.
///
/// *stored* (P0) compares sizes and hashes and needs no key; *readable* (P1) also opens every chunk.
package struct Verification: Sendable {
    /// How deep to look.
    package enum Depth: Sendable {
        case stored
        /// With the reading keys of each key generation.
        case readable([Int: ReadingKeys])

        package var level: ProofLevel {
            if case .stored = self { .stored } else { .readable }
        }
    }

    /// Figures that a renderer may read at any time.
    package final class Progress: Sendable {
        package let totalBytes = Atomic<Int>(0)
        package let doneBytes = Atomic<Int>(0)
        package let doneChunks = Atomic<Int>(0)
        package init() {}
    }

    private let repository: Repository
    private let inventory: Inventory
    private let cancellation: Cancellation

    package init(repository: Repository, inventory: Inventory, cancellation: Cancellation) {
        self.repository = repository
        self.inventory = inventory
        self.cancellation = cancellation
    }

    /// Checks the chunks of some backups.
    ///
    /// - Parameters:
    ///   - only: the chunks to look at, as paths relative to the repository; nil for all.
    ///   - sample: share of the chunks to look at, 1 to 100 percent; less than 100 proves nothing about the rest.
    ///   - threads: number of workers.
    /// - Returns: damage, one finding per damaged chunk, with every backup of the repository that names it.
    package func chunks(
        of entries: [InventoryEntry], depth: Depth, only: Set<String>? = nil, sample: Int = 100, threads: Int,
        progress: Progress
    ) throws -> [Finding] {
        let layout = repository.layout
        let jobs = selected(entries, sample: sample).filter { job in
            only?.contains(layout.relative(layout.chunk(job.name))) ?? true
        }
        progress.totalBytes.store(jobs.reduce(0) { $0 + ($1.accepted.map(\.bytes).max() ?? 0) }, ordering: .relaxed)
        let next = Atomic<Int>(0)
        let damaged = Mutex<[(ChunkName, RepositoryFault)]>([])
        let stop = Atomic<Bool>(false)
        try Threads.run(max(1, min(threads, jobs.count)), onFirstFailure: { stop.store(true, ordering: .relaxed) }) {
            _ in
            var checker = try ChunkChecker(depth: depth, store: repository.store)
            while !stop.load(ordering: .relaxed) {
                try cancellation.check()
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < jobs.count else { return }
                let job = jobs[index]
                do { try checker.check(job) } catch let fault as RepositoryFault {
                    // Anything else is about the keys, not about this chunk.
                    guard case .chunk = fault else { throw fault }
                    damaged.withLock { $0.append((job.name, fault)) }
                }
                progress.doneBytes.add(job.accepted.map(\.bytes).max() ?? 0, ordering: .relaxed)
                progress.doneChunks.add(1, ordering: .relaxed)
            }
        }
        return damaged.withLock { $0 }.sorted { $0.0 < $1.0 }.map { name, fault in
            Finding(
                damage: fault, subject: repository.layout.relative(repository.layout.chunk(name)),
                backups: inventory.entries.filter { $0.manifest.chunks[name] != nil }.map(\.id))
        }
    }

    private func selected(_ entries: [InventoryEntry], sample: Int) -> [ChunkJob] {
        let records = inventory.records()
        var generations: [ChunkName: Int] = [:]
        for entry in entries {
            for name in entry.manifest.chunks.keys { generations[name] = entry.manifest.key.generation }
        }
        // In the order of names, which is that of the folders on the disk.
        let all = generations.sorted { $0.key < $1.key }.map { name, generation in
            ChunkJob(name: name, generation: generation, accepted: records[name] ?? [])
        }
        guard sample < 100 else { return all }
        let count = max(1, all.count * sample / 100)
        return Array(all.shuffled().prefix(count))
    }
}

/// One chunk to check.
struct ChunkJob: Sendable {
    let name: ChunkName
    let generation: Int
    let accepted: Set<ChunkRecord>
}

/// What one thread checks chunks with.
private struct ChunkChecker: ~Copyable {
    private let depth: Verification.Depth
    private let store: ChunkStore
    private let hasher: ChunkHasher
    private var reader: ChunkReader?
    private var generation = 0

    init(depth: Verification.Depth, store: ChunkStore) throws {
        self.depth = depth
        self.store = store
        hasher = ChunkHasher(store: store)
    }

    mutating func check(_ job: ChunkJob) throws {
        switch depth {
        case .stored:
            try hasher.check(job.name, accepted: job.accepted)
        case .readable(let keys):
            if generation != job.generation || reader == nil {
                guard let key = keys[job.generation] else { throw RepositoryFault.identityMissing(path: nil) }
                reader = try ChunkReader(store: store, keys: key)
                generation = job.generation
            }
            try reader?.read(job.name, accepted: job.accepted) { _ in }
        }
    }
}
