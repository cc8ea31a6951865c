import Crypto
import Repository
import Secrets
import Testing

@Suite struct HexKeyTests {
    @Test func `a key is 64 lower-case hex digits and a line feed`() throws {
        let key = Secret(count: 32) { target in for index in 0..<32 { target[index] = UInt8(index * 8) } }
        let text = HexKey.encode(key)
        #expect(text.text == "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8\n")
        #expect(try HexKey.decode(text, path: "key").equals(key))
    }

    @Test func `every key comes back, white space around it or not`() throws {
        for _ in 0..<20 {
            let key = try Random.secret(count: 32)
            #expect(try HexKey.decode(.testing(" \t\(HexKey.encode(key).text)\r\n"), path: "key").equals(key))
        }
    }

    @Test(arguments: [
        "", "\n", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "0F", count: 32), String(repeating: "0", count: 63) + "g",
        String(repeating: "0", count: 31) + " " + String(repeating: "0", count: 32),
    ])
    func `what is no key is refused without being shown`(text: String) {
        #expect(throws: RepositoryFault.malformed(path: "key", reason: "it is not a key of 64 hex digits")) {
            try HexKey.decode(.testing(text), path: "key")
        }
    }
}
