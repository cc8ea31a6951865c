import Crypto
import Secrets
import TestSupport
import Testing

@Suite struct SSHTests {
    @Test func `ssh-keygen verifies what is signed here, for the right name, purpose and file only`() throws {
        let folder = try TemporaryFolder(), seed = try Ed25519.generateSeed()
        let message = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 31) }
        let signature = try message.withUnsafeBytes {
            try SSHSignature(signing: $0, namespace: "manifest@example", seed: seed)
        }
        try folder.write("signers", "backup namespaces=\"manifest@example\" \(signature.key.line())\n")
        try folder.write("message.sig", signature.armored)
        try folder.write("message", message)
        try folder.write("other", message + [0])
        let verify = { (name: String, purpose: String, file: String) in
            folder.run("ssh-keygen -Y verify -f signers -I \(name) -n \(purpose) -s message.sig <\(file)")
        }
        #expect(verify("backup", "manifest@example", "message") == 0)
        #expect(verify("backup", "manifest@example", "other") != 0)
        #expect(verify("backup", "file", "message") != 0)
        #expect(verify("somebody", "manifest@example", "message") != 0)
    }

    @Test(arguments: ["sha512", "sha256"])
    func `what ssh-keygen signs is verified here`(hash: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("message", "attack at dawn\n")
        try #require(folder.run("ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f key") == 0)
        try #require(folder.run("ssh-keygen -Y sign -f key -n file -O hashalg=\(hash) message") == 0)
        let text = try folder.text("message.sig"), signature = try SSHSignature(armored: text)
        #expect(signature.armored == text)
        #expect(signature.namespace == "file")
        let key = try SSHKey(base64: String(folder.text("key.pub").split(separator: " ")[1]))
        #expect(signature.key == key)
        #expect(key.line(comment: "a comment") + "\n" == (try folder.text("key.pub")))
        try #require(folder.run("ssh-keygen -l -f key.pub") == 0)
        #expect(try folder.text("out").split(separator: " ")[1] == key.fingerprint[...])
        let message = try folder.read("message")
        try message.withUnsafeBytes { try signature.verify($0, namespace: "file") }
        #expect(throws: CryptoFault.badSignature) {
            try message.withUnsafeBytes { try signature.verify($0, namespace: "git") }
        }
        #expect(throws: CryptoFault.badSignature) {
            try message.dropLast().withUnsafeBytes { try signature.verify($0, namespace: "file") }
        }
    }

    @Test(arguments: [0, 1, 5000])
    func `a signature is the same as ssh-keygen makes with the same key`(size: Int) throws {
        let folder = try TemporaryFolder(), seed = try Ed25519.generateSeed()
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let ours = try message.withUnsafeBytes { try SSHSignature(signing: $0, namespace: "n@example", seed: seed) }
        try folder.write("key", try privateKeyFile(seed))
        try folder.write("key.pub", "\(ours.key.line(comment: "c"))\n")
        try folder.write("message", message)
        try #require(folder.run("ssh-keygen -q -Y sign -f key -n n@example message") == 0)
        #expect(try folder.text("message.sig") == ours.armored)
        #expect(folder.run("ssh-keygen -Y check-novalidate -n n@example -s message.sig <message") == 0)
    }

    @Test func `a signature needs a purpose`() throws {
        let seed = try Ed25519.generateSeed()
        #expect(throws: CryptoFault.self) {
            try [UInt8]().withUnsafeBytes { try SSHSignature(signing: $0, namespace: "", seed: seed) }
        }
    }

    /// A private key as OpenSSH keeps it (PROTOCOL.key), without passphrase.
    private func privateKeyFile(_ seed: Secret) throws -> String {
        let string = { (bytes: [UInt8]) -> [UInt8] in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + bytes
        }
        let name = Array("ssh-ed25519".utf8), publicKey = try Ed25519.publicKey(seed: seed)
        let own = seed.withBytes { Array($0) } + publicKey
        var secrets: [UInt8] = [1, 2, 3, 4, 1, 2, 3, 4] + string(name) + string(publicKey) + string(own) + string([])
        for filler in 1...8 where secrets.count % 8 != 0 { secrets.append(UInt8(filler)) }
        let none = string(Array("none".utf8)), blob = string(name) + string(publicKey)
        let file = Array("openssh-key-v1\0".utf8) + none + none + string([]) + [0, 0, 0, 1] + string(blob)
        let text = Base64.encode(file + string(secrets))
        return "-----BEGIN OPENSSH PRIVATE KEY-----\n\(text)\n-----END OPENSSH PRIVATE KEY-----\n"
    }

    @Test func `every changed byte of a signature is noticed`() throws {
        let seed = try Ed25519.generateSeed(), message = Array("manifest".utf8)
        let good = try message.withUnsafeBytes { try SSHSignature(signing: $0, namespace: "n", seed: seed) }
        let lines = good.armored.split(separator: "\n"),
            blob = try #require(
                Base64.decode(lines[1..<lines.count - 1].joined()))
        for index in blob.indices {
            var changed = blob
            changed[index] ^= 1
            let text = "\(lines[0])\n\(Base64.encode(changed))\n\(lines[lines.count - 1])\n"
            #expect(throws: CryptoFault.self, "byte \(index)") {
                let signature = try SSHSignature(armored: text)
                guard signature.key == good.key else { throw CryptoFault.badSignature }
                // The reserved field is not part of what is compared, only of what is signed.
                try message.withUnsafeBytes { try signature.verify($0, namespace: "n") }
            }
        }
        for cut in 0..<lines.count {
            let text = lines.enumerated().filter { $0.offset != cut }.map(\.element).joined(separator: "\n")
            #expect(throws: CryptoFault.self) { try SSHSignature(armored: text) }
        }
        #expect(throws: CryptoFault.self) { try SSHSignature(armored: "") }
        for blob in [Array("SSHSIG".utf8), Array("SSHSIG".utf8) + [0, 0, 0, 2], Array("SSHSIG".utf8) + [0, 0, 0, 1]] {
            #expect(throws: CryptoFault.self) {
                try SSHSignature(armored: "\(lines[0])\n\(Base64.encode(blob))\n\(lines[lines.count - 1])\n")
            }
        }
    }

    @Test(arguments: [
        "", "AAAA", "!!!!", "\n", "AAAAB3NzaC1yc2EAAAADAQABAAAAAQA=", "AAAAC3NzaC1lZDI1NTE5AAAAAQA=",
    ])
    func `what is no Ed25519 key is refused`(base64: String) {
        #expect(throws: CryptoFault.self) { try SSHKey(base64: base64) }
    }
}
