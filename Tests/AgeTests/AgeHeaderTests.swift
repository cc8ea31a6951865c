import Age
import Testing

@Suite struct AgeHeaderTests {
    let identity: AgeIdentity
    let plain = content(1000)

    init() throws { identity = try .generate() }

    /// A generator of its own, so that a failure comes again with the same seed.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    /// Edits of lines: the structure stays a header's, so that they reach deeper than flipped bits.
    private func edited(_ header: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var lines = header.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        let index = Int.random(in: lines.indices, using: &dice)
        switch Int.random(in: 0..<9, using: &dice) {
        case 0: lines.remove(at: index)
        case 1: lines.insert(lines[index], at: index)
        case 2: lines.swapAt(index, Int.random(in: lines.indices, using: &dice))
        case 3: lines[index].append(13)
        case 4: lines[index].append(UInt8.random(in: .min ... .max, using: &dice))
        case 5: lines.insert(Array("-> grease \(index)".utf8), at: index)
        case 6: lines.insert([], at: index)
        case 7:
            if !lines[index].isEmpty { lines[index].remove(at: Int.random(in: lines[index].indices, using: &dice)) }
        default:
            if !lines[index].isEmpty {
                let at = Int.random(in: lines[index].indices, using: &dice)
                lines[index][at] = UInt8.random(in: .min ... .max, using: &dice)
            }
        }
        return Array(lines.joined(separator: [10]))
    }

    @Test(arguments: 1...4)
    func `whatever is done to a header, the file is refused, in one call as in pieces`(seed: Int) throws {
        var dice = Dice(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15)
        let others = try (0..<3).map { _ in try AgeIdentity.generate().recipient() }
        let file = try Age.seal(plain, to: others + [identity.recipient()])
        let header = Array(file[..<(file.count - 16 - plain.count - 16)]), payload = Array(file[header.count...])
        for _ in 0..<250 {
            var changed = header
            for _ in 0..<Int.random(in: 1...3, using: &dice) { changed = edited(changed, &dice) }
            // Swapping a line with itself, or back, changes nothing.
            if changed == header { continue }
            let all = changed + payload
            let found = try fault { _ = try Age.open(all, identities: [identity]) }
            #expect(found != nil)
            let source = Source(all, piece: 61)
            let streamed = try fault { _ = try readAll(AgeReader(AgeOpener([identity])) { source.read(into: $0) }) }
            #expect(streamed == found)
        }
    }

    @Test func `a stanza of an unknown kind is passed over, and covered by the code`() throws {
        // Nobody can add one afterwards.
        let file = try Age.seal(plain, to: [identity.recipient()])
        var changed = file
        changed.insert(contentsOf: Array("-> unknown a b\n\n".utf8), at: "age-encryption.org/v1\n".utf8.count)
        #expect(try fault { _ = try Age.open(changed, identities: [identity]) } == .headerChanged)
    }
}
