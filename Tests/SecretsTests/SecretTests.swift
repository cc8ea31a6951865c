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

    @Test(arguments: [("  a b\t\n", "a b"), ("", ""), (" \n ", ""), ("x", "x")])
    func `white space around a value goes`(text: String, trimmed: String) {
        #expect(secret(text).trimmed().equals(secret(trimmed)))
    }

    @Test func `C sees a terminated copy`() {
        #expect(secret("value").withCString { String(cString: $0) } == "value")
    }

    @Test func `an initialiser that fails leaves nothing behind`() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try Secret(count: 4) { (_: UnsafeMutableRawBufferPointer) throws(Stop) in throw Stop() }
        }
    }
}
