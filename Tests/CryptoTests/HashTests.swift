import Crypto
import Secrets
import Testing

@Suite struct HashTests {
    @Test func `SHA-2 matches FIPS 180`() {
        #expect(
            SHA256.hash([UInt8]()).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let sha512 = Array("abc".utf8).withUnsafeBytes { SHA512.hash($0) }
        #expect(
            Hex.encode(sha512)
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
    }

    @Test func `a million letters have the hash that FIPS 180 says`() {
        var stream = SHA256Stream()
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 { piece.withUnsafeBytes { stream.update($0) } }
        #expect(stream.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        let short = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(
            SHA256.hash(Array(short.utf8)).hex == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test func `a hash of pieces equals that of the whole, and the stream can be used again`() {
        let message = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var stream = SHA256Stream()
        for _ in 0..<2 {
            for start in stride(from: 0, to: message.count, by: 37) {
                message[start..<min(start + 37, message.count)].withUnsafeBytes { stream.update($0) }
            }
            #expect(stream.finish() == SHA256.hash(message))
        }
        #expect(stream.finish() == SHA256.hash([UInt8]()))
    }

    @Test(arguments: [
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "aa", count: 131),
            Hex.encode(
                Array(
                    ("This is a test using a larger than block-size key and a larger than block-size data. "
                        + "The key needs to be hashed before being used by the HMAC algorithm.").utf8)),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
        // Not in the RFC: the empty key.
        ("", "0000000000", "b03883baae7ca7c8aa2fbf979a16339bb52df6f47850fe3e0077cecc9cf2958f"),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b657920"
                + "4669727374", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `HMAC matches RFC 4231, as often as it is asked`(key: String, message: String, code: String) throws {
        var hmac = HMACSHA256(key: secret(try bytes(hex: key)))
        let message = try bytes(hex: message)
        for _ in 0..<3 { #expect(message.withUnsafeBytes { hmac.authenticate($0) }.hex == code) }
        message[..<5].withUnsafeBytes { hmac.update($0) }
        message[5...].withUnsafeBytes { hmac.update($0) }
        #expect(hmac.finish().hex == code)
        message.withUnsafeBytes { hmac.update($0) }
        hmac.reset()
        message.withUnsafeBytes { hmac.update($0) }
        #expect(hmac.finish().hex == code)
        message.withUnsafeBytes { hmac.update($0) }
        #expect(message.withUnsafeBytes { hmac.authenticate($0) }.hex == code)
    }

    @Test(arguments: [
        ("0f1e2d3c4b5a69788796a5b4c3d2e1f0", false, "64d84174700b1b35be52812c766bf38b"),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true, "e504f6ddf5f101323338d658d5d02087"),
    ])
    func `the label of a key is its prefixed SHA-256`(text: String, isBase64: Bool, label: String) throws {
        let key = isBase64 ? try #require(Base64.decode(text)) : Array(text.utf8)
        #expect(SHA256.hash(Array("infisical:kek-fingerprint:v1".utf8) + key).hex.prefix(32) == label)
    }

    @Test func `HKDF matches RFC 5869`() throws {
        let key = secret([UInt8](repeating: 0x0b, count: 22))
        let derived = try bytes(hex: "000102030405060708090a0b0c").withUnsafeBytes { salt in
            try bytes(hex: "f0f1f2f3f4f5f6f7f8f9").withUnsafeBytes { info in
                try HKDF.sha256(key: key, salt: salt, info: info, count: 42)
            }
        }
        #expect(
            hex(derived)
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        #expect(
            hex(try HKDF.sha256(key: key, info: "", count: 42))
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
        let second = try bytes(hex: Hex.encode((0x60...0xaf).map { UInt8($0) })).withUnsafeBytes { salt in
            try (0xb0...0xff).map { UInt8($0) }.withUnsafeBytes { info in
                try HKDF.sha256(key: secret((0..<80).map { UInt8($0) }), salt: salt, info: info, count: 82)
            }
        }
        #expect(
            hex(second)
                == "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")
        #expect(throws: CryptoFault.wrongLength(of: "a derived key", count: 8161)) {
            try HKDF.sha256(key: key, info: "", count: 8161)
        }
    }

    @Test func `the blind index of a value is derived as Infisical does it`() throws {
        let dataKey = secret([UInt8](repeating: 0x33, count: 32))
        let key = try HKDF.sha256(key: dataKey, info: "infisical-secret-value-blind-index-v1", count: 32)
        #expect(hex(key) == "01e38285ece66d4c317cda6b3db9da55c605b9324f40ce5590f2285f229cad00")
        var hmac = HMACSHA256(key: key)
        let index = Array("hello ünï".utf8).withUnsafeBytes { hmac.authenticate($0) }
        #expect(index.hex == "c3a61df8841a1d0f17b5cbcbf87b1f62ad2272ad5b4c65db862c467f8c34ed61")
    }

    @Test func `scrypt matches RFC 7914`() throws {
        let key = try Array("NaCl".utf8).withUnsafeBytes {
            try Scrypt.derive(passphrase: secret("password"), salt: $0, logN: 10, r: 8, p: 16, count: 64)
        }
        #expect(
            hex(key)
                == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830da"
                + "c727afb94a83ee6d8360cbdfa2cc0640")
        let empty = try [UInt8]().withUnsafeBytes {
            try Scrypt.derive(passphrase: secret(""), salt: $0, logN: 4, r: 1, p: 1, count: 64)
        }
        #expect(
            hex(empty)
                == "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17"
                + "e8d3e0fb2e0d3628cf35e20c38d18906")
        let long = try Array("SodiumChloride".utf8).withUnsafeBytes {
            try Scrypt.derive(passphrase: secret("pleaseletmein"), salt: $0, logN: 14, count: 64)
        }
        #expect(
            hex(long)
                == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9"
                + "e61e85dc0d651e40dfcf017b45575887")
        for logN in [0, -1, 31] {
            #expect(throws: CryptoFault.self) {
                try [UInt8]().withUnsafeBytes { try Scrypt.derive(passphrase: secret("x"), salt: $0, logN: logN) }
            }
        }
    }

    @Test func `random bytes differ each time and have the length asked for`() throws {
        let first = try Random.bytes(count: 32)
        #expect(try Random.bytes(count: 32) != first)
        #expect(first.count == 32)
        #expect(try !Random.secret(count: 32).equals(Random.secret(count: 32)))
        #expect(try Random.secret(count: 0).count == 0)
        #expect(try Random.bytes(count: 0).isEmpty)
    }

    @Test(arguments: [
        ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    ])
    func `bcrypt knows the hashes of others`(password: String, hash: String) throws {
        #expect(try Bcrypt.verify(secret(password), hash: hash))
        #expect(try !Bcrypt.verify(secret(password + "x"), hash: hash))
    }

    @Test func `a key from a password is that of RFC 7914, and Infisical's form of it holds its salt`() throws {
        let key = try PBKDF2.sha256(password: secret("passwd"), salt: Array("salt".utf8), iterations: 1, count: 64)
        #expect(
            key.withBytes { Hex.encode($0) }
                == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")
        let hash = try PBKDF2.infisicalHash(secret("0123"))
        let bytes = try #require(Base64.decode(String(hash.dropFirst(7))))
        #expect(hash.hasPrefix("$v1$10$") && bytes.count == 48)
        let again = try PBKDF2.sha256(
            password: secret("0123"), salt: Array(bytes[..<16]), iterations: 1_000_000, count: 32)
        #expect(again.withBytes { Array($0) } == Array(bytes[16...]))
    }

    @Test func `bcrypt makes a new hash each time and knows it again`() throws {
        let hash = try Bcrypt.hash(secret("correct horse"), cost: 4)
        #expect(hash.hasPrefix("$2b$04$") && hash.utf8.count == 60)
        #expect(try Bcrypt.hash(secret("correct horse"), cost: 4) != hash)
        #expect(try Bcrypt.verify(secret("correct horse"), hash: hash))
        #expect(try !Bcrypt.verify(secret("correct house"), hash: hash))
        #expect(throws: CryptoFault.self) { try Bcrypt.hash(secret("a\0b"), cost: 4) }
        #expect(throws: CryptoFault.self) { try Bcrypt.hash(secret("a"), cost: 3) }
        #expect(throws: CryptoFault.self) { try Bcrypt.verify(secret("a"), hash: "plain") }
        let foreign = "$2b$99$" + String(repeating: "x", count: 53)
        #expect(throws: CryptoFault.self) { try Bcrypt.verify(secret("a"), hash: foreign) }
    }
}
