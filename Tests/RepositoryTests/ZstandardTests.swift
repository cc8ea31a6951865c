import Repository
import Testing

@Suite struct ZstandardTests {
    private func compress(_ bytes: [UInt8], level: Int = 3, room: Int? = nil) throws -> [UInt8] {
        var compressor = try ZstandardCompressor(level: level)
        return try bytes.withUnsafeBytes { source in
            var target = [UInt8](repeating: 0, count: room ?? ZstandardCompressor.bound(source.count))
            let count = try target.withUnsafeMutableBytes { try compressor.compress(source, into: $0) }
            return Array(target[..<count])
        }
    }

    private func decompress(_ bytes: [UInt8], room: Int = 1 << 20) throws -> [UInt8] {
        var decompressor = try ZstandardDecompressor()
        return try bytes.withUnsafeBytes { source in
            var target = [UInt8](repeating: 0, count: room)
            let count = try target.withUnsafeMutableBytes { try decompressor.decompress(source, into: $0) }
            return Array(target[..<count])
        }
    }

    @Test(arguments: [1, 2, 19], [0, 1, 100_000]) func `what was packed comes back`(level: Int, count: Int) throws {
        let bytes = noise(count) + [UInt8](repeating: 7, count: count)
        #expect(try decompress(compress(bytes, level: level)) == bytes)
    }

    @Test func `ciphertexts and text through one compressor come back, and text is packed as well after them`() throws {
        var compressor = try ZstandardCompressor(level: 2)
        let text = Array((0..<20_000).map { "{\"actor\": \"user\", \"event\": \($0)}" }.joined().utf8)
        var sizes: [Int] = []
        for bytes in [text, noise(300_000), noise(300_000), text, text] {
            var target = [UInt8](repeating: 0, count: ZstandardCompressor.bound(bytes.count))
            let count = try bytes.withUnsafeBytes { source in
                try target.withUnsafeMutableBytes { try compressor.compress(source, into: $0) }
            }
            #expect(try decompress(Array(target[..<count])) == bytes)
            sizes.append(count)
        }
        #expect(sizes[4] == sizes[0] && sizes[3] < text.count / 4, "\(sizes)")
    }

    @Test func `a frame tells its content's size and carries no checksum`() throws {
        let descriptor = try compress(noise(1000))[4]
        // Frame header descriptor: bits 7-6 size of the content size, 5 single segment, 2 checksum.
        #expect(descriptor & 0b0000_0100 == 0 && (descriptor >> 6 > 0 || descriptor & 0b0010_0000 != 0))
    }

    @Test func `only exactly one whole frame is accepted`() throws {
        let frame = try compress(noise(1000))
        for wrong in [[], Array(frame.dropLast()), frame + [0], frame + frame, [0] + frame, noise(100)] {
            #expect(throws: ZstandardFault.self) { try decompress(wrong) }
        }
    }

    @Test func `too little room is refused both ways, with zstd's own words`() throws {
        #expect { try compress(noise(1000), room: 10) } throws: {
            ($0 as? ZstandardFault)?.reason == "Destination buffer is too small"
        }
        #expect { try decompress(compress(noise(1000)), room: 999) } throws: {
            ($0 as? ZstandardFault)?.reason == "Destination buffer is too small"
        }
    }
}
