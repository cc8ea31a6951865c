import Age
import Testing

@Suite struct AgeReaderTests {
    let identity: AgeIdentity
    let recipients: [AgeRecipient]

    init() throws {
        identity = try .generate()
        recipients = [try identity.recipient()]
    }

    private func reader(_ file: [UInt8], piece: Int) throws -> AgeReader {
        let source = Source(file, piece: piece)
        return try AgeReader(AgeOpener([identity])) { source.read(into: $0) }
    }

    // A pipe gives what it has: pieces may end anywhere, also behind the version and before its line end.
    @Test(arguments: [1, 20, 21, 22, 23, 100, 4096, 65_552, 65_553, 1 << 20])
    func `a file that arrives in pieces of any size is read`(piece: Int) throws {
        let plain = content(piece < 20 ? 70_000 : 200_000)
        let file = try Age.seal(plain, to: recipients)
        #expect(try readAll(reader(file, piece: piece)) == plain)
    }

    @Test(arguments: [1, 7, 65_536, 65_537])
    func `content is handed out in buffers of any size`(buffer: Int) throws {
        let plain = content(buffer == 1 ? 66_000 : 300_000)
        #expect(try readAll(reader(Age.seal(plain, to: recipients), piece: 10_000), buffer: buffer) == plain)
    }

    @Test func `an empty buffer takes nothing and ends nothing`() throws {
        let reader = try reader(Age.seal([1, 2, 3], to: recipients), piece: 100)
        var none: [UInt8] = []
        #expect(try none.withUnsafeMutableBytes { try reader.read(into: $0) } == 0)
        #expect(try readAll(reader) == [1, 2, 3])
        // The end stays the end.
        #expect(try readAll(reader) == [])
    }

    // 150,000 bytes are two whole chunks and a part.
    @Test func `a file cut off anywhere is never taken for whole`() throws {
        let plain = content(150_000), file = try Age.seal(plain, to: recipients)
        let header = file.count - (16 + plain.count + 3 * 16)
        var cuts = Array(0..<header + 40) + Array(file.count - 40..<file.count)
        for chunk in 1...2 {
            let end = header + 16 + chunk * 65_552
            cuts += Array(end - 20...end + 20)
        }
        for cut in cuts {
            let part = Array(file[..<cut])
            var released: [UInt8] = []
            let streamed = try fault { released = try readAll(reader(part, piece: 9_999)) }
            #expect(streamed != nil && released.isEmpty, "\(cut)")
            #expect(try fault { _ = try Age.open(part, identities: [identity]) } == streamed, "\(cut)")
        }
    }

    @Test func `a cut between chunks is told from damage`() throws {
        let file = try Age.seal(content(150_000), to: recipients)
        let chunks = file.count - (150_000 + 3 * 16)
        let open = { (file: [UInt8]) in try fault { _ = try Age.open(file, identities: [identity]) } }
        #expect(try open(Array(file[..<(chunks + 65_552)])) == .truncated(afterChunk: 1))
        #expect(try open(Array(file[..<(chunks + 65_552 + 5)])) == .truncated(afterChunk: 1))
        #expect(try open(Array(file[..<chunks])) == .truncated(afterChunk: 0))
        #expect(try open(Array(file.dropLast())) == .damagedChunk(3))
        #expect(try open(file + [0]) == .damagedChunk(3))
        // A whole last chunk that more chunks follow.
        let whole = try Age.seal(content(65_536), to: recipients)
        #expect(try open(whole + [0]) == .trailingData(afterChunk: 1))
        #expect(try open(whole + whole.suffix(65_552)) == .trailingData(afterChunk: 1))
    }

    @Test func `chunks in another order are damage`() throws {
        var file = try Age.seal(content(200_000), to: recipients)
        let start = file.count - (200_000 + 4 * 16)
        let first = Array(file[start..<start + 65_552]), second = Array(file[start + 65_552..<start + 2 * 65_552])
        file.replaceSubrange(start..<start + 2 * 65_552, with: second + first)
        #expect(try fault { _ = try Age.open(file, identities: [identity]) } == .damagedChunk(1))
    }

    @Test func `a reader that failed once stays failed, and keeps what was authentic`() throws {
        var file = try Age.seal(content(150_000), to: recipients)
        file[file.count - 70_000] ^= 1
        let reader = try reader(file, piece: 5_000)
        var buffer = [UInt8](repeating: 0, count: 65_536), found: [AgeFault?] = []
        #expect(try buffer.withUnsafeMutableBytes { try reader.read(into: $0) } == 65_536)
        #expect(buffer == content(65_536))
        for _ in 0..<3 {
            found.append(try fault { _ = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) } })
        }
        #expect(found == [.damagedChunk(2), .damagedChunk(2), .damagedChunk(2)])
    }

    @Test func `an error of the source comes through, and reading goes on after it`() throws {
        struct Broken: Error {}
        let plain = content(100_000)
        let source = Source(try Age.seal(plain, to: recipients), piece: 1_000)
        var calls = 0
        let reader = try AgeReader(AgeOpener([identity])) { target in
            calls += 1
            if calls == 30 { throw Broken() }
            return source.read(into: target)
        }
        #expect(throws: Broken.self) { try readAll(reader) }
        #expect(try readAll(reader) == plain)
    }

    @Test func `a header without end is refused before it fills the memory`() throws {
        // What an attacker may send for ever: lines of a body, stanzas, one line.
        for filler in ["\(String(repeating: "A", count: 64))\n", "-> a\n\n", "A", "-> X25519 "] {
            let begin = Array("age-encryption.org/v1\n-> x\n".utf8), line = Array(filler.utf8)
            var given = 0
            let found = try fault {
                _ = try AgeReader(AgeOpener([identity])) { target in
                    for index in target.indices {
                        let at = given + index
                        target[index] = at < begin.count ? begin[at] : line[(at - begin.count) % line.count]
                    }
                    given += target.count
                    return target.count
                }
            }
            guard case .malformedHeader? = found else {
                Issue.record("\(String(describing: found)) for \(filler)")
                continue
            }
            #expect(given < 3 << 20)
        }
    }

    @Test func `what is no age file, or one of the future, is told apart`() throws {
        let open = { (text: String) in try fault { _ = try Age.open(Array(text.utf8), identities: [identity]) } }
        #expect(try open("") == .notAge)
        #expect(try open("PK\u{3}\u{4}") == .notAge)
        #expect(try open(String(repeating: "x", count: 100)) == .notAge)
        #expect(try open("age-encryption.org/v2\n") == .unsupportedVersion("v2"))
        #expect(try open("age-encryption.org/\u{1b}[2J" + String(repeating: "v", count: 90)) != .notAge)
        let strange = try #require(try open("age-encryption.org/\u{1b}[2J" + String(repeating: "v", count: 90)))
        #expect(!strange.message.utf8.contains(0x1b) && strange.message.utf8.count < 120)
        #expect(try open("age-encryption.org/v1") == .malformedHeader(why: "the file ends within it"))
        #expect(try open("age-encryption.org/v1\n") == .malformedHeader(why: "the file ends within it"))
    }
}
