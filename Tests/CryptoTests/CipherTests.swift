import Crypto
import Secrets
import Testing

@Suite struct CipherTests {
    /// One value as Infisical stores it.
    struct Vector: Sendable {
        let name: String
        let key: [UInt8]
        let iv: [UInt8]
        let plaintext: [UInt8]
        let sealed: String
    }

    static let shortIV = (0..<12).map { UInt8($0) }
    static let longIV = (0..<16).map { UInt8($0) }
    static let key = Array("0f1e2d3c4b5a69788796a5b4c3d2e1f0".utf8)

    static let vectors = [
        Vector(
            name: "root key under ENCRYPTION_KEY", key: key, iv: shortIV, plaintext: .init(repeating: 0x11, count: 32),
            sealed: "95d6010907d4b92e204ea7223b25771268fbbc5eabd407402981a14e824aafb8"
                + "08d6da71d72df6251051202e817d56ed"),
        Vector(
            name: "KMS key under root key", key: .init(repeating: 0x11, count: 32), iv: shortIV,
            plaintext: .init(repeating: 0x22, count: 32),
            sealed: "31c19431598117d6369af1bde68dd504eb83224a3757700d8bc29d5ddf62410c"
                + "02285483ec70276669ce6f7e681bb897"),
        Vector(
            name: "secret under data key", key: .init(repeating: 0x33, count: 32), iv: shortIV,
            plaintext: Array("hello ünï".utf8), sealed: "70c262568440cd4775cd51777649ce0b10d8bd8c8003d56cc8c88d"),
        Vector(
            name: "empty secret", key: .init(repeating: 0x33, count: 32), iv: shortIV, plaintext: [],
            sealed: "c853fe198e6f715f768930a5cde47826"),
        Vector(
            name: "legacy triple with an IV of 16 bytes", key: key, iv: longIV, plaintext: Array("top secret".utf8),
            sealed: "e1ea56dea631a702aca0" + "ec6f9d44778e4ba9272acdf5c5d61ba5"),
        Vector(
            name: "legacy secret under its project key", key: Array("00112233445566778899aabbccddeeff".utf8),
            iv: longIV, plaintext: Array("value1".utf8), sealed: "00fc64dc7d31" + "96e5bae452af0458c9360eda98d7db70"),
        // Test case 2 of the GCM specification.
        Vector(
            name: "AES-128", key: .init(repeating: 0, count: 16), iv: .init(repeating: 0, count: 12),
            plaintext: .init(repeating: 0, count: 16),
            sealed: "0388dace60b6a392f328c2b971b2fe78" + "ab6e47d42cec13bdf53a67b21257bddf"),
    ]

    /// The test cases of the GCM specification (and of NIST's validation) that have no additional data: key, IV,
    /// plaintext, ciphertext and tag.
    static let published = [
        ("00", 16, "00", "", "58e2fccefa7e3061367f1d57a4e7455a"),
        ("00", 32, "00", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        ("00", 32, "00", "00", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
        (
            "feffe9928665731c6d6a8f9467308308", 16, "cafebabefacedbaddecaf888", long,
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
                + "1ba30b396a0aac973d58e091473f59854d5c2af327cd64a62cf35abd2ba6fab4"
        ),
        (
            "feffe9928665731c6d6a8f9467308308", 32, "cafebabefacedbaddecaf888", long,
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                + "c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"
        ),
    ]
    private static let long =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
        + "b16aedf5aa0de657ba637b391aafd255"

    @Test(arguments: published)
    func `AES-GCM matches the published test cases`(
        key: String, size: Int, iv: String, plaintext: String, sealed: String
    ) throws {
        var cipher = try AESGCM()
        let repeated = { (text: String, count: Int) in
            let bytes = try bytes(hex: text)
            return (0..<count).map { bytes[$0 % bytes.count] }
        }
        let key = try repeated(key, size), iv = try repeated(iv, 12)
        let plaintext = plaintext == "00" ? [UInt8](repeating: 0, count: 16) : try bytes(hex: plaintext)
        let made = try seal(&cipher, key, iv, plaintext)
        #expect(Hex.encode(made) == sealed)
        #expect(try open(&cipher, key, iv, made) == plaintext)
    }

    @Test func `one AES-GCM context opens and seals all vectors in any order`() throws {
        var cipher = try AESGCM()
        for vector in Self.vectors + Self.vectors.reversed() {
            let sealed = try bytes(hex: vector.sealed)
            #expect(try seal(&cipher, vector.key, vector.iv, vector.plaintext) == sealed, "\(vector.name)")
            #expect(try open(&cipher, vector.key, vector.iv, sealed) == vector.plaintext, "\(vector.name)")
        }
    }

    @Test func `AES-GCM refuses every flipped bit and works on afterwards`() throws {
        var cipher = try AESGCM()
        let vector = Self.vectors[2], good = try bytes(hex: vector.sealed)
        for index in good.indices {
            var sealed = good
            sealed[index] ^= 1
            #expect(throws: CryptoFault.notAuthentic) { try open(&cipher, vector.key, vector.iv, sealed) }
        }
        #expect(throws: CryptoFault.notAuthentic) { try open(&cipher, Self.vectors[1].key, vector.iv, good) }
        #expect(try open(&cipher, vector.key, vector.iv, good) == vector.plaintext)
    }

    @Test func `AES-GCM leaves nothing behind when it refuses`() throws {
        var cipher = try AESGCM(), target = [UInt8](repeating: 7, count: 16)
        #expect(throws: CryptoFault.notAuthentic) {
            try Self.key.withUnsafeBytes { key in
                try [UInt8](repeating: 1, count: 16).withUnsafeBytes { text in
                    try target.withUnsafeMutableBytes {
                        try cipher.open(key: key, iv: text, ciphertext: text, tag: text, into: $0)
                    }
                }
            }
        }
        #expect(target == [UInt8](repeating: 0, count: 16))
    }

    @Test(arguments: [1, 15, 16, 4096])
    func `AES-GCM proves a value of any size in a room of any size`(size: Int) throws {
        var cipher = try AESGCM(), room = [UInt8](repeating: 0, count: size)
        for count in [0, 1, 16, 17, 4096, 10_000] {
            var sealed = try seal(&cipher, Self.key, Self.shortIV, [UInt8](repeating: 5, count: count))
            for isSound in [true, false] {
                if !isSound { sealed[sealed.count / 2] ^= 1 }
                let found = try Self.key.withUnsafeBytes { key in
                    try Self.shortIV.withUnsafeBytes { iv in
                        try sealed.withUnsafeBytes { sealed in
                            try room.withUnsafeMutableBytes { room in
                                try cipher.authenticates(
                                    key: key, iv: iv,
                                    ciphertext: UnsafeRawBufferPointer(rebasing: sealed[..<count]),
                                    tag: UnsafeRawBufferPointer(rebasing: sealed[count...]), through: room)
                            }
                        }
                    }
                }
                #expect(found == isSound, "\(count) bytes")
            }
        }
    }

    @Test func `AES-GCM takes IVs of any length and refuses other lengths that make no sense`() throws {
        var cipher = try AESGCM()
        for count in [1, 8, 12, 13, 16, 24, 60, 128] {
            for key in [Self.key, Array(Self.key[..<16])] {
                let iv = [UInt8](repeating: 9, count: count)
                let sealed = try seal(&cipher, key, iv, [1, 2, 3])
                #expect(try open(&cipher, key, iv, sealed) == [1, 2, 3])
            }
        }
        #expect(throws: CryptoFault.wrongLength(of: "an AES-GCM IV", count: 0)) {
            try seal(&cipher, Self.key, [], [1])
        }
        #expect(throws: CryptoFault.wrongLength(of: "an AES-GCM key", count: 24)) {
            try seal(&cipher, Array(Self.key[..<24]), Self.shortIV, [1])
        }
        #expect(throws: CryptoFault.wrongLength(of: "an AES-GCM tag", count: 15)) {
            try open(&cipher, Self.key, Self.shortIV, [], tag: [UInt8](repeating: 0, count: 15))
        }
        #expect(throws: CryptoFault.wrongLength(of: "an AES-GCM IV", count: 1 << 20)) {
            try seal(&cipher, Self.key, [UInt8](repeating: 0, count: 1 << 20), [1])
        }
        #expect(try seal(&cipher, Self.key, Self.shortIV, []).count == 16)
    }

    // RFC 8439's key and nonce (2.8.2); ciphertext without additional data, hence another tag than there.
    @Test func `ChaCha20-Poly1305 encrypts as RFC 8439 does`() throws {
        let key = (0x80..<0xa0).map { UInt8($0) }
        let nonce: [UInt8] = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47]
        let plaintext = Array(
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, ".utf8)
        let sealed = try seal(key, nonce, plaintext)
        #expect(
            Hex.encode(Array(sealed[..<48]))
                == "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b")
        #expect(Hex.encode(Array(sealed[plaintext.count...])) == "88774d057b85e50cba8bdcded51d4490")
        #expect(try open(key, nonce, sealed) == plaintext)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 64, 65, 4096])
    func `ChaCha20-Poly1305 opens what it sealed and refuses it changed`(count: Int) throws {
        let key = [UInt8](repeating: 3, count: 32), nonce = [UInt8](repeating: 4, count: 12)
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try seal(key, nonce, plaintext)
        #expect(try open(key, nonce, sealed) == plaintext)
        for index in [0, sealed.count / 2, sealed.count - 1] {
            var changed = sealed
            changed[index] ^= 0x10
            #expect(throws: CryptoFault.notAuthentic) { try open(key, nonce, changed) }
        }
        #expect(throws: CryptoFault.notAuthentic) { try open(key, nonce, Array(sealed.dropLast())) }
        #expect(throws: CryptoFault.notAuthentic) { try open([UInt8](repeating: 5, count: 32), nonce, sealed) }
    }

    @Test func `ChaCha20-Poly1305 takes another key, and only lengths that fit`() throws {
        let first = secret([UInt8](repeating: 1, count: 32)), second = [UInt8](repeating: 2, count: 32)
        let nonce = [UInt8](repeating: 0, count: 12)
        var cipher = try ChaChaPoly(key: first), target = [UInt8](repeating: 0, count: 19)
        try cipher.rekey(secret(second))
        try [1, 2, 3].withUnsafeBytes { (plaintext: UnsafeRawBufferPointer) in
            try nonce.withUnsafeBytes { nonce in
                try target.withUnsafeMutableBytes { target in
                    let three = UnsafeRawBufferPointer(rebasing: plaintext[..<3])
                    try cipher.seal(three, nonce: nonce, into: target)
                    #expect(throws: CryptoFault.wrongLength(of: "the target buffer", count: 18)) {
                        try cipher.seal(
                            three, nonce: nonce, into: UnsafeMutableRawBufferPointer(rebasing: target[..<18]))
                    }
                    #expect(throws: CryptoFault.wrongLength(of: "a ChaCha20-Poly1305 nonce", count: 11)) {
                        try cipher.seal(
                            three, nonce: UnsafeRawBufferPointer(rebasing: nonce[..<11]), into: target)
                    }
                }
            }
        }
        #expect(try open(second, nonce, target).count == 3)
        #expect(throws: CryptoFault.notAuthentic) { try open([UInt8](repeating: 1, count: 32), nonce, target) }
        #expect(throws: CryptoFault.wrongLength(of: "a ChaCha20 key", count: 31)) {
            _ = try ChaChaPoly(key: secret([UInt8](repeating: 0, count: 31)))
        }
    }

    private func seal(_ key: [UInt8], _ nonce: [UInt8], _ plaintext: [UInt8]) throws -> [UInt8] {
        var cipher = try ChaChaPoly(key: secret(key)), target = [UInt8](repeating: 0, count: plaintext.count + 16)
        try plaintext.withUnsafeBytes { plaintext in
            try nonce.withUnsafeBytes { nonce in
                try target.withUnsafeMutableBytes { try cipher.seal(plaintext, nonce: nonce, into: $0) }
            }
        }
        return target
    }

    private func open(_ key: [UInt8], _ nonce: [UInt8], _ sealed: [UInt8]) throws -> [UInt8] {
        var cipher = try ChaChaPoly(key: secret(key)), target = [UInt8](repeating: 0, count: max(0, sealed.count - 16))
        try sealed.withUnsafeBytes { sealed in
            try nonce.withUnsafeBytes { nonce in
                try target.withUnsafeMutableBytes { try cipher.open(sealed, nonce: nonce, into: $0) }
            }
        }
        return target
    }

    /// Ciphertext followed by tag.
    private func seal(
        _ cipher: inout AESGCM, _ key: [UInt8], _ iv: [UInt8], _ plaintext: [UInt8]
    ) throws -> [UInt8] {
        var target = [UInt8](repeating: 0, count: plaintext.count), tag = [UInt8](repeating: 0, count: 16)
        try key.withUnsafeBytes { key in
            try iv.withUnsafeBytes { iv in
                try plaintext.withUnsafeBytes { plaintext in
                    try target.withUnsafeMutableBytes { target in
                        try tag.withUnsafeMutableBytes {
                            try cipher.seal(key: key, iv: iv, plaintext: plaintext, into: target, tag: $0)
                        }
                    }
                }
            }
        }
        return target + tag
    }

    private func open(
        _ cipher: inout AESGCM, _ key: [UInt8], _ iv: [UInt8], _ sealed: [UInt8], tag: [UInt8]? = nil
    ) throws -> [UInt8] {
        let text = Array(sealed.dropLast(16)), tag = tag ?? Array(sealed.suffix(16))
        var target = [UInt8](repeating: 0, count: text.count)
        try key.withUnsafeBytes { key in
            try iv.withUnsafeBytes { iv in
                try text.withUnsafeBytes { text in
                    try tag.withUnsafeBytes { tag in
                        try target.withUnsafeMutableBytes {
                            try cipher.open(key: key, iv: iv, ciphertext: text, tag: tag, into: $0)
                        }
                    }
                }
            }
        }
        return target
    }
}
