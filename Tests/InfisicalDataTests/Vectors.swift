import Crypto
import InfisicalData
import Secrets
import Testing

/// Known keys and values of the data format, and small makers of values to try keys on.
enum Vectors {
    static let keyText = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    static let base64Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let utf8Label = "64d84174700b1b35be52812c766bf38b"
    static let base64Label = "e504f6ddf5f101323338d658d5d02087"

    static let rootBlob =
        "000102030405060708090a0b95d6010907d4b92e204ea7223b25771268fbbc5eabd407402981a14e824aafb808d6da71d72df6251051202e"
        + "817d56ed"
    static let kmsKeyBlob =
        "000102030405060708090a0b31c19431598117d6369af1bde68dd504eb83224a3757700d8bc29d5ddf62410c02285483ec70276669ce6f7e"
        + "681bb897"
    static let dataKeyBlob =
        "000102030405060708090a0b75f3a42c881ebbf70b0526ba776f9049477af264729257b0dc114681a52c8ef3b8d6cc80cc30ca874207142e"
        + "612b4379763031"
    static let secretBlob = "000102030405060708090a0b70c262568440cd4775cd51777649ce0b10d8bd8c8003d56cc8c88d763031"
    static let emptyBlob = "000102030405060708090a0bc853fe198e6f715f768930a5cde47826763031"

    static let utf8Triple = LegacyTriple(
        ciphertext: "4epW3qYxpwKsoA==", iv: "AAECAwQFBgcICQoLDA0ODw==", tag: "7G+dRHeOS6knKs31xdYbpQ==")
    static let base64Triple = LegacyTriple(
        ciphertext: "M22mO7aAoWnoNQ==", iv: "AAECAwQFBgcICQoL", tag: "QzQbSNrx1a8ikBYfJbvHoQ==")

    static let rootKey = repeated(0x11)
    static let kmsKey = repeated(0x22)
    static let dataKey = repeated(0x33)

    static func repeated(_ byte: UInt8) -> Secret {
        Secret(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: byte) }
    }

    static func secret(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return Secret(consuming: &bytes)
    }

    static func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

    static func text(_ secret: Secret) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

    /// Seals text or a key as a bare blob with a fixed IV; fine for tests, never for data.
    static func blob(_ content: Secret, key: Secret) throws -> [UInt8] {
        let iv = [UInt8](0..<12)
        let (ciphertext, tag) = try sealed(content, iv: iv, key: key)
        return iv + ciphertext + tag
    }

    /// Seals text as a legacy triple with an IV of 16 (utf8) or 12 bytes (base64).
    static func triple(_ content: String, key: Secret, ivSize: UInt8 = 16) throws -> LegacyTriple {
        let iv = [UInt8](0..<ivSize)
        let (ciphertext, tag) = try sealed(secret(content), iv: iv, key: key)
        return try #require(
            LegacyTriple(ciphertext: Base64.encode(ciphertext), iv: Base64.encode(iv), tag: Base64.encode(tag)))
    }

    private static func sealed(_ content: Secret, iv: [UInt8], key: Secret) throws -> ([UInt8], [UInt8]) {
        var cipher = try AESGCM()
        var ciphertext = [UInt8](repeating: 0, count: content.count), tag = [UInt8](repeating: 0, count: 16)
        try ciphertext.withUnsafeMutableBytes { target in
            try tag.withUnsafeMutableBytes { tag in
                try content.withBytes { content in
                    try key.withBytes { key in
                        try iv.withUnsafeBytes { iv in
                            try cipher.seal(key: key, iv: iv, plaintext: content, into: target, tag: tag)
                        }
                    }
                }
            }
        }
        return (ciphertext, tag)
    }
}
