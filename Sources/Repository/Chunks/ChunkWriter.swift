import Age
import Crypto
import DurableFiles
import Secrets

/// Cuts plaintext into chunks and stores those that are not there yet: name, compress, seal, write.
///
/// One writer belongs to one thread. Files are written under temporary names; they get their names in groups, after
/// their data was synced, so a name in `chunks/` always stands for a whole file.
package struct ChunkWriter: ~Copyable {
    private let store: ChunkStore
    private let index: ChunkIndex
    private var namer: HMACSHA256
    private var compressor: ZstandardCompressor
    private let sealer: AgeSealer
    private let group: PendingGroup
    private var reader: ChunkReader?

    // Plaintext collects in `plain`. After it was compressed into `packed` nobody needs it any more, so the sealed file
    // is made in its place: two buffers serve three stages. Files of earlier runs are read into `packed`.
    private let plain: UnsafeMutableRawBufferPointer
    private let packed: UnsafeMutableRawBufferPointer
    private var filled = 0
    /// How much of `plain` was ever written to: the rest holds nothing that would have to go.
    private var used = 0
    private var names: [ChunkName] = []

    /// - Parameters:
    ///   - level: zstd compression level, 1 to 19.
    ///   - reader: checks the content of chunks that no manifest names, so that they can be reused; nil where the
    ///     identity is not at hand, and then they are written again.
    package init(
        store: ChunkStore, index: ChunkIndex, keys: WritingKeys, level: Int, reader: consuming ChunkReader?
    ) throws {
        // Whatever may throw comes first: a noncopyable value is made whole or not at all.
        let sealer = try AgeSealer([keys.recipient])
        let compressor = try ZstandardCompressor(level: level)
        self.store = store
        self.index = index
        self.sealer = sealer
        self.compressor = compressor
        namer = HMACSHA256(key: keys.idKey)
        group = PendingGroup(files: store.files)
        self.reader = reader
        packed = .allocate(byteCount: ChunkReader.maximalFile, alignment: 64)
        let bound = ZstandardCompressor.bound(ChunkFormat.maximalPlaintext)
        plain = .allocate(byteCount: sealer.sealedSize(plaintextCount: bound), alignment: 64)
    }

    deinit {
        Secret.zero(UnsafeMutableRawBufferPointer(rebasing: plain[..<used]))
        plain.deallocate()
        packed.deallocate()
    }

    /// Adds bytes to the stream; whole chunks are stored as they fill.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, ChunkFormat.maximalPlaintext - filled)
            UnsafeMutableRawBufferPointer(rebasing: plain[filled...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            filled += count
            used = max(used, filled)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if filled == ChunkFormat.maximalPlaintext { try store(filled) }
        }
    }

    /// Ends the stream: stores what is left and returns the names of its chunks in order; none for an empty stream.
    package mutating func endStream() throws -> [ChunkName] {
        if filled > 0 { try store(filled) }
        defer { names = [] }
        return names
    }

    /// Drops what was collected of a stream that is not going to be finished.
    package mutating func abandonStream() {
        filled = 0
        names = []
    }

    /// Gives all written chunks their names. Nothing that this writer stored counts before.
    package mutating func finish() throws {
        try group.commit()
        try group.syncFolders()
    }

    private mutating func store(_ count: Int) throws {
        let plaintext = UnsafeRawBufferPointer(rebasing: plain[..<count])
        let name = ChunkName(namer.authenticate(plaintext))
        filled = 0
        names.append(name)
        switch try index.claim(name) {
        case .stored, .inWork:
            return
        case .doubtful(let records):
            if let record = store.record(name, among: records, reading: packed) {
                return index.checked(name, record)
            }
            fallthrough
        case .unnamed:
            if let record = try reader?.recordIfWhole(name) { return index.checked(name, record) }
        case .missing:
            break
        }
        let compressed = try compressor.compress(plaintext, into: packed)
        let sealed = try sealer.seal(UnsafeRawBufferPointer(rebasing: packed[..<compressed]), into: plain)
        used = max(used, sealed)
        let file = UnsafeRawBufferPointer(rebasing: plain[..<sealed])
        let record = ChunkRecord(bytes: sealed, plain: count, sha256: SHA256.hash(file).hex)
        var pending = try store.files.createPending(inFolder: store.layout.temporary)
        try pending.write(file)
        group.add(pending, as: store.layout.chunk(name))
        index.written(name, record)
        if group.count >= ChunkWriter.groupSize { try group.commit() }
    }

    /// Files per group commit. One fsync writes the journal for all files before it, so the ones after the first are
    /// cheap; more than this many would only keep more descriptors open and more of the system's cache in use.
    private static let groupSize = 8
}
