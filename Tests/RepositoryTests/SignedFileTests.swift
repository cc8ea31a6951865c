import DurableFiles
import Glibc
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct SignedFileTests {
    let sample: SampleRepository
    let signer: Signer

    init() throws {
        sample = try SampleRepository()
        signer = try sample.writing.signer
        try publish([1, 2, 3])
    }

    private var path: String { sample.path("removals/x.json") }

    private func publish(_ bytes: [UInt8], by other: Signer? = nil, _ purpose: SignaturePurpose = .proof) throws {
        try SignedFile.publish(
            bytes, at: path, purpose: purpose, signer: other ?? signer, files: sample.files, existing: .replace)
    }

    private func read(_ purpose: SignaturePurpose = .proof) throws -> [UInt8] {
        try SignedFile.read(
            path, purpose: purpose, signers: sample.repository.signers, layout: sample.layout, files: sample.files
        ).content
    }

    private let refusal = RepositoryFault.badSignature(
        path: "removals/x.json", reason: "it was edited, or signed by a key that no trusted signer vouches for")

    @Test func `what was signed is read, and who signed it`() throws {
        let signed = try SignedFile.read(
            path, purpose: .proof, signers: sample.repository.signers, layout: sample.layout, files: sample.files)
        #expect(signed.content == [1, 2, 3] && signed.signer == sample.signer)
        #expect(signed.signature == (try sample.read("removals/x.json.sig")))
    }

    @Test func `a missing file and a missing signature are told apart`() throws {
        try sample.remove("removals/x.json.sig")
        #expect(throws: RepositoryFault.missing(path: "removals/x.json.sig")) { try read() }
        try sample.remove("removals/x.json")
        #expect(throws: RepositoryFault.missing(path: "removals/x.json")) { try read() }
    }

    @Test func `an empty file is malformed even if its signature holds`() throws {
        try publish([])
        #expect(throws: RepositoryFault.malformed(path: "removals/x.json", reason: "it is empty")) { try read() }
    }

    @Test func `neither another content nor another purpose nor a stranger's signature is accepted`() throws {
        #expect(throws: refusal) { try read(.manifest) }
        try publish([1, 2, 3], by: .stranger())
        #expect(throws: refusal) { try read() }
        try publish([1, 2, 3])
        try sample.write([1, 2, 4], to: "removals/x.json")
        #expect(throws: refusal) { try read() }
    }

    @Test(arguments: ["", "garbage", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n"])
    func `what is no signature is refused`(text: String) throws {
        try sample.write(text, to: "removals/x.json.sig")
        #expect(throws: refusal) { try read() }
    }

    @Test func `a pipe in place of a signature is damage, and not waited for`() throws {
        try sample.remove("removals/x.json.sig")
        mkfifo(path + ".sig", 0o600)
        #expect(throws: RepositoryFault.malformed(path: "removals/x.json.sig", reason: "it is not a regular file")) {
            try read()
        }
    }

    @Test func `a signature of a megabyte is damage`() throws {
        try sample.write([UInt8](repeating: 32, count: 1 << 20), to: "removals/x.json.sig")
        #expect(
            throws: RepositoryFault.malformed(
                path: "removals/x.json.sig", reason: "it is longer than such a file can be")
        ) { try read() }
    }
}
