import Testing

@testable import Census

@Suite("Members of JSON")
struct JSONMembersTests {
    private func members(_ json: String) -> [String] {
        var json = json
        return json.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...], found: [String] = []
            while let text = JSONMembers.next("encryptedValue", in: &rest) {
                found.append(String(decoding: text, as: UTF8.self))
            }
            return found
        }
    }

    @Test func `every text of the name is found, wherever it stands`() {
        #expect(members(#"[{"key": "a", "encryptedValue": "AA=="}, {"encryptedValue":"BB=="}]"#) == ["AA==", "BB=="])
        #expect(members(#"{"a": {"encryptedValue" : ""}}"#) == [""])
    }

    @Test func `texts that look like it are none`() {
        #expect(members(#"[{"key": "encryptedValue", "value": "x \"encryptedValue\": \"y\""}]"#).isEmpty)
        #expect(members(#"{"encryptedValue": null, "b": {"encryptedValue": 5}}"#).isEmpty)
    }

    @Test(arguments: [
        "", "\"", "\"encryptedValue", "\"encryptedValue\"", "\"encryptedValue\":", "{\"encryptedValue\": \"open",
    ])
    func `what is cut off ends`(json: String) { #expect(members(json).count <= 1) }
}
