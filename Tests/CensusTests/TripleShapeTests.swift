import Testing

@testable import Census

@Suite("Groups of text columns that look like a ciphertext with IV and tag")
struct TripleShapeTests {
    private func names(_ columns: String...) -> [String] { TripleShape.all(among: Set(columns)).map(\.ciphertext) }

    @Test func `Infisical's own names are found by their stem`() {
        #expect(
            names("urlCipherText", "urlIV", "urlTag", "encryptedSecretKey", "iv", "tag", "keyEncoding") == [
                "encryptedSecretKey", "urlCipherText",
            ])
        #expect(names("protectedKey", "protectedKeyIV", "protectedKeyTag") == ["protectedKey"])
        #expect(names("encryptedClientId", "clientIdIV", "clientIdTag") == ["encryptedClientId"])
    }

    @Test func `other names of the same form are found too`() {
        #expect(names("otherCipher", "otherIV", "otherTag", "otherNonce") == ["otherCipher"])
        #expect(names("cipher", "iv", "tag", "name") == ["cipher"])
    }

    @Test func `an IV or a tag alone makes no group`() {
        #expect(names("urlCipherText", "urlIV").isEmpty)
        #expect(names("urlCipherText", "urlTag", "tag").isEmpty)
        #expect(names("iv", "tag", "name").isEmpty)
    }
}
