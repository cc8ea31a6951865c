import Age
import Testing

@Suite struct AgeArmorTests {
    private static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
    private static let end = "-----END AGE ENCRYPTED FILE-----"
    private static let line = String(repeating: "AAAA", count: 16)

    private func encode(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.withUnsafeBytes { AgeArmor.encode($0) }, as: UTF8.self)
    }

    private func decode(_ text: String) throws -> [UInt8] {
        try Array(text.utf8).withUnsafeBytes { try AgeArmor.decode($0) }
    }

    @Test(arguments: [0, 1, 2, 3, 46, 47, 48, 49, 95, 96, 97, 1000])
    func `bytes come back, in lines of 64`(count: Int) throws {
        let bytes = content(count), text = encode(bytes)
        #expect(try decode(text) == bytes)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == Self.begin[...] && lines.dropLast().last == Self.end[...] && lines.last == "")
        let body = lines.dropFirst().dropLast(2)
        #expect(body.dropLast().allSatisfy { $0.count == 64 } && (body.last?.count ?? 1) >= 1)
        #expect(body.count == (count + 47) / 48)
        #expect(Array(text.utf8).withUnsafeBytes { AgeArmor.isArmored($0) })
    }

    @Test func `line ends of Windows, and white space around, are read`() throws {
        let bytes = content(100), text = encode(bytes)
        #expect(try decode(text.replacing("\n", with: "\r\n")) == bytes)
        #expect(try decode("\n \t\r\n" + text + "\n\n  \n") == bytes)
        #expect(try decode(String(text.dropLast())) == bytes)
        #expect(Array("\n\t \(text)".utf8).withUnsafeBytes { AgeArmor.isArmored($0) })
        #expect(![UInt8]().withUnsafeBytes { AgeArmor.isArmored($0) })
        // As much space as nobody leaves by accident is refused.
        let much = String(repeating: " \n", count: 600)
        #expect(throws: AgeFault.self) { try decode(much + text) }
        #expect(throws: AgeFault.self) { try decode(text + much) }
    }

    @Test(
        arguments: [
            ("", 1, "the BEGIN line is missing"), ("AAAA\n", 1, "it is not the BEGIN line"),
            ("\n\(begin) \n", 2, "it is not the BEGIN line"), (" \(begin)\n\(end)", 1, "it is not the BEGIN line"),
            ("\(begin)\nAAAA\n", 3, "the END line is missing"), ("\(begin)\n", 2, "the END line is missing"),
            ("\(begin)\n\(line)\n\n\(end)", 3, "it is empty"), ("\(begin)\n\(line)A\n\(end)", 2, "more than 64"),
            ("\(begin)\nAAA\n\(end)", 2, "not base64"), ("\(begin)\nAA==\nAAAA\n\(end)", 3, "short line"),
            ("\(begin)\nAB==\n\(end)", 2, "not base64"), ("\(begin)\nAA A\n\(end)", 2, "not base64"),
            ("\(begin)\nAAAA\n\(end) x", 3, "short line"), ("\(begin)\nAAAA\n\(end)\nx", 4, "follows the END line"),
            ("\(begin)\nAAAA\n\(end)\n\(begin)", 4, "follows the END line"),
            ("\(begin)\n\(begin)\nAAAA\n\(end)", 2, "not base64"),
        ])
    func `anything else is refused with its line`(text: String, line: Int, why: String) throws {
        guard case .malformedArmor(let found, let reason)? = try fault({ _ = try decode(text) }) else {
            Issue.record("\(text) was read")
            return
        }
        // What is wrong behind the END line is told at that line.
        #expect(found == line || (why.contains("END line") && found == line - 1), "\(reason)")
        #expect(reason.contains(why))
    }

    @Test func `armor within armor is no age file`() throws {
        let identity = try AgeIdentity.generate()
        let once = try Age.seal([1, 2, 3], to: [identity.recipient()], armored: true)
        #expect(try Age.content(once, [identity]) == [1, 2, 3])
        let twice = once.withUnsafeBytes { AgeArmor.encode($0) }
        #expect(try fault { _ = try Age.open(twice, identities: [identity]) } == .notAge)
    }

    @Test func `armored files of any size open`() throws {
        let identity = try AgeIdentity.generate()
        for size in [0, 1, 65_536, 65_537, 200_000] {
            let file = try Age.seal(content(size), to: [identity.recipient()], armored: true)
            #expect(try Age.content(file, [identity]) == content(size))
        }
    }
}
