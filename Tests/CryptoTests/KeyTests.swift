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

    // Each result is the next scalar, and the scalar the next point (section 5.2).
    @Test func `X25519 a thousand times over matches RFC 7748`() throws {
        var scalar = try bytes(hex: "09" + String(repeating: "00", count: 31)), point = scalar
        for round in 1...1000 {
            let next = try point.withUnsafeBytes { try X25519.sharedSecret(privateKey: secret(scalar), publicKey: $0) }
            (point, scalar) = (scalar, next.withBytes { Array($0) })
            if round == 1 {
                #expect(
                    Hex.encode(scalar) == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
            }
        }
        #expect(Hex.encode(scalar) == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")
    }

    @Test func `the exchange of RFC 7748 gives its secret`() throws {
        let bob = secret(try bytes(hex: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        #expect(
            Hex.encode(try X25519.publicKey(of: bob))
                == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        let alice = try bytes(hex: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        let shared = try alice.withUnsafeBytes { try X25519.sharedSecret(privateKey: bob, publicKey: $0) }
        #expect(hex(shared) == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
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
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
                + "454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
                + "3dca179c138ac17ad9bef1177331a704"
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

    // The order of the curve added to the second half is the same number to careless verifiers.
    @Test func `an Ed25519 signature has one spelling`() throws {
        let seed = try Ed25519.generateSeed(), key = try Ed25519.publicKey(seed: seed), message = Array("x".utf8)
        let good = try message.withUnsafeBytes { try Ed25519.sign($0, seed: seed) }
        let order = try bytes(hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var other = good, carry = 0
        for index in 0..<32 {
            carry += Int(good[32 + index]) + Int(order[index])
            other[32 + index] = UInt8(truncatingIfNeeded: carry)
            carry >>= 8
        }
        try message.withUnsafeBytes { try Ed25519.verify(good, of: $0, publicKey: key) }
        #expect(throws: CryptoFault.badSignature) {
            try message.withUnsafeBytes { try Ed25519.verify(other, of: $0, publicKey: key) }
        }
        #expect(throws: CryptoFault.badSignature) {
            try message.withUnsafeBytes { try Ed25519.verify(good + [0], of: $0, publicKey: key) }
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
