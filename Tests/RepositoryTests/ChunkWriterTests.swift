import Age
import Crypto
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct ChunkWriterTests {
    /// Writes streams without making a backup of them.
    private func write(
        _ streams: [[UInt8]], to sample: SampleRepository, reader: Bool = false,
        history: ChunkHistory = .none
    ) throws -> (names: [[ChunkName]], index: ChunkIndex) {
        let index = ChunkIndex(history, layout: sample.layout, files: sample.files)
        let keys = try sample.repository.readingKeys(generation: 1, identities: [sample.identity], source: "test")
        var writer = try ChunkWriter(
            store: sample.repository.store, index: index, keys: try sample.writing, level: 3,
            reader: reader ? try ChunkReader(store: sample.repository.store, keys: keys) : nil)
        var names: [[ChunkName]] = []
        for stream in streams {
            try stream.withUnsafeBytes { try writer.append($0) }
            names.append(try writer.endStream())
        }
        try writer.finish()
        return (names, index)
    }

    @Test func `an empty stream has no chunk`() throws {
        let sample = try SampleRepository()
        #expect(try write([[], [1], []], to: sample).names.map(\.count) == [0, 1, 0])
    }

    @Test func `a stream is cut every 4 MiB, however it arrives`() throws {
        let sample = try SampleRepository(), size = 4 << 20
        let stream = [UInt8](repeating: 1, count: size) + [UInt8](repeating: 2, count: size) + [3]
        let index = ChunkIndex(.none, layout: sample.layout, files: sample.files)
        var writer = try ChunkWriter(
            store: sample.repository.store, index: index, keys: try sample.writing, level: 1, reader: nil)
        try stream.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 1_000_003) {
                try writer.append(
                    UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 1_000_003, bytes.count)]))
            }
        }
        let names = try writer.endStream()
        try writer.finish()
        #expect(names.map { index.used[$0]?.plain } == [size, size, 1])
        #expect(try write([stream], to: sample).names == [names])
    }

    @Test func `a name is the HMAC of the content under the id key`() throws {
        let sample = try SampleRepository()
        let name = try #require(try write([Array("hello".utf8)], to: sample).names.first?.first)
        var hmac = HMACSHA256(key: try sample.writing.idKey)
        let expected = Array("hello".utf8).withUnsafeBytes { hmac.authenticate($0) }
        #expect(name == ChunkName(expected))
    }

    @Test func `a record is that of the file on disk`() throws {
        let sample = try SampleRepository()
        let (names, index) = try write([noise(70_000)], to: sample)
        let name = try #require(names.first?.first), record = try #require(index.used[name])
        let file = try sample.read(sample.chunk(name))
        #expect(record == ChunkRecord(bytes: file.count, plain: 70_000, sha256: SHA256.hash(file).hex))
        #expect(index.added == Manifest.Added(chunks: 1, bytes: file.count))
        #expect(try sample.files.status(sample.layout.chunk(name))?.mode == 0o600)
    }

    @Test func `age and zstd open a chunk`() throws {
        let sample = try SampleRepository(), stream = noise(100_000)
        let name = try #require(try write([stream], to: sample).names.first?.first)
        try sample.files.publishSecret(try AgeIdentityFile.render(sample.identity), at: sample.folder.path("identity"))
        try sample.files.publish(stream, at: sample.folder.path("expected"))
        try shell(
            """
            cd "$0"; age -d -i identity repository/keys/identity-1.age >opened
            age -d -i opened "repository/$1" | zstd -dc | cmp - expected
            """, sample.folder.path, sample.chunk(name))
    }

    @Test func `nothing has its name before the writer finishes`() throws {
        let sample = try SampleRepository()
        let index = ChunkIndex(.none, layout: sample.layout, files: sample.files)
        do {
            var writer = try ChunkWriter(
                store: sample.repository.store, index: index, keys: try sample.writing, level: 1, reader: nil)
            try noise(100).withUnsafeBytes { try writer.append($0) }
            _ = try writer.endStream()
            #expect(try sample.repository.store.scan().chunks.isEmpty)
        }
        // A writer that goes without finishing leaves nothing at all.
        #expect(try sample.files.list(sample.layout.temporary) == [])
        #expect(try sample.repository.store.scan().chunks.isEmpty)
    }

    @Test func `an abandoned stream leaves no trace in the next one`() throws {
        let sample = try SampleRepository()
        let index = ChunkIndex(.none, layout: sample.layout, files: sample.files)
        var writer = try ChunkWriter(
            store: sample.repository.store, index: index, keys: try sample.writing, level: 1, reader: nil)
        try noise(5 << 20).withUnsafeBytes { try writer.append($0) }
        writer.abandonStream()
        try Array("b".utf8).withUnsafeBytes { try writer.append($0) }
        let names = try writer.endStream()
        try writer.finish()
        #expect(names == (try write([Array("b".utf8)], to: sample).names[0]))
    }

    @Test func `a chunk that no manifest names is reused only after its content was checked`() throws {
        let sample = try SampleRepository(), stream = noise(1000)
        let (names, first) = try write([stream], to: sample)
        let name = try #require(names.first?.first)
        let checked = try write([stream], to: sample, reader: true).index
        #expect(checked.added.chunks == 0 && checked.used[name] == first.used[name])
        let unread = try write([stream], to: sample).index
        #expect(unread.added.chunks == 1 && unread.used[name] != first.used[name])
    }

    @Test(arguments: ["flipped", "other content", "empty", "folder gone"])
    func `an unnamed chunk that is not whole is written again`(damage: String) throws {
        let sample = try SampleRepository(), stream = noise(1000)
        let names = try write([stream, noise(1000, 2)], to: sample).names.map { $0[0] }
        let path = sample.chunk(names[0])
        switch damage {
        case "flipped": try sample.edit(path) { $0[$0.count - 1] ^= 1 }
        case "other content": try sample.write(try sample.read(sample.chunk(names[1])), to: path)
        case "empty": try sample.write("", to: path)
        default: try shell("rm -r \"$0\"", Files.parent(of: sample.path(path)))
        }
        if damage == "folder gone" { try sample.repository.completeFolders() }
        let index = try write([stream], to: sample, reader: true).index
        #expect(index.added.chunks == 1)
        let record = try #require(index.used[names[0]])
        #expect(SHA256.hash(try sample.read(path)).hex == record.sha256)
    }

    @Test func `a chunk on record whose file has another size is written again`() throws {
        let sample = try SampleRepository(), stream = noise(1000)
        let (names, index) = try write([stream], to: sample)
        let name = names[0][0], record = try #require(index.used[name])
        let history = ChunkHistory(records: [name: [record]], settled: .max)
        #expect(try write([stream], to: sample, history: history).index.added.chunks == 0)
        try sample.edit(sample.chunk(name)) { $0.removeLast() }
        #expect(try write([stream], to: sample, history: history).index.added.chunks == 1)
    }

    /// A lost chunk that a run wrote again before it was cut off has the size that manifests say and other bytes.
    @Test(arguments: [true, false])
    func `a chunk rewritten by a run that was cut off is used with the bytes it has`(reader: Bool) throws {
        let sample = try SampleRepository(), stream = noise(1000)
        let manifest = try sample.backup([stream])
        let (name, old) = try #require(manifest.chunks.first)
        try sample.remove(sample.chunk(name))
        let cut = try write([stream], to: sample).index
        #expect(cut.used[name]?.bytes == old.bytes && cut.used[name] != old)
        // The next run, whose history does not know of it.
        let history = try Inventory(sample.repository).history(generation: 1, sample.repository)
        let next = try write([stream], to: sample, reader: reader, history: history).index
        let record = try #require(next.used[name])
        #expect(SHA256.hash(try sample.read(sample.chunk(name))).hex == record.sha256)
        #expect(next.added.chunks == (reader ? 0 : 1))
    }

    @Test func `a chunk that is newer than its manifest and has its bytes is not written again`() throws {
        let sample = try SampleRepository(), stream = noise(1000)
        let manifest = try sample.backup([stream])
        let history = ChunkHistory(records: manifest.chunks.mapValues { [$0] }, settled: 0)
        let index = try write([stream], to: sample, history: history).index
        #expect(index.added.chunks == 0 && index.used == manifest.chunks)
    }

    @Test func `equal chunks of one run are written once`() throws {
        let sample = try SampleRepository(), stream = noise(1000)
        let (names, index) = try write([stream, stream, stream], to: sample)
        #expect(Set(names.flatMap { $0 }).count == 1 && index.added.chunks == 1)
    }
}
