import Crypto
import InfisicalData
import Secrets
import Testing

@Suite struct CiphertextTests {
    private let kek = Vectors.secret(Vectors.keyText)

    private func openBlob(_ bytes: [UInt8], _ key: Secret) throws -> Secret {
        var cipher = try AESGCM()
        return try KMSBlob.open(bytes, key: key, with: &cipher)
    }

    private func openVersioned(_ bytes: [UInt8], _ key: Secret) throws -> Secret {
        var cipher = try AESGCM()
        return try bytes.withUnsafeBytes { try VersionedBlob.open($0, key: key, with: &cipher) }
    }

    // V1
    @Test func `the label of a key is the one Infisical computes`() throws {
        #expect(KEKLabel.of(kek) == Vectors.utf8Label)
        var decoded = try #require(Base64.decode(Vectors.base64Key))
        #expect(KEKLabel.of(Secret(consuming: &decoded)) == Vectors.base64Label)
    }

    // V2, V3
    @Test func `the chain from the environment's key to a data key opens`() throws {
        let root = try openBlob(Vectors.bytes(Vectors.rootBlob), kek)
        #expect(root.equals(Vectors.rootKey))
        let kms = try openBlob(Vectors.bytes(Vectors.kmsKeyBlob), root)
        #expect(kms.equals(Vectors.kmsKey))
        let data = try openVersioned(Vectors.bytes(Vectors.dataKeyBlob), kms)
        #expect(data.equals(Vectors.dataKey))
    }

    // V4
    @Test func `a secret opens under the data key, an empty one too`() throws {
        #expect(Vectors.text(try openVersioned(Vectors.bytes(Vectors.secretBlob), Vectors.dataKey)) == "hello ünï")
        #expect(try openVersioned(Vectors.bytes(Vectors.emptyBlob), Vectors.dataKey).count == 0)
    }

    // V5
    @Test func `legacy triples open with IVs of 16 and 12 bytes`() throws {
        var cipher = try AESGCM()
        let utf8 = try #require(Vectors.utf8Triple), base64 = try #require(Vectors.base64Triple)
        #expect(Vectors.text(try utf8.open(key: kek, with: &cipher)) == "top secret")
        var decoded = try #require(Base64.decode(Vectors.base64Key))
        #expect(Vectors.text(try base64.open(key: Secret(consuming: &decoded), with: &cipher)) == "top secret")
        #expect(utf8.encodingByIV == .utf8)
        #expect(base64.encodingByIV == .base64)
    }

    // V6, V7
    @Test func `a project key comes out of its box and opens a legacy secret`() throws {
        let privateKey = Vectors.repeated(0x07)
        let box = try #require(Base64.decode("VEVlEM1w2C2+IniAJkJhOldB2OmkJiyMBbRqhIgOiGJCL8HgMT+Na/zP2yAekYe1"))
        let publicKey = try #require(Base64.decode("E75P6uryBMf9M1j8nAByGIHRdCeBKCJ+xnTzf3/pe20="))
        let projectKey = try box.withUnsafeBytes { box in
            try publicKey.withUnsafeBytes { publicKey in
                try [UInt8](repeating: 0, count: 24).withUnsafeBytes { nonce in
                    try NaClBox.open(box, nonce: nonce, publicKey: publicKey, privateKey: privateKey)
                }
            }
        }
        #expect(Vectors.text(projectKey) == "00112233445566778899aabbccddeeff")
        let value = try #require(
            LegacyTriple(ciphertext: "APxk3H0x", iv: "AAECAwQFBgcICQoLDA0ODw==", tag: "luW65FKvBFjJNg7amNfbcA=="))
        var cipher = try AESGCM()
        #expect(Vectors.text(try value.open(key: projectKey, with: &cipher)) == "value1")
    }

    // V8
    @Test func `the blind index of a value is an HMAC under a key derived from the data key`() throws {
        let key = try HKDF.sha256(key: Vectors.dataKey, info: "infisical-secret-value-blind-index-v1", count: 32)
        #expect(
            key.withBytes { Hex.encode($0) } == "01e38285ece66d4c317cda6b3db9da55c605b9324f40ce5590f2285f229cad00")
        var code = HMACSHA256(key: key)
        let index = Array("hello ünï".utf8).withUnsafeBytes { code.authenticate($0).hex }
        #expect(index == "c3a61df8841a1d0f17b5cbcbf87b1f62ad2272ad5b4c65db862c467f8c34ed61")
    }

    @Test func `another key, a changed byte or too few bytes do not open`() throws {
        var bytes = try Vectors.bytes(Vectors.rootBlob)
        #expect(throws: CryptoFault.notAuthentic) { try openBlob(bytes, Vectors.rootKey) }
        bytes[20] ^= 1
        #expect(throws: CryptoFault.notAuthentic) { try openBlob(bytes, kek) }
        #expect(throws: CryptoFault.notAuthentic) { try openBlob(Array(bytes.prefix(27)), kek) }
        #expect(throws: CryptoFault.notAuthentic) { try openBlob([], kek) }
        let triple = try #require(Vectors.utf8Triple)
        var cipher = try AESGCM()
        #expect(throws: CryptoFault.notAuthentic) { try triple.open(key: Vectors.rootKey, with: &cipher) }
    }

    @Test func `the mark behind a blob says its layout`() throws {
        let bare = try Vectors.bytes(Vectors.rootBlob)
        #expect(bare.withUnsafeBytes { VersionedBlob($0) } == nil)
        let first = (bare + Array("v01".utf8)).withUnsafeBytes { VersionedBlob($0) }
        #expect(first?.layout == .v01)
        #expect(first?.blobLength == bare.count)
        let second = (bare + [0, 0, 1, 2] + Array("v02".utf8)).withUnsafeBytes { VersionedBlob($0) }
        #expect(second?.layout == .v02(keyVersion: 258))
        #expect(second?.blobLength == bare.count)
        #expect((bare + Array("v03".utf8)).withUnsafeBytes { VersionedBlob($0) } == nil)
    }

    @Test func `a value too short for its mark is not recognised`() throws {
        let short = [UInt8](repeating: 0, count: 28)
        #expect((short.dropLast() + Array("v01".utf8)).withUnsafeBytes { VersionedBlob($0) } == nil)
        #expect((short + Array("v01".utf8)).withUnsafeBytes { VersionedBlob($0) }?.blobLength == 28)
        // 31 bytes ending in v02 lack room for the key's version.
        #expect((short + Array("v02".utf8)).withUnsafeBytes { VersionedBlob($0) } == nil)
        #expect((short + [0, 0, 0, 2] + Array("v02".utf8)).withUnsafeBytes { VersionedBlob($0) }?.blobLength == 28)
        #expect([UInt8]().withUnsafeBytes { VersionedBlob($0) } == nil)
        #expect(throws: CryptoFault.notAuthentic) { try openVersioned(short, Vectors.dataKey) }
    }

    @Test func `a v02 value opens with the version of the key that it names`() throws {
        let blob = try Vectors.blob(Vectors.secret("rotated"), key: Vectors.kmsKey)
        let value = blob + [0, 0, 0, 7] + Array("v02".utf8)
        #expect(Vectors.text(try openVersioned(value, Vectors.kmsKey)) == "rotated")
    }

    @Test(arguments: [
        ("4epW3qYxpwKsoA", "AAECAwQFBgcICQoLDA0ODw==", "7G+dRHeOS6knKs31xdYbpQ=="),
        ("4epW3qYxpwKsoA==", "", "7G+dRHeOS6knKs31xdYbpQ=="),
        ("4epW3qYxpwKsoA==", "AAECAwQFBgcICQoLDA0ODw==", "7G+dRHeOS6knKs31xdY="),
        ("4epW3qYxpwKsoA==", "AAECAwQFBgcICQoLDA0ODw==", "no base64"),
    ])
    func `columns that hold no triple are refused`(ciphertext: String, iv: String, tag: String) {
        #expect(LegacyTriple(ciphertext: ciphertext, iv: iv, tag: tag) == nil)
    }

    @Test func `an IV of a length that Infisical never wrote speaks for no key`() throws {
        #expect(try Vectors.triple("x", key: Vectors.rootKey, ivSize: 8).encodingByIV == nil)
    }

    @Test func `the fault of a crypto library that does not work says what to look at`() {
        let fault = InfisicalDataFault.crypto(.unavailable(algorithm: "AES-256-GCM"))
        #expect(fault.code == "infisical-data.crypto")
        #expect(fault.message.contains("AES-256-GCM"))
        #expect(fault.hints.count == 1)
    }
}
