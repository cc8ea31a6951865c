import Crypto
import Glibc
import Repository
import Secrets
import Testing

@Suite struct TrustedSignersTests {
    let sample: SampleRepository
    let first: Signer

    init() throws {
        sample = try SampleRepository()
        first = try sample.writing.signer
    }

    private func trusted(pinned: String? = nil) throws -> TrustedSigners {
        try TrustedSigners(pinned: pinned ?? sample.signer, layout: sample.layout, files: sample.files)
    }

    /// Adds a signer's line; `by` introduces it.
    private func add(_ signer: Signer, by introducer: Signer? = nil, signing text: String? = nil) throws {
        let line = signer.allowedSignersLine(comment: "added")
        try sample.edit("keys/allowed_signers") { $0 += Array((line + "\n").utf8) }
        guard let introducer else { return }
        let number = try sample.read("keys/allowed_signers").count { $0 == UInt8(ascii: "\n") }
        try sample.write(
            String(decoding: try introducer.sign(Array((text ?? line).utf8), for: .signer), as: UTF8.self),
            to: "keys/introduction-\(number).sig")
    }

    @Test func `the pinned signer is trusted`() throws {
        let signers = try trusted()
        #expect(signers.keys == [first.publicKey] && signers.pinned == sample.signer && signers.strangers.isEmpty)
    }

    @Test func `introductions are followed from signer to signer`() throws {
        let second = try Signer.stranger(), third = try Signer.stranger()
        try add(second, by: first)
        try add(third, by: second)
        #expect(try trusted().keys == [first, second, third].map(\.publicKey))
        // Trust goes forward only: who pins the second does not trust the first.
        #expect(try trusted(pinned: second.fingerprint).keys == [second, third].map(\.publicKey))
    }

    @Test func `an introduced signer's manifest counts`() throws {
        let second = try Signer.stranger()
        try add(second, by: first)
        let manifest = try sample.backup([noise(10)], signer: second)
        let inventory = try Inventory(try sample.reopened())
        #expect(inventory.entries.map(\.id) == [manifest.id] && inventory.findings.isEmpty)
        #expect(inventory.entries.first?.signer == second.fingerprint)
    }

    @Test func `a line that nobody introduced is no signer, and is told`() throws {
        let stranger = try Signer.stranger()
        try add(stranger)
        #expect(try trusted().keys == [first.publicKey])
        #expect(try trusted().strangers.map(\.key) == [stranger.publicKey])
        try sample.backup([noise(10)], signer: stranger)
        let codes = try sample.damage()
        #expect(codes.contains("repository.malformed keys/allowed_signers"))
        #expect(codes.contains { $0.hasPrefix("repository.bad-signature backups/") })
    }

    @Test func `a signer cannot introduce itself, nor be introduced by a stranger`() throws {
        let second = try Signer.stranger(), third = try Signer.stranger()
        try add(second, by: second)
        try add(third, by: second)
        #expect(try trusted().keys == [first.publicKey])
    }

    @Test func `an introduction is for one line only`() throws {
        let second = try Signer.stranger()
        try add(second, by: first, signing: first.allowedSignersLine(comment: "added"))
        #expect(try trusted().keys == [first.publicKey])
        // Moving the line takes the introduction's number away from it.
        try sample.edit("keys/allowed_signers") { bytes in
            bytes = bytes.split(separator: 10).reversed().joined(separator: [10]) + [10]
        }
        #expect(try trusted().keys == [first.publicKey])
    }

    @Test func `a signature for another purpose introduces nobody`() throws {
        let second = try Signer.stranger()
        try add(second)
        let line = Array(second.allowedSignersLine(comment: "added").utf8)
        for purpose in SignaturePurpose.allCases where purpose != .signer {
            try sample.write(try first.sign(line, for: purpose), to: "keys/introduction-2.sig")
            #expect(try trusted().keys == [first.publicKey])
        }
    }

    @Test func `a pipe in place of an introduction introduces nobody`() throws {
        try add(try .stranger())
        mkfifo(sample.path("keys/introduction-2.sig"), 0o600)
        #expect(try trusted().keys == [first.publicKey])
    }

    @Test func `a trusted fingerprint that no line has is refused, without those that are there`() throws {
        let pinned = try Signer.stranger().fingerprint
        #expect(throws: RepositoryFault.signerUnknown(pinned: pinned)) {
            try trusted(pinned: pinned)
        }
        try sample.write("", to: "keys/allowed_signers")
        #expect(throws: RepositoryFault.signerUnknown(pinned: sample.signer)) { try trusted() }
    }

    /// `PINNED` stands for the pinned signer's key, `OTHER` for an attacker's: lines that OpenSSH and a less strict
    /// reader take for different keys, and such as nobody would write.
    @Test(arguments: [
        "somebody ssh-ed25519 PINNED", "infisical-ops", "infisical-ops ssh-rsa PINNED",
        "infisical-ops ssh-ed25519 AAA=", "# comment", "infisical-ops ssh-ed25519", "infisical-ops ssh-ed25519 PINNED=",
        "infisical-ops\tssh-ed25519\tOTHER\tx ssh-ed25519 PINNED", "infisical-ops ssh-ed25519 PINNED\r",
        "\"infisical-ops,x ssh-ed25519 PINNED\" ssh-ed25519 OTHER",
        "infisical-ops ssh-ed25519 OTHER ssh-ed25519 PINNED",
        "infisical-ops ssh-ed25519 PINNED OTHER x", "infisical-ops cert-authority ssh-ed25519 PINNED",
        "infisical-ops namespaces=\"infisical-ops-manifest\" ssh-ed25519 PINNED", "infisical-ops,* ssh-ed25519 PINNED",
        "infisical-ops  ssh-ed25519 PINNED", " infisical-ops ssh-ed25519 PINNED", "infisical-ops ssh-ed25519 PINNED ",
        "infisical-ops ssh-ed25519 PINNED a\"b", "infisical-ops ssh-ed25519 PINNED \u{0}",
        "infisical-ops ssh-ed25519 PINNED é",
        "infisical-ops ssh-ed25519 PIN\u{0}NED", "* ssh-ed25519 OTHER",
    ])
    func `a line that is no signer is malformed, with its number`(line: String) throws {
        let line = line.replacing("PINNED", with: Base64.encode(first.publicKey.blob)).replacing(
            "OTHER", with: Base64.encode(try Signer.stranger().publicKey.blob))
        let malformed = RepositoryFault.malformed(
            path: "keys/allowed_signers", reason: "line 3 is not an allowed signer")
        try sample.edit("keys/allowed_signers") { $0 += Array("\n\(line)\n".utf8) }
        #expect(throws: malformed) { try trusted() }
        // Nor may it be the only one.
        try sample.write("\n\n\(line)\n", to: "keys/allowed_signers")
        #expect(throws: malformed) { try trusted() }
    }

    @Test func `empty lines keep the numbers, and the last line needs no line feed`() throws {
        let second = try Signer.stranger()
        let text = "\n\(first.allowedSignersLine(comment: ""))\n\n\(second.allowedSignersLine(comment: "b"))"
        try sample.write(text, to: "keys/allowed_signers")
        let signers = try trusted()
        #expect(signers.lines.map(\.number) == [2])
        #expect(signers.strangers.map(\.number) == [4])
    }

    @Test func `without the list of signers nothing can be trusted`() throws {
        try sample.remove("keys/allowed_signers")
        #expect(throws: RepositoryFault.missing(path: "keys/allowed_signers")) { try trusted() }
    }
}
