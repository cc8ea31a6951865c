import Crypto
import Secrets
import Testing

@Suite struct KeyTests {
    @Test func `X25519 matches RFC 7748`() throws {
        let scalar = secret(try bytes(hex: "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"))
        let point = try bytes(hex: "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
        let shared = try point.withUnsafeBytes { try X25519.sharedSecret(privateKey: scalar, publicKey: $0) }
        #expect(hex(shared) == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    }

    @Test func `two parties agree on one secret`() throws {
        let alice = try Random.secret(count: 32), bob = try Random.secret(count: 32)
        let alicePublic = try X25519.publicKey(of: alice), bobPublic = try X25519.publicKey(of: bob)
        let one = try bobPublic.withUnsafeBytes { try X25519.sharedSecret(privateKey: alice, publicKey: $0) }
        let two = try alicePublic.withUnsafeBytes { try X25519.sharedSecret(privateKey: bob, publicKey: $0) }
        #expect(one.equals(two))
    }

    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
    func `a public key of low order is refused`(point: String) throws {
        let key = try X25519.PrivateKey(Random.secret(count: 32))
        #expect(throws: CryptoFault.lowOrderPoint) {
            try bytes(hex: point).withUnsafeBytes { try key.sharedSecret(with: $0) }
        }
    }

    @Test func `keys of the wrong length are refused`() throws {
        let short = secret([1, 2, 3])
        #expect(throws: CryptoFault.wrongLength(of: "an X25519 key", count: 3)) { try X25519.publicKey(of: short) }
        let key = try X25519.PrivateKey(Random.secret(count: 32))
        #expect(throws: CryptoFault.wrongLength(of: "an X25519 key", count: 1)) {
            try [UInt8(1)].withUnsafeBytes { try key.sharedSecret(with: $0) }
        }
        #expect(throws: CryptoFault.wrongLength(of: "an Ed25519 seed", count: 3)) { try Ed25519.publicKey(seed: short) }
        #expect(throws: CryptoFault.wrongLength(of: "an Ed25519 public key", count: 3)) {
            try [UInt8(1)].withUnsafeBytes { try Ed25519.verify([], of: $0, publicKey: [1, 2, 3]) }
        }
    }

    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ])
    func `Ed25519 matches RFC 8032`(seed: String, publicKey: String, message: String, signature: String) throws {
        let seed = secret(try bytes(hex: seed)), message = try bytes(hex: message)
        let key = try Ed25519.publicKey(seed: seed)
        #expect(Hex.encode(key) == publicKey)
        let made = try message.withUnsafeBytes { try Ed25519.sign($0, seed: seed) }
        #expect(Hex.encode(made) == signature)
        try message.withUnsafeBytes { try Ed25519.verify(made, of: $0, publicKey: key) }
        #expect(throws: CryptoFault.badSignature) {
            try (message + [0]).withUnsafeBytes { try Ed25519.verify(made, of: $0, publicKey: key) }
        }
        #expect(throws: CryptoFault.badSignature) {
            try message.withUnsafeBytes { try Ed25519.verify(Array(made.dropLast()), of: $0, publicKey: key) }
        }
    }

    @Test func `a NaCl box opens as Infisical sealed it`() throws {
        let privateKey = secret([UInt8](repeating: 7, count: 32)), nonce = [UInt8](repeating: 0, count: 24)
        let publicKey = try #require(Base64.decode("E75P6uryBMf9M1j8nAByGIHRdCeBKCJ+xnTzf3/pe20="))
        let box = try #require(Base64.decode("VEVlEM1w2C2+IniAJkJhOldB2OmkJiyMBbRqhIgOiGJCL8HgMT+Na/zP2yAekYe1"))
        let content = secret("00112233445566778899aabbccddeeff")
        try nonce.withUnsafeBytes { nonce in
            try publicKey.withUnsafeBytes { publicKey in
                let open = { (box: [UInt8]) in
                    try box.withUnsafeBytes {
                        try NaClBox.open($0, nonce: nonce, publicKey: publicKey, privateKey: privateKey)
                    }
                }
                let opened = try open(box).equals(content)
                #expect(opened)
                let sealed = try NaClBox.seal(content, nonce: nonce, publicKey: publicKey, privateKey: privateKey)
                #expect(sealed == box)
                for index in box.indices {
                    var changed = box
                    changed[index] ^= 1
                    #expect(throws: CryptoFault.notAuthentic) { try open(changed) }
                }
                #expect(throws: CryptoFault.notAuthentic) { try open([1, 2, 3]) }
                let short = UnsafeRawBufferPointer(rebasing: nonce[..<23])
                #expect(throws: CryptoFault.wrongLength(of: "a NaCl box nonce", count: 23)) {
                    try NaClBox.seal(content, nonce: short, publicKey: publicKey, privateKey: privateKey)
                }
                #expect(throws: CryptoFault.wrongLength(of: "a NaCl public key", count: 23)) {
                    try NaClBox.seal(content, nonce: nonce, publicKey: short, privateKey: privateKey)
                }
                #expect(throws: CryptoFault.wrongLength(of: "a NaCl private key", count: 1)) {
                    try NaClBox.seal(content, nonce: nonce, publicKey: publicKey, privateKey: secret([1]))
                }
            }
        }
    }
}
