import Age
import Crypto
import DurableFiles
import Secrets

/// Reads chunks and proves them: size, hash of the file, decryption, decompression, and that the content is what the
/// name says. One reader belongs to one thread; its buffers are reused, so a chunk's bytes are lent, not given.
package struct ChunkReader: ~Copyable {
    private let store: ChunkStore
    private let opener: AgeOpener
    private var namer: HMACSHA256
    private var decompressor: ZstandardDecompressor
    // The file is read into `outer`, opened into `inner`, and decompressed back into `outer`.
    private let outer: UnsafeMutableRawBufferPointer
    private let inner: UnsafeMutableRawBufferPointer

    package init(store: ChunkStore, keys: ReadingKeys) throws {
        // Whatever may throw comes first: a noncopyable value is made whole or not at all.
        let opener = try AgeOpener([keys.identity])
        let decompressor = try ZstandardDecompressor()
        self.store = store
        self.opener = opener
        self.decompressor = decompressor
        namer = HMACSHA256(key: keys.idKey)
        outer = .allocate(byteCount: ChunkReader.maximalFile, alignment: 64)
        inner = .allocate(byteCount: ChunkReader.maximalFile, alignment: 64)
    }

    deinit {
        Secret.zero(outer)
        outer.deallocate()
        inner.deallocate()
    }

    /// Reads one chunk.
    ///
    /// - Parameters:
    ///   - accepted: every record of the chunk in a signed manifest; any of them may be what lies on the disk.
    ///   - body: gets the plaintext, which is valid only while it runs.
    /// - Throws: `RepositoryFault.chunk` with the damage.
    package mutating func read<Value>(
        _ name: ChunkName, accepted: Set<ChunkRecord>, _ body: (UnsafeRawBufferPointer) throws -> Value
    ) throws -> Value {
        let count: Int
        do throws(ChunkDamage) {
            count = try openContent(name, try readFile(name, accepted: accepted))
        } catch { throw RepositoryFault.chunk(name, damage: error) }
        return try body(UnsafeRawBufferPointer(rebasing: outer[..<count]))
    }

    /// The content of chunks, one after the other: of a stream that is small enough for memory.
    package mutating func content(
        of names: [ChunkName], _ records: [ChunkName: Set<ChunkRecord>]
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for name in names { try read(name, accepted: records[name] ?? []) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// The record of a chunk that no manifest names, if its content is what its name says; else nil.
    package mutating func recordIfWhole(_ name: ChunkName) throws -> ChunkRecord? {
        do throws(ChunkDamage) {
            let file = try store.load(name, sizes: nil, into: outer)
            let sha256 = SHA256.hash(file).hex, bytes = file.count
            let plain = try openContent(name, file)
            return ChunkRecord(bytes: bytes, plain: plain, sha256: sha256)
        } catch { return nil }
    }

    /// Reads the file and compares it with what is on record; this needs no key.
    private func readFile(
        _ name: ChunkName, accepted: Set<ChunkRecord>
    ) throws(ChunkDamage) -> UnsafeRawBufferPointer {
        let file = try store.load(name, sizes: accepted.map(\.bytes), into: outer)
        try ChunkReader.compare(file, with: accepted)
        return file
    }

    private mutating func openContent(
        _ name: ChunkName, _ file: UnsafeRawBufferPointer
    ) throws(ChunkDamage) -> Int {
        let opened: Int
        do { opened = try opener.open(file, into: inner) } catch { throw .doesNotDecrypt(error.message) }
        let plain: Int
        do {
            plain = try decompressor.decompress(
                UnsafeRawBufferPointer(rebasing: inner[..<opened]),
                into: UnsafeMutableRawBufferPointer(rebasing: outer[..<ChunkFormat.maximalPlaintext]))
        } catch { throw .doesNotDecompress }
        let content = UnsafeRawBufferPointer(rebasing: outer[..<plain])
        guard ChunkName(namer.authenticate(content)) == name else { throw .wrongContent }
        return plain
    }

    /// Compares a chunk's bytes with every record of it.
    static func compare(
        _ file: UnsafeRawBufferPointer, with accepted: Set<ChunkRecord>
    ) throws(ChunkDamage) {
        let hash = SHA256.hash(file).hex
        guard accepted.contains(where: { $0.bytes == file.count && $0.sha256 == hash }) else { throw .wrongHash }
    }

    /// Room for the largest file that a writer can make: compression can add a little, age adds its header and tags.
    static let maximalFile = ZstandardCompressor.bound(ChunkFormat.maximalPlaintext) + 64 * 1024
}

extension ChunkStore {
    /// Reads a chunk's file into `target`, which must have room for `ChunkReader.maximalFile`.
    ///
    /// - Parameter sizes: those on record, at least one; nil when there is no record.
    func load(
        _ name: ChunkName, sizes: [Int]?, into target: UnsafeMutableRawBufferPointer
    ) throws(ChunkDamage) -> UnsafeRawBufferPointer {
        var file: ReadableFile
        do { file = try files.openRegular(layout.chunk(name)) } catch { throw ChunkDamage(error) }
        let size = file.size
        if size == 0 { throw .empty }
        // A file of the wrong size is not read: it may have a hundred gigabytes.
        if size > target.count || sizes?.contains(size) == false {
            throw .wrongSize(found: size, expected: sizes?.max() ?? ChunkReader.maximalFile)
        }
        let count: Int
        do { count = try file.readUpTo(target) } catch { throw ChunkDamage(error) }
        return UnsafeRawBufferPointer(rebasing: target[..<count])
    }

    /// The one of several records whose bytes lie on the disk; nil when none is. This needs no key.
    ///
    /// - Parameter buffer: has room for `ChunkReader.maximalFile`.
    func record(
        _ name: ChunkName, among records: [ChunkRecord], reading buffer: UnsafeMutableRawBufferPointer
    ) -> ChunkRecord? {
        do throws(ChunkDamage) {
            let file = try load(name, sizes: records.map(\.bytes), into: buffer)
            let sha256 = SHA256.hash(file).hex
            return records.first { $0.bytes == file.count && $0.sha256 == sha256 }
        } catch { return nil }
    }
}

/// Checks chunks by size and hash alone, without any key.
package struct ChunkHasher: ~Copyable {
    private let store: ChunkStore
    private let buffer: UnsafeMutableRawBufferPointer

    package init(store: ChunkStore) {
        self.store = store
        buffer = .allocate(byteCount: ChunkReader.maximalFile, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// - Throws: `RepositoryFault.chunk` with the damage.
    package func check(_ name: ChunkName, accepted: Set<ChunkRecord>) throws {
        do throws(ChunkDamage) {
            try ChunkReader.compare(
                try store.load(name, sizes: accepted.map(\.bytes), into: buffer), with: accepted)
        } catch { throw RepositoryFault.chunk(name, damage: error) }
    }
}
