import FoundationEssentials
import Repository
import Testing

@Suite struct ChunkNameTests {
    private let hex = String(repeating: "0f", count: 32)

    @Test func `a name is 64 lower-case hex digits, alone and as a file's name`() throws {
        let name = try #require(ChunkName(hex: hex))
        #expect(name.hex == hex)
        #expect(ChunkName(fileName: hex + ".zst.age") == name)
    }

    @Test(arguments: ["", "0f", String(repeating: "0F", count: 32), String(repeating: "0g", count: 32)])
    func `what is no name is refused in every form`(text: String) {
        #expect(ChunkName(hex: text) == nil)
        #expect(ChunkName(fileName: text + ".zst.age") == nil)
        let json = Data("{\"\(text)\":{\"bytes\":1,\"plain\":1,\"sha256\":\"\"}}".utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([ChunkName: ChunkRecord].self, from: json) }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ChunkName].self, from: Data("[\"\(text)\"]".utf8))
        }
    }

    @Test(arguments: [".zst", ".age", ".zst.age.tmp", ""]) func `another suffix is not a chunk's`(suffix: String) {
        #expect(ChunkName(fileName: hex + suffix) == nil)
    }

    @Test func `names sort by their digits and are the members of a JSON object`() throws {
        let one = try #require(ChunkName(hex: hex)), other = try #require(ChunkName(hex: "1" + hex.dropFirst()))
        #expect(one < other)
        let record = ChunkRecord(bytes: 300, plain: 100, sha256: hex)
        let json = try JSONEncoder().encode([one: record])
        #expect(String(decoding: json, as: UTF8.self).hasPrefix("{\"\(hex)\":{"))
        #expect(try JSONDecoder().decode([ChunkName: ChunkRecord].self, from: json) == [one: record])
        #expect(try JSONDecoder().decode([ChunkName].self, from: try JSONEncoder().encode([one])) == [one])
    }
}
