import CopyFormat
import Testing

@Suite struct TextCopyWalkerTests {
    @Test(arguments: 1...20) func `lines come out whole however the stream is cut`(size: Int) throws {
        #expect(try Streams.linesFound(in: Streams.cut(Streams.text, every: size)) == Streams.lines)
    }

    @Test func `a last line without its end is truncated`() {
        #expect(throws: CopyFault.truncated(afterRows: 3)) {
            try Streams.linesFound(in: [Array(Streams.text.dropLast())])
        }
    }

    @Test func `an empty stream has no rows`() throws {
        #expect(try Streams.linesFound(in: [[], []]).isEmpty)
    }
}
