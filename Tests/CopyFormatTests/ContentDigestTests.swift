import CopyFormat
import Faults
import Testing

@Suite struct ContentDigestTests {
    @Test(arguments: CopyEncoding.allCases, 1...64) func `the digest does not depend on cuts`(
        encoding: CopyEncoding, size: Int
    ) throws {
        let stream = encoding == .binary ? Streams.binary : Streams.text
        let whole = try Streams.digest(encoding, [stream])
        #expect(try Streams.digest(encoding, Streams.cut(stream, every: size)) == whole)
        #expect(whole.rows == UInt64(encoding == .binary ? Streams.rows.count : Streams.lines.count))
    }

    @Test(arguments: [0, 1, 16, 17, 128, 129, 240, 241, 1_000, 100_000])
    func `a row in parts hashes like the whole row`(
        length: Int
    ) throws {
        let stream = Streams.header() + Streams.row([Array(repeating: 3, count: length)]) + Streams.trailer
        let whole = try Streams.digest(.binary, [stream])
        #expect(try Streams.digest(.binary, Streams.cut(stream, every: max(1, stream.count / 3))) == whole)
    }

    @Test func `the digest does not depend on the order of the rows`() throws {
        let turned = Streams.header() + Streams.rows.reversed().flatMap { $0 } + Streams.trailer
        #expect(try Streams.digest(.binary, [turned]) == Streams.digest(.binary, [Streams.binary]))
    }

    @Test func `the digests of ranges add up to that of the table`() throws {
        let parts = try [Streams.rows.prefix(2), Streams.rows.dropFirst(2)].map { rows in
            try Streams.digest(.binary, [Streams.header() + rows.flatMap { $0 } + Streams.trailer])
        }
        #expect(parts[0] + parts[1] == (try Streams.digest(.binary, [Streams.binary])))
        var sum = ContentDigest()
        sum += parts[1]
        sum += parts[0]
        #expect(sum == parts[0] + parts[1])
    }

    @Test func `one digester takes one stream after another`() throws {
        var digester = try StreamDigester(.binary, key: Streams.key(Streams.keyBytes))
        for _ in 0..<2 {
            try Streams.binary.withUnsafeBytes { try digester.feed($0) }
            try digester.finishStream()
        }
        let once = try Streams.digest(.binary, [Streams.binary])
        #expect(digester.digest == once + once)
    }

    @Test func `one changed byte, one row more and another key change it`() throws {
        let base = try Streams.digest(.text, [Streams.text])
        var changed = Streams.text
        changed[0] ^= 1
        #expect(try Streams.digest(.text, [changed]) != base)
        #expect(try Streams.digest(.text, [Streams.text + [0x0a]]) != base)
        let otherKey = Array(Streams.keyBytes.reversed())
        var digester = try StreamDigester(.text, key: Streams.key(otherKey))
        try Streams.text.withUnsafeBytes { try digester.feed($0) }
        #expect(digester.digest.hex != base.hex)
    }

    @Test func `the sum wraps around and carries`() throws {
        let ones = try #require(ContentDigest(hex: String(repeating: "f", count: 32), rows: 1))
        let one = try #require(ContentDigest(hex: String(repeating: "0", count: 31) + "1", rows: 1))
        #expect((ones + one).hex == String(repeating: "0", count: 32))
        let low = try #require(
            ContentDigest(hex: String(repeating: "0", count: 16) + String(repeating: "f", count: 16), rows: 0))
        #expect((low + one).hex == String(repeating: "0", count: 15) + "1" + String(repeating: "0", count: 16))
    }

    @Test func `hex goes both ways`() throws {
        let digest = try Streams.digest(.binary, [Streams.binary])
        #expect(digest.hex.utf8.count == 32)
        #expect(ContentDigest(hex: digest.hex, rows: digest.rows) == digest)
        for text in [
            "", "0", String(repeating: "F", count: 32), String(repeating: "0", count: 33),
            "+" + String(repeating: "0", count: 31),
        ] {
            #expect(ContentDigest(hex: text, rows: 0) == nil)
        }
    }

    @Test func `a known row has a known digest`() throws {
        // Computed with the xxHash library's one-shot function over the bytes "abc" under the same key.
        #expect(try Streams.digest(.text, [Array("abc\n".utf8)]).hex == "99f74559b8e308387aea10696db52326")
    }

    @Test func `a key of another length is refused`() {
        #expect(throws: CopyFault.badKeyLength(3)) { try Streams.key([1, 2, 3]) }
    }
}
