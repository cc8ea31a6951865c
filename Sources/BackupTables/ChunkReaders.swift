import Repository
import Synchronization

/// Readers of chunks that are used again: each has buffers of megabytes, and a backup has hundreds of small tables.
final class ChunkReaders: Sendable {
    // Unchecked: it is out of the list while it is lent, so that one thread has it at a time.
    private final class Held: @unchecked Sendable {
        var reader: ChunkReader

        init(_ reader: consuming ChunkReader) { self.reader = reader }
    }

    private let store: ChunkStore
    private let keys: ReadingKeys
    private let idle = Mutex<[Held]>([])

    init(store: ChunkStore, keys: ReadingKeys) {
        self.store = store
        self.keys = keys
    }

    /// Lends a reader that nobody else has; there are as many as were ever lent at the same time.
    func lend<Value>(_ body: (inout ChunkReader) throws -> Value) throws -> Value {
        let held = try idle.withLock { $0.popLast() } ?? Held(try ChunkReader(store: store, keys: keys))
        defer { idle.withLock { $0.append(held) } }
        return try body(&held.reader)
    }

    /// Gives the memory of those that nobody has back.
    func free() { idle.withLock { $0 = [] } }
}
