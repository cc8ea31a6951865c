import Crypto
import Testing

@Suite struct CodingTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 matches RFC 4648`(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        let bare = String(text.prefix { $0 != "=" })
        #expect(Base64.encode(Array(plain.utf8), padded: false) == bare)
        #expect(Base64.decode(bare, padded: false) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "====", "=", "==", "Z===", "Zg==Zg==", "Zm 9v", "Zm9v\n", "Zm9_", "Zm9-",
        "Zgé=", "Z=g=",
    ])
    func `padded base64 that is not canonical is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zg==", "Z", "Zh", "Zm9", "Zm9vY", "Zm9v ", "Zm9vYg="])
    func `unpadded base64 that is not canonical is refused`(text: String) {
        #expect(Base64.decode(text, padded: false) == nil)
    }

    @Test func `base64 of every byte comes back, and a target that is too small is refused`() {
        let all = (0..<256).map { UInt8($0) }
        #expect(Base64.decode(Base64.encode(all)) == all)
        var target = [UInt8](repeating: 0, count: 2)
        let written = Array("Zm9v".utf8).withUnsafeBytes { text in
            target.withUnsafeMutableBytes { Base64.decode(text, padded: true, into: $0) }
        }
        #expect(written == nil)
    }

    @Test func `hexadecimal comes back and is strict`() {
        let all = (0..<256).map { UInt8($0) }
        #expect(Hex.decode(Hex.encode(all)) == all)
        #expect(Hex.encode([0, 0xab, 0xff]) == "00abff")
        for text in ["0", "0g", "AB", "0x00", " 00", "00é0"] { #expect(Hex.decode(text) == nil) }
    }

    @Test func `a digest has one spelling`() throws {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let digest = try #require(Digest32(hex: text))
        #expect(digest.hex == text)
        #expect("\(digest)" == text)
        #expect(digest == SHA256.hash(Array("abc".utf8)))
        #expect(digest.equalsInConstantTime(SHA256.hash(Array("abc".utf8))))
        #expect(!digest.equalsInConstantTime(SHA256.hash(Array("abd".utf8))))
        #expect(Set([digest, SHA256.hash(Array("abc".utf8))]).count == 1)
        #expect(Digest32(hex: text.uppercased()) == nil)
        #expect(Digest32(hex: String(text.dropLast(2))) == nil)
    }

    @Test func `constant-time comparison looks at every byte`() {
        let equal = { (left: [UInt8], right: [UInt8]) in
            left.withUnsafeBytes { left in right.withUnsafeBytes { ConstantTime.equal(left, $0) } }
        }
        #expect(equal([], []))
        #expect(equal([1, 2, 3], [1, 2, 3]))
        #expect(!equal([1, 2, 3], [1, 2]))
        for index in 0..<3 {
            var other: [UInt8] = [1, 2, 3]
            other[index] ^= 0x80
            #expect(!equal([1, 2, 3], other))
        }
    }

    @Test(arguments: [
        CryptoFault.unavailable(algorithm: "X"), .failed(operation: "X"), .noRandomness,
        .wrongLength(of: "a key", count: 3), .notAuthentic, .lowOrderPoint, .badSignature,
        .malformed(what: "a key", why: "it is short"),
    ])
    func `every fault has a code and words`(fault: CryptoFault) {
        #expect(fault.code.hasPrefix("crypto."))
        #expect(!fault.message.isEmpty && !fault.message.hasSuffix("."))
    }
}
