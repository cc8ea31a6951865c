import Glibc
import Secrets
import Testing

@Suite struct SecretTests {
    private func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        let made = Secret(consuming: &bytes)
        #expect(bytes.isEmpty)
        return made
    }

    @Test func `no description shows the bytes`() {
        let value = secret("hunter2hunter2")
        for text in ["\(value)", String(reflecting: value), String(describing: [value])] {
            #expect(!text.contains("hunter2"))
        }
        #expect(Mirror(reflecting: value).children.isEmpty)
    }

    @Test func `equality looks at all bytes`() {
        #expect(secret("abc").equals(secret("abc")))
        #expect(!secret("abc").equals(secret("abd")))
        #expect(!secret("abc").equals(secret("abcd")))
    }

    @Test(arguments: [
        ("  a b\t\n", "a b"), ("", ""), (" \n ", ""), ("x", "x"), ("\u{a0}key\u{a0}", "key"),
        ("key\u{3000}\r\n", "key"),
        ("\u{feff}key", "key"), ("\u{2028}\u{202f}\u{205f}k\u{1680}e\u{2000}y\u{200a}", "k\u{1680}e\u{2000}y"),
        ("\u{200b}key\u{85}", "\u{200b}key\u{85}"), ("ä\u{e5}\u{4e80}", "ä\u{e5}\u{4e80}"), ("\u{10a00}", "\u{10a00}"),
    ])
    func `white space around a value goes, whatever JavaScript calls so`(text: String, trimmed: String) {
        #expect(secret(text).trimmed().equals(secret(trimmed)))
    }

    @Test(
        arguments: [
            [0xC2], [0xE2, 0x80], [0xFF, 0xFE], [0x80, 0x80, 0x80], [0xA0], [0xE2, 0x80, 0x41],
            [0xEF, 0xBB],
            [0xF0, 0xA0, 0x80, 0x80], [0x20, 0xC2],
        ] as [[UInt8]])
    func `bytes that are no text lose nothing but what is white space`(bytes: [UInt8]) {
        let trimmed = bytes.withUnsafeBytes { Secret(copying: $0) }.trimmed()
        let expected = bytes[(bytes.first == 0x20 ? 1 : 0)...]
        #expect(trimmed.withBytes { Array($0) } == Array(expected))
    }

    @Test(arguments: [
        ("\u{85} a \u{2029}", "a"), ("\u{feff}a\u{feff}", "\u{feff}a\u{feff}"), ("\t\u{a0}", ""), ("a\u{3000}", "a"),
    ])
    func `Go calls other characters white space`(text: String, trimmed: String) {
        let bytes = Array(text.utf8)
        let range = bytes.withUnsafeBytes { WhiteSpace.go.trimmed($0) }
        #expect(String(decoding: bytes[range], as: UTF8.self) == trimmed)
    }

    @Test func `C sees a terminated copy`() {
        #expect(secret("value").withCString { String(cString: $0) } == "value")
    }

    @Test func `a part and a copy are secrets of their own`() {
        var original: Secret? = secret("one two")
        let part = original?.slice(4..<7), copy = original?.withBytes { Secret(copying: $0) }
        original = nil
        #expect(part?.equals(secret("two")) == true && part?.count == 3)
        #expect(copy?.equals(secret("one two")) == true)
        #expect(secret("x").slice(0..<0).count == 0)
        #expect(secret("").equals(secret("")))
        #expect(secret("a").withCString { strlen($0) } == 1 && secret("").withCString { strlen($0) } == 0)
    }

    @Test func `a part that reaches beyond its secret stops the program`() async {
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            _ = Secret(consuming: &bytes).slice(0..<4)
        }
    }

    @Test func `memory is zeroed`() {
        var bytes: [UInt8] = [1, 2, 3]
        bytes.withUnsafeMutableBytes { Secret.zero($0) }
        #expect(bytes == [0, 0, 0])
        Secret.zero(UnsafeMutableRawBufferPointer(start: nil, count: 0))
        // A new secret begins as zeros, whatever lay there before.
        for count in [0, 1, 31, 4096] {
            let made = Secret(count: count) { buffer in #expect(buffer.allSatisfy { $0 == 0 }) }
            #expect(made.count == count)
        }
    }

    @Test func `a secret that goes leaves nothing where it lay`() throws {
        // Read through the system, not through a pointer that is valid no more.
        let marker = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
        var made: Secret? = marker.withUnsafeBytes { Secret(copying: $0) }
        let address = made?.withBytes { UInt(bitPattern: $0.baseAddress) } ?? 0
        made = nil
        var found = [UInt8](repeating: 0, count: 4096)
        let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        defer { close(memory) }
        try #require(memory != -1)
        let count = pread(memory, &found, found.count, off_t(address))
        // The allocator may have given the pages back; then there is nothing to read.
        if count > 0 { #expect(!found[..<count].contains(subsequence: marker[100..<164])) }
    }

    @Test func `the process leaves no core dump`() async {
        await #expect(processExitsWith: .success) {
            Secret.protectProcess()
            var limit = rlimit()
            let isRead = getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0
            exit(isRead && limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 1)
        }
    }

    @Test func `an initialiser that fails leaves nothing behind`() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try Secret(count: 4) { (_: UnsafeMutableRawBufferPointer) throws(Stop) in throw Stop() }
        }
    }
}

extension Collection<UInt8> {
    fileprivate func contains(subsequence other: some Collection<UInt8>) -> Bool {
        indices.contains { self[$0...].starts(with: other) }
    }
}
