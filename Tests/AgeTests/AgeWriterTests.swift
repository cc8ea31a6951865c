import Age
import Testing

@Suite struct AgeWriterTests {
    let identity: AgeIdentity
    let recipients: [AgeRecipient]

    init() throws {
        identity = try .generate()
        recipients = [try identity.recipient()]
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 1_000_000])
    func `what is written in pieces or at once opens again, with the size foretold`(size: Int) throws {
        let plain = content(size), sealer = try AgeSealer(recipients)
        for piece in [13_337, 65_536, 2_000_000] {
            let file = try written(plain, to: recipients, piece: piece)
            #expect(file.count == sealer.sealedSize(plaintextCount: size))
            #expect(try Age.content(file, [identity]) == plain)
        }
        let whole = try Age.seal(plain, to: recipients)
        #expect(whole.count == sealer.sealedSize(plaintextCount: size))
        #expect(try Age.content(whole, [identity]) == plain)
    }

    @Test func `a byte at a time is the same as all at once`() throws {
        let plain = content(66_000)
        #expect(try Age.content(written(plain, to: recipients, piece: 1), [identity]) == plain)
    }

    @Test func `without its end a file is truncated`() throws {
        var file: [UInt8] = []
        let writer = try AgeWriter(AgeSealer(recipients)) { file += $0 }
        try content(150_000).withUnsafeBytes { try writer.write($0) }
        #expect(try fault { _ = try Age.open(file, identities: [identity]) } == .truncated(afterChunk: 2))
        try writer.finish()
        #expect(try Age.content(file, [identity]) == content(150_000))
    }

    @Test func `after the end nothing is written`() throws {
        var file: [UInt8] = []
        let writer = try AgeWriter(AgeSealer(recipients)) { file += $0 }
        try writer.finish()
        let size = file.count
        #expect(throws: AgeFault.finished) { try [UInt8(1)].withUnsafeBytes { try writer.write($0) } }
        #expect(throws: AgeFault.finished) { try writer.finish() }
        #expect(file.count == size)
    }

    @Test(arguments: 1...5)
    func `once the sink has failed, nothing more is written`(failing: Int) throws {
        struct Full: Error {}
        // Header, nonce, two chunks, and the last one.
        var calls = 0
        let sink = { (_: UnsafeRawBufferPointer) in
            calls += 1
            if calls == failing { throw Full() }
        }
        let writer: AgeWriter
        do { writer = try AgeWriter(AgeSealer(recipients), sink: sink) } catch is Full {
            #expect(failing <= 2)
            return
        }
        #expect(throws: Full.self) {
            try content(150_000).withUnsafeBytes { try writer.write($0) }
            try writer.finish()
        }
        #expect(calls == failing)
        #expect(throws: AgeFault.finished) { try [UInt8(1)].withUnsafeBytes { try writer.write($0) } }
        #expect(throws: AgeFault.finished) { try writer.finish() }
        #expect(calls == failing)
    }

    @Test func `no two files of the same content share a byte of key, header or payload`() throws {
        let plain = content(100), one = try Age.seal(plain, to: recipients), two = try Age.seal(plain, to: recipients)
        let start = one.count - 116
        #expect(Array(one[start...]) != Array(two[start...]))
        let shares = [one, two].map { String(decoding: $0[..<start], as: UTF8.self).split(separator: "\n")[1] }
        #expect(shares[0] != shares[1])
    }
}
