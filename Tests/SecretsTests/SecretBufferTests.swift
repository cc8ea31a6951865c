import FoundationEssentials
import Secrets
import Testing

@Suite struct SecretBufferTests {
    @Test func `whatever a text holds, a reader of JSON has it again`() throws {
        for text in ["", "plain", "a\"b\\c/", "\u{0}\u{1}\n\r\t\u{1f} ", "é\u{2028}\u{1f511}", "\"},{\"x\":\"y"] {
            let buffer = SecretBuffer(capacity: 4)
            buffer.append(json: text)
            #expect(try JSONDecoder().decode(String.self, from: buffer.withBytes { Data($0) }) == text)
            var bytes = Array(text.utf8)
            let other = SecretBuffer()
            other.append(json: Secret(consuming: &bytes))
            #expect(other.withBytes { Array($0) } == buffer.withBytes { Array($0) })
        }
    }
}
