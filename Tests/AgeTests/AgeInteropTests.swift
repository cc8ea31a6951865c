import Age
import Faults
import Secrets
import TestSupport
import Testing

/// Both directions against the `age` and `age-keygen` programs.
@Suite struct AgeInteropTests {
    static let sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 3_000_011]

    let folder: TemporaryFolder
    /// What `age-keygen` made in the file `key`.
    let identities: [AgeIdentity]
    let recipient: String

    init() throws {
        folder = try TemporaryFolder()
        try #require(folder.run("age-keygen -o key && age-keygen -y key") == 0, "\(folder.said("err"))")
        recipient = try folder.line("out")
        identities = try AgeIdentityFile.parse(secret(folder.read("key")))
    }

    @Test func `a key of age-keygen has the recipient that it says`() throws {
        #expect(identities.count == 1)
        #expect(try identities[0].recipient().text == recipient)
        guard case .x25519 = try AgeRecipient(recipient) else {
            Issue.record("age-keygen made another kind of key")
            return
        }
        let text = try folder.text("key")
        #expect(text.contains("# public key: \(recipient)\n"))
        #expect(text.hasSuffix("\(String(decoding: array(identities[0].text), as: UTF8.self))\n"))
    }

    @Test(arguments: sizes)
    func `age opens what is sealed here, in one call or in pieces`(size: Int) throws {
        let plain = content(size), to = [try AgeRecipient(recipient)]
        try folder.write("plain", plain)
        try folder.write("whole.age", Age.seal(plain, to: to))
        try folder.write("armored.age", Age.seal(plain, to: to, armored: true))
        try folder.write("pieces.age", written(plain, to: to, piece: 10_007))
        for name in ["whole", "armored", "pieces"] {
            let status = folder.run("age -d -i key \(name).age >\(name) && cmp \(name) plain")
            #expect(status == 0, "\(name): \(folder.said("err"))")
        }
    }

    @Test(arguments: sizes)
    func `what age seals opens here, in one call or in pieces`(size: Int) throws {
        let plain = content(size)
        try folder.write("plain", plain)
        try #require(folder.run("age -r \(recipient) -o binary plain && age -a -r \(recipient) -o armored plain") == 0)
        let binary = try folder.read("binary")
        #expect(try Age.content(binary, identities) == plain)
        #expect(try Age.content(folder.read("armored"), identities) == plain)
        let source = Source(binary, piece: 5_003)
        #expect(try readAll(AgeReader(AgeOpener(identities)) { source.read(into: $0) }) == plain)
        // Both make the same of the same: files of one size, armored byte for byte in the same lines.
        #expect(try binary.count == AgeSealer([AgeRecipient(recipient)]).sealedSize(plaintextCount: size))
        let decoded = try folder.read("armored").withUnsafeBytes { try AgeArmor.decode($0) }
        #expect(try decoded.withUnsafeBytes { AgeArmor.encode($0) } == folder.read("armored"))
    }

    @Test func `several recipients, made there and here, all open files of both`() throws {
        let ours = try AgeIdentity.generate(), plain = content(70_000)
        try folder.write("ours", array(try AgeIdentityFile.render(ours)))
        try #require(folder.run("age-keygen -o second && age-keygen -y second") == 0)
        let second = try folder.line("out")
        let texts = [recipient, second, try #require(try ours.recipient().text)]
        try folder.write("sealed", Age.seal(plain, to: texts.map { try AgeRecipient($0) }))
        try folder.write("plain", plain)
        for key in ["key", "second", "ours"] {
            #expect(folder.run("age -d -i \(key) -o back sealed && cmp back plain") == 0, "\(key)")
        }
        let options = texts.map { "-r \($0)" }.joined(separator: " ")
        try #require(folder.run("age \(options) -o theirs plain") == 0)
        let theirs = try folder.read("theirs")
        for key in ["key", "second", "ours"] {
            #expect(try Age.content(theirs, AgeIdentityFile.parse(secret(folder.read(key)))) == plain, "\(key)")
        }
    }

    @Test func `a file of several identities and comments is the same to both`() throws {
        let other = try AgeIdentity.generate()
        var file = Array("# first\n\n".utf8) + array(try AgeIdentityFile.render(other)) + Array("\n# second\n".utf8)
        file += try folder.read("key")
        try folder.write("keys", file)
        try folder.write("sealed", Age.seal([1, 2, 3], to: [try AgeRecipient(recipient)]))
        #expect(folder.run("age -d -i keys sealed") == 0)
        #expect(try folder.read("out") == [1, 2, 3])
        let both = try AgeIdentityFile.parse(secret(file))
        #expect(both.count == 2)
        try folder.write("plain", [4, 5])
        try #require(folder.run("age -r \(recipient) -o theirs plain") == 0)
        #expect(try Age.content(folder.read("theirs"), both) == [4, 5])
    }

    @Test func `another identity opens nothing, here and there`() throws {
        try folder.write("plain", content(1000))
        try #require(folder.run("age -r \(recipient) -o theirs plain && age-keygen -o other") == 0)
        let other = try AgeIdentityFile.parse(secret(folder.read("other")))
        #expect(throws: AgeFault.noMatch(sealedFor: ["X25519"])) {
            try Age.open(folder.read("theirs"), identities: other)
        }
        try folder.write("ours", Age.seal(content(1000), to: [try AgeRecipient(recipient)]))
        #expect(folder.run("age -d -i other ours") != 0)
        #expect(try folder.text("err").contains("no identity matched"))
    }

    @Test func `a key for SSH is named as the kind that does not fit`() throws {
        try folder.write("plain", [1])
        try #require(folder.run("ssh-keygen -q -t ed25519 -N '' -f ssh && age -R ssh.pub -o sealed plain") == 0)
        #expect(throws: AgeFault.noMatch(sealedFor: ["ssh-ed25519"])) {
            try Age.open(folder.read("sealed"), identities: identities)
        }
    }

    @Test(arguments: [1, 16, 17, 65_552, 65_553, 100_000])
    func `a file cut short is refused by both`(missing: Int) throws {
        try folder.write("plain", content(131_072))
        try #require(folder.run("age -r \(recipient) -o theirs plain") == 0)
        let theirs = Array(try folder.read("theirs").dropLast(missing))
        let ours = Array(try Age.seal(content(131_072), to: [AgeRecipient(recipient)]).dropLast(missing))
        for file in [theirs, ours] {
            guard let found = try fault({ _ = try Age.open(file, identities: identities) }), found.exit == .damaged
            else {
                Issue.record("a file that lacks \(missing) bytes was opened")
                continue
            }
            try folder.write("short", file)
            #expect(folder.run("age -d -i key -o back short") != 0)
        }
    }

    @Test func `a changed bit anywhere in a small file is refused by both`() throws {
        let good = try Age.seal([1, 2, 3], to: [AgeRecipient(recipient)])
        for index in stride(from: 0, to: good.count, by: 7) {
            var file = good
            file[index] ^= 4
            #expect(throws: AgeFault.self, "byte \(index)") { try Age.open(file, identities: identities) }
            try folder.write("changed\(index)", file)
        }
        let loop =
            "for file in changed*; do if age -d -i key $file; then echo $file >>opened; fi; done; test ! -e opened"
        #expect(folder.run(loop) == 0)
    }
}
