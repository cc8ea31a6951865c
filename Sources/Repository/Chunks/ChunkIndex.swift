package import DurableFiles
import Synchronization

/// Which chunks exist, shared by the workers of one backup.
package final class ChunkIndex: Sendable {
    /// What to do with a chunk's plaintext.
    package enum Claim: Sendable {
        /// It is stored; nothing to do.
        case stored(ChunkRecord)
        /// A file of a recorded size is there, written after the newest manifest or once found damaged: compare its bytes
        /// with the records, or treat it as unnamed.
        case doubtful([ChunkRecord])
        /// Another worker of this run is writing it; it will be stored when the run succeeds.
        case inWork
        /// A file of that name is there that no manifest names or that was found damaged: check its content, or write it
        /// again.
        case unnamed
        /// The caller writes it and then calls `written`.
        case missing
    }

    /// What the index knew at some moment.
    package struct Checkpoint: Sendable {
        fileprivate let state: State
    }

    fileprivate struct State: Sendable {
        var claimed: Set<ChunkName> = []
        var used: [ChunkName: ChunkRecord] = [:]
        var addedChunks = 0
        var addedBytes = 0
    }

    private let state = Mutex(State())
    private let history: ChunkHistory
    private let layout: RepositoryLayout
    private let files: Files

    /// - Parameter history: of the chunks that have the key of this run.
    package init(_ history: ChunkHistory, layout: RepositoryLayout, files: Files) {
        self.history = history
        self.layout = layout
        self.files = files
    }

    /// Decides what has to be done for the chunk `name`; the first caller for a name does it.
    package func claim(_ name: ChunkName) throws -> Claim {
        guard state.withLock({ $0.claimed.insert(name).inserted }) else { return .inWork }
        guard let status = try files.status(layout.chunk(name)), status.kind == .file else { return .missing }
        guard let known = history.records[name] else { return .unnamed }
        if let right = history.doubts[name]?.filter({ $0.bytes == status.size }) {
            return right.isEmpty ? .unnamed : .doubtful(right)
        }
        let sameSize = known.filter { $0.bytes == status.size }
        guard let record = sameSize.first else { return .missing }
        if status.modified >= history.settled { return .doubtful(sameSize) }
        // A file of a recorded size is taken for what its manifest says; `verify` is what looks at content,
        // and what it found is among the doubts.
        state.withLock { $0.used[name] = record }
        return .stored(record)
    }

    /// Notes that the caller found an unnamed or doubtful chunk to be right.
    package func checked(_ name: ChunkName, _ record: ChunkRecord) {
        state.withLock { $0.used[name] = record }
    }

    /// Notes that the caller has written the chunk (perhaps not yet under its final name).
    package func written(_ name: ChunkName, _ record: ChunkRecord) {
        state.withLock { state in
            state.used[name] = record
            state.addedChunks += 1
            state.addedBytes += record.bytes
        }
    }

    /// For `goBack`; while no worker is at work.
    package var checkpoint: Checkpoint { Checkpoint(state: state.withLock { $0 }) }

    /// Forgets every claim since then; what was written meanwhile is left as chunks that nobody names.
    package func goBack(to checkpoint: Checkpoint) { state.withLock { $0 = checkpoint.state } }

    /// Every chunk that the run used; complete once all workers have ended.
    package var used: [ChunkName: ChunkRecord] { state.withLock { $0.used } }
    package var added: Manifest.Added {
        state.withLock { Manifest.Added(chunks: $0.addedChunks, bytes: $0.addedBytes) }
    }
}
