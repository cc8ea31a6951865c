import DurableFiles
import Effects
import Repository
import TestSupport
import Testing

@Suite struct ChunkIndexTests {
    private let folder: TemporaryFolder
    private let files = Files(effects: Effects())
    private let layout: RepositoryLayout
    private let name: ChunkName

    init() throws {
        folder = try TemporaryFolder()
        layout = RepositoryLayout(root: folder.path)
        name = try #require(ChunkName(hex: String(repeating: "ab", count: 32)))
        try files.createFolder(layout.chunkFolder(name))
    }

    private func index(_ records: ChunkRecord..., settled: Int64 = .max) -> ChunkIndex {
        ChunkIndex(
            ChunkHistory(records: records.isEmpty ? [:] : [name: records], settled: settled), layout: layout,
            files: files)
    }

    private let small = ChunkRecord(bytes: 10, plain: 5, sha256: "a")
    private let large = ChunkRecord(bytes: 20, plain: 15, sha256: "b")

    private func word(_ claim: ChunkIndex.Claim) -> String {
        switch claim {
        case .stored(let record): "stored \(record.bytes)"
        case .doubtful(let records): "doubtful \(records.map(\.bytes))"
        case .inWork: "in work"
        case .unnamed: "unnamed"
        case .missing: "missing"
        }
    }

    @Test func `a chunk that is not there is missing, on record or not`() throws {
        #expect(word(try index().claim(name)) == "missing")
        #expect(word(try index(small).claim(name)) == "missing")
    }

    @Test func `a file of a recorded size is stored, of another one missing, without a record unnamed`() throws {
        try files.publish([UInt8](repeating: 0, count: 20), at: layout.chunk(name))
        let stored = index(small, large)
        #expect(word(try stored.claim(name)) == "stored 20")
        #expect(stored.used == [name: large])
        #expect(word(try index(small).claim(name)) == "missing")
        #expect(word(try index().claim(name)) == "unnamed")
    }

    @Test func `of several records of a size the newest counts, unless the file is newer than all`() throws {
        try files.publish([UInt8](repeating: 0, count: 10), at: layout.chunk(name))
        let newest = ChunkRecord(bytes: 10, plain: 5, sha256: "newest")
        let stored = index(newest, large, small)
        #expect(word(try stored.claim(name)) == "stored 10" && stored.used == [name: newest])
        let modified = try #require(try files.status(layout.chunk(name))).modified
        #expect(word(try index(newest, large, small, settled: modified + 1).claim(name)) == "stored 10")
        let doubtful = index(newest, large, small, settled: modified)
        #expect(word(try doubtful.claim(name)) == "doubtful [10, 10]" && doubtful.used.isEmpty)
    }

    @Test func `a folder in place of a chunk is missing`() throws {
        try files.createFolder(layout.chunk(name))
        #expect(word(try index(small).claim(name)) == "missing")
    }

    @Test func `the first to claim a chunk does the work`() throws {
        let index = index()
        #expect(word(try index.claim(name)) == "missing")
        #expect(word(try index.claim(name)) == "in work")
        index.written(name, small)
        #expect(index.used == [name: small] && index.added == Manifest.Added(chunks: 1, bytes: 10))
        #expect(word(try index.claim(name)) == "in work")
    }

    @Test func `of many threads exactly one does the work`() throws {
        let index = index(), claims = Tally()
        try Threads.run(8) { _ in
            for _ in 0..<100 { claims.note(word(try index.claim(name))) }
        }
        #expect(claims.counts == ["missing": 1, "in work": 799])
    }

    @Test func `what was checked is used, and not added`() {
        let index = index()
        index.checked(name, large)
        #expect(index.used == [name: large] && index.added == Manifest.Added(chunks: 0, bytes: 0))
    }
}
