import Crypto
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct SigningTests {
    let folder: TemporaryFolder
    let signer: Signer

    init() throws {
        folder = try TemporaryFolder()
        signer = try .stranger()
    }

    private func holds(_ signature: [UInt8], over bytes: [UInt8], _ purpose: SignaturePurpose) -> Bool {
        do {
            let signature = try SSHSignature(armored: String(decoding: signature, as: UTF8.self))
            try bytes.withUnsafeBytes { try signature.verify($0, namespace: purpose.rawValue) }
            return signature.key == signer.publicKey
        } catch { return false }
    }

    @Test(arguments: SignaturePurpose.allCases)
    func `a signature for one purpose counts for no other`(purpose: SignaturePurpose) throws {
        let signature = try signer.sign([1, 2, 3], for: purpose)
        for other in SignaturePurpose.allCases {
            #expect(holds(signature, over: [1, 2, 3], other) == (other == purpose))
        }
        #expect(!holds(signature, over: [1, 2], purpose))
    }

    @Test func `a seed of another length is no signer`() {
        #expect(throws: CryptoFault.self) { try Signer(seed: .testing("short")) }
    }

    @Test func `ssh-keygen verifies a manifest with the repository's own list of signers`() throws {
        let sample = try SampleRepository(), manifest = try sample.backup([noise(10)])
        let path = sample.layout.manifest(manifest.id)
        let verify = """
            ssh-keygen -Y verify -f "$0/keys/allowed_signers" -I infisical-ops -n "$2" -s "$1.sig" <"$1"
            """
        #expect(try succeeds(verify, sample.root, path, "infisical-ops-manifest"))
        #expect(try !succeeds(verify, sample.root, path, "infisical-ops-proof"))
        #expect(
            try succeeds(verify, sample.root, sample.layout.keyring(revision: 1), "infisical-ops-keyring"))
        try sample.edit(sample.layout.relative(path)) { $0[$0.count / 2] ^= 1 }
        #expect(try !succeeds(verify, sample.root, path, "infisical-ops-manifest"))
    }

    @Test func `ssh-keygen shows the fingerprint that is pinned`() throws {
        let sample = try SampleRepository()
        try shell(
            "cut -d' ' -f2- \"$0\" | ssh-keygen -lf - | grep -qF \" $1 \"", sample.layout.allowedSigners, sample.signer)
    }
}
