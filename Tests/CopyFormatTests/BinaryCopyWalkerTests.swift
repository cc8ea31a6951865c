import CopyFormat
import Testing

@Suite struct BinaryCopyWalkerTests {
    @Test(arguments: 1...64) func `rows come out whole however the stream is cut`(size: Int) throws {
        #expect(try Streams.rowsFound(in: Streams.cut(Streams.binary, every: size)) == Streams.rows)
    }

    @Test func `rows come out whole wherever one cut falls`() throws {
        for place in 0...Streams.binary.count {
            let pieces = [Array(Streams.binary[..<place]), [], Array(Streams.binary[place...])]
            #expect(try Streams.rowsFound(in: pieces) == Streams.rows, "cut at \(place)")
        }
    }

    @Test(arguments: 1...5) func `rows without fields are rows`(size: Int) throws {
        let row = Streams.row([])
        let stream = Streams.header() + row + row + row + Streams.trailer
        #expect(try Streams.rowsFound(in: Streams.cut(stream, every: size)) == [row, row, row])
    }

    @Test func `a stream of no rows is complete`() throws {
        #expect(try Streams.rowsFound(in: [Streams.header() + Streams.trailer]).isEmpty)
    }

    @Test func `a stream that ends anywhere before its end is truncated`() {
        for length in 0..<Streams.binary.count {
            #expect(throws: CopyFault.self, "of \(length) bytes") {
                try Streams.rowsFound(in: [Array(Streams.binary[..<length])])
            }
        }
    }

    struct Damage: Sendable {
        let name: String
        let stream: [UInt8]
        let fault: CopyFault
    }

    static let damages: [Damage] = {
        let header = Streams.header(), row = Streams.row([[1], nil])
        return [
            Damage(name: "signature", stream: Array("PGCOPY\r".utf8) + header.dropFirst(7), fault: .badSignature),
            Damage(name: "flags", stream: Streams.header(flags: 0x1_0000), fault: .unknownFlags(0x1_0000)),
            Damage(
                name: "extension", stream: Streams.signature + [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe],
                fault: .badExtensionLength(-2)),
            Damage(name: "count", stream: header + [0xff, 0xfe], fault: .badFieldCount(row: 1, -2)),
            Damage(
                name: "unequal count", stream: header + row + Streams.row([[1]]),
                fault: .unequalFieldCount(row: 2, 1, expected: 2)),
            Damage(
                name: "length", stream: header + row + [0, 2, 0xff, 0xff, 0xff, 0xfd],
                fault: .badFieldLength(row: 2, -3)),
            Damage(name: "bytes behind", stream: header + row + Streams.trailer + [0], fault: .bytesAfterTrailer),
            Damage(name: "no trailer", stream: header + row, fault: .truncated(afterRows: 1)),
        ]
    }()

    @Test(arguments: damages.indices, [1, 3, 1000]) func `damage is named`(index: Int, size: Int) {
        let damage = Self.damages[index]
        #expect(throws: damage.fault, "\(damage.name)") {
            try Streams.rowsFound(in: Streams.cut(damage.stream, every: size))
        }
    }

    @Test func `a cut row above the limit is refused, a whole one costs nothing`() throws {
        #expect(try Streams.rowsFound(in: [Streams.binary], limit: 10) == Streams.rows)
        #expect(throws: CopyFault.rowTooLarge(row: 1, limit: 10)) {
            try Streams.rowsFound(in: Streams.cut(Streams.binary, every: 8), limit: 10)
        }
    }
}
