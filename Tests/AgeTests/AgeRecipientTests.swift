import Age
import Crypto
import Faults
import Testing

@Suite struct AgeRecipientTests {
    private static let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    /// The fault that reading a recipient ends with.
    private func refusal(_ text: String) throws -> AgeFault? { try fault { _ = try AgeRecipient(text) } }

    @Test func `a recipient is read and written as age-keygen spells it`() throws {
        guard case .x25519(let publicKey) = try AgeRecipient(Self.recipient) else {
            Issue.record("not an X25519 recipient")
            return
        }
        #expect(publicKey.count == 32)
        #expect(AgeRecipient.x25519(publicKey: publicKey).text == Self.recipient)
        #expect(AgeRecipient.scrypt(passphrase: secret("x")).text == nil)
    }

    @Test func `every single mistyped letter is noticed`() throws {
        for index in Self.recipient.indices {
            for letter in ["q", "z", "b", "1", " "] where String(Self.recipient[index]) != letter {
                var text = Self.recipient
                text.replaceSubrange(index...index, with: letter)
                #expect(throws: AgeFault.self, "\(text)") { try AgeRecipient(text) }
            }
            #expect(throws: AgeFault.self) { try AgeRecipient(String(Self.recipient[..<index])) }
        }
    }

    @Test(
        arguments: [
            ("", "no prefix"), ("hello", "no prefix"), ("age1", "no prefix"), (recipient.uppercased(), "upper case"),
            ("Age1" + recipient.dropFirst(4), "mixes"), (recipient + "\n", "a character"),
            ("b" + recipient.dropFirst(), "checksum"), ("1qqqqqqqq", "no prefix"),
        ])
    func `what is no recipient says why`(text: String, why: String) throws {
        guard case .notRecipient(_, let reason?)? = try refusal(text) else {
            Issue.record("\(String(describing: try refusal(text)))")
            return
        }
        #expect(reason.contains(why), "\(reason)")
    }

    @Test(
        arguments: [
            ("age1pq1qqqq", "a post-quantum recipient"), ("age1tag1qqqq", "a hardware key"),
            ("age1yubikey1q2w3e", "a plugin's recipient"), ("ssh-ed25519 AAAA", "an SSH key"),
            ("github:somebody", "a list of SSH keys"), ("age1tagpq1x", "a hardware key"),
        ])
    func `recipients of other kinds are refused by name`(text: String, kind: String) throws {
        let found = try #require(try refusal(text))
        #expect(found == .unsupportedRecipient(text, kind: kind))
        #expect(found.message.contains(kind) && found.exit == .refused)
    }

    @Test func `an identity given by mistake is not shown`() throws {
        let identity = String(decoding: array(try AgeIdentity.generate().text), as: UTF8.self)
        for text in [identity, identity.lowercased(), identity + "x", String(identity.dropLast())] {
            let found = try #require(try refusal(text))
            for shown in [found.message, "\(found)", String(reflecting: found)] {
                #expect(!shown.lowercased().contains(identity.dropFirst(18).prefix(8).lowercased()))
            }
            #expect(found.message.contains("secret"))
        }
    }

    @Test func `a long text is shown in part`() throws {
        let found = try #require(try refusal(String(repeating: "x", count: 100_000)))
        #expect(found.message.utf8.count < 200)
    }

    @Test func `a recipient nobody can open for is refused when sealing`() throws {
        // The key of low order is well spelt, and gives everybody the same wrapping key.
        let zero = AgeRecipient.x25519(publicKey: [UInt8](repeating: 0, count: 32))
        #expect(try AgeRecipient(#require(zero.text)).text == zero.text)
        #expect(throws: AgeFault.crypto(.lowOrderPoint)) { try Age.seal([1], to: [zero]) }
    }

    @Test func `sealing for nobody, or with a passphrase beside others, is refused`() throws {
        let identity = try AgeIdentity.generate(), passphrase = AgeRecipient.scrypt(passphrase: secret("x"), logN: 2)
        #expect(throws: AgeFault.noRecipients) { try Age.seal([1], to: []) }
        #expect(throws: AgeFault.passphraseNotAlone) { try Age.seal([1], to: [passphrase, identity.recipient()]) }
        #expect(throws: AgeFault.passphraseNotAlone) { try Age.seal([1], to: [identity.recipient(), passphrase]) }
        #expect(throws: AgeFault.passphraseNotAlone) { try Age.seal([1], to: [passphrase, passphrase]) }
        for logN in [-1, 0, 23] {
            #expect(throws: AgeFault.workFactorTooHigh(logN, limit: 22)) {
                try Age.seal([1], to: [.scrypt(passphrase: secret("x"), logN: logN)])
            }
        }
    }

    @Test func `a target that is too small is left alone`() throws {
        let sealer = try AgeSealer([AgeIdentity.generate().recipient()]), plain = content(1000)
        let size = sealer.sealedSize(plaintextCount: 1000)
        var target = [UInt8](repeating: 7, count: size - 1)
        #expect(throws: AgeFault.targetTooSmall(needed: size, room: size - 1)) {
            try plain.withUnsafeBytes { plain in
                try target.withUnsafeMutableBytes { try sealer.seal(plain, into: $0) }
            }
        }
        #expect(target.allSatisfy { $0 == 7 })
    }
}
