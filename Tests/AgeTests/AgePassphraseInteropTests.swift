import Age
import Secrets
import TestSupport
import Testing

/// Passphrases against the `age` program, which asks for them on a terminal only: `script` of util-linux gives it one.
@Suite struct AgePassphraseInteropTests {
    private static let passphrase = "correct horse battery"
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Runs `age` in a terminal of its own and types the lines that it asks for.
    private func age(_ arguments: String, typing lines: [String]) -> Int32 {
        let typed = lines.map { $0 + "\\n" }.joined()
        return folder.run("printf '\(typed)' >typed; script -qec 'age \(arguments)' log <typed")
    }

    @Test func `an identity file that age sealed with a passphrase is read, armored or not`() throws {
        try #require(folder.run("age-keygen -o key && age-keygen -y key") == 0)
        let recipient = try folder.line("out")
        for (option, name) in [("-a", "armored"), ("", "binary")] {
            let status = age("-p \(option) -o \(name) key", typing: [Self.passphrase, Self.passphrase])
            try #require(status == 0, "\(folder.said("log"))")
            let file = secret(try folder.read(name))
            #expect(AgeIdentityFile.isSealed(file))
            let identities = try AgeIdentityFile.parse(file, passphrase: secret(Self.passphrase))
            #expect(try identities.map { try $0.recipient().text } == [recipient])
            #expect(throws: AgeFault.identityNeedsPassphrase) { try AgeIdentityFile.parse(file) }
        }
    }

    @Test(arguments: [(1, false), (10, true), (15, false)])
    func `age opens what is sealed here with a passphrase`(logN: Int, armored: Bool) throws {
        let plain = content(70_000)
        let to = [AgeRecipient.scrypt(passphrase: secret(Self.passphrase), logN: logN)]
        try folder.write("sealed", Age.seal(plain, to: to, armored: armored))
        try folder.write("plain", plain)
        let status = age("-d -o back sealed", typing: [Self.passphrase])
        #expect(status == 0, "\(folder.said("log"))")
        #expect(folder.run("cmp back plain") == 0)
        #expect(age("-d -o wrong sealed", typing: ["wrong"]) != 0)
        #expect(folder.run("test -s wrong") != 0)
    }

    @Test func `age reads an identity file that is sealed here with a passphrase`() throws {
        let identity = try AgeIdentity.generate(), file = try AgeIdentityFile.render(identity)
        try folder.write("key", Age.seal(file, to: [.scrypt(passphrase: secret(Self.passphrase), logN: 10)]))
        try folder.write("sealed", Age.seal([1, 2, 3], to: [identity.recipient()]))
        let status = age("-d -i key -o back sealed", typing: [Self.passphrase])
        #expect(status == 0, "\(folder.said("log"))")
        #expect(try folder.read("back") == [1, 2, 3])
    }
}
