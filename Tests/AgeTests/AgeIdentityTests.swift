import Age
import Secrets
import TestSupport
import Testing

@Suite struct AgeIdentityTests {
    // From the official vectors; its text is public.
    private static let known = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"

    private func parse(_ file: String, passphrase: String? = nil) throws -> [AgeIdentity] {
        try AgeIdentityFile.parse(secret(file), passphrase: passphrase.map { secret($0) })
    }

    private func text(_ identity: AgeIdentity) -> String { String(decoding: array(identity.text), as: UTF8.self) }

    @Test func `an identity is read and written as age-keygen spells it`() throws {
        #expect(text(try AgeIdentity(secret(Self.known))) == Self.known)
        let new = try AgeIdentity.generate()
        #expect(text(try AgeIdentity(new.text)) == text(new))
        #expect(text(try .generate()) != text(new))
        #expect(text(.passphrase(secret("word"))) == "word")
    }

    @Test func `the recipient of an identity opens with it and with no other`() throws {
        let identity = try AgeIdentity.generate(), other = try AgeIdentity.generate()
        let file = try Age.seal([1, 2, 3], to: [identity.recipient()])
        #expect(try Age.content(file, [other, identity]) == [1, 2, 3])
        #expect(throws: AgeFault.noMatch(sealedFor: ["X25519"])) { try Age.open(file, identities: [other]) }
        #expect(throws: AgeFault.noIdentity) { try Age.open(file, identities: []) }
        #expect(throws: AgeFault.noMatch(sealedFor: ["X25519"])) {
            try Age.open(file, identities: [.passphrase(secret("x"))])
        }
    }

    @Test func `each of many recipients opens`() throws {
        let identities = try (0..<20).map { _ in try AgeIdentity.generate() }
        let file = try Age.seal([9], to: identities.map { try $0.recipient() })
        for identity in identities { #expect(try Age.content(file, [identity]) == [9]) }
    }

    @Test func `a file of identities has comments, blank lines and any line end`() throws {
        let other = try text(.generate())
        let file = "# created: today\n\n#AGE-SECRET-KEY-1X\n\(Self.known)\r\n  \t \r\n# more\n\(other)"
        #expect(try parse(file).map(text) == [Self.known, other])
    }

    @Test(
        arguments: [
            (" \(known)", "a character"), ("\(known) ", "a character"), (known.lowercased(), "lower case"),
            ("\(known)A", "checksum"), (String(known.dropLast()), "checksum"),
            ("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", "public part"),
            ("password", "no prefix"), ("abc1qqqqqqqqqqqq", "checksum"),
            ("A12UEL5L", "does not begin with AGE-SECRET-KEY-1"),
        ])
    func `a line that is none is named by its number and never shown`(line: String, why: String) throws {
        let found = try #require(try fault { _ = try parse("# one\n\(Self.known)\n\(line)\n") })
        guard case .malformedIdentity(line: 3, let reason) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(reason.contains(why), "\(reason)")
        for shown in [found.message, "\(found)", "\(found.hints)"] { #expect(!shown.contains(line.suffix(8))) }
    }

    @Test(
        arguments: [
            ("AGE-SECRET-KEY-PQ-1QQQ", "post-quantum"), ("AGE-PLUGIN-YUBIKEY-1QQQ", "plugin"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", "SSH key"), ("-----BEGIN RSA PRIVATE KEY-----", "SSH key"),
            ("-----BEGIN PRIVATE KEY-----", "PEM"), ("ssh-ed25519 AAAA", "SSH public key"),
        ])
    func `identities of other kinds are refused by name`(line: String, kind: String) throws {
        let found = try #require(try fault { _ = try parse("\n\(line)\n") })
        guard case .unsupportedIdentity(line: 2, let named) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(named.contains(kind) && found.message.contains("line 2"))
    }

    @Test func `a file without an identity is refused`() {
        for file in ["", "\n\n", "# only a comment", " \t\n"] {
            #expect(throws: AgeFault.noIdentity) { try parse(file) }
        }
    }

    @Test func `the file for a new identity can be read, by age-keygen too`() throws {
        let identity = try AgeIdentity.generate(), folder = try TemporaryFolder()
        let file = try AgeIdentityFile.render(identity, created: "2026-01-02T03:04:05Z")
        let lines = String(decoding: array(file), as: UTF8.self).split(separator: "\n")
        let recipient = try #require(try identity.recipient().text)
        #expect(lines == ["# created: 2026-01-02T03:04:05Z", "# public key: \(recipient)", text(identity)[...]])
        #expect(try AgeIdentityFile.parse(file).map(text) == [text(identity)])
        try folder.write("key", array(file))
        try #require(folder.run("age-keygen -y key") == 0)
        #expect(try folder.text("out") == recipient + "\n")
    }

    @Test(arguments: [false, true])
    func `a sealed file of identities asks for its passphrase`(armored: Bool) throws {
        let plain = Array("# sealed\n\(Self.known)\n".utf8)
        let sealed = try Age.seal(plain, to: [.scrypt(passphrase: secret("correct horse"), logN: 4)], armored: armored)
        let file = secret(sealed)
        #expect(AgeIdentityFile.isSealed(file))
        #expect(!AgeIdentityFile.isSealed(secret(plain)))
        #expect(try AgeIdentityFile.parse(file, passphrase: secret("correct horse")).map(text) == [Self.known])
        #expect(throws: AgeFault.identityNeedsPassphrase) { try AgeIdentityFile.parse(file) }
        #expect(throws: AgeFault.wrongPassphrase) { try AgeIdentityFile.parse(file, passphrase: secret("correct")) }
        #expect(throws: AgeFault.passphraseNeeded) { try Age.open(sealed, identities: [.generate()]) }
        // What a passphrase opens must be identities, not another sealed file.
        let twice = try Age.seal(sealed, to: [.scrypt(passphrase: secret("x"), logN: 4)])
        guard
            case .malformedIdentity? = try fault({
                _ = try AgeIdentityFile.parse(secret(twice), passphrase: secret("x"))
            })
        else {
            Issue.record("a file sealed twice was read")
            return
        }
        // The one for whom a file is sealed is the passphrase itself.
        guard case .scrypt(_, logN: 18) = try AgeIdentity.passphrase(secret("x")).recipient() else {
            Issue.record("not the usual work factor")
            return
        }
    }
}
