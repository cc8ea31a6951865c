import Crypto
import DurableFiles
import Effects
import Repository
import Secrets
import TestSupport
import Testing

@Suite struct HostStateTests {
    private let folder: TemporaryFolder
    private let files = Files(effects: Effects())
    private let host: HostState

    init() throws {
        folder = try TemporaryFolder()
        host = HostState(stateFolder: folder.path("state"), repository: "id", files: files)
    }

    @Test func `a host that never saw the repository knows nothing of it`() throws {
        #expect(try host.memory() == nil && host.signer() == nil && host.idKey(generation: 1) == nil)
        try host.remember(sequence: 7)
        #expect(try host.memory() == nil)
    }

    @Test func `what is remembered comes back, and a sequence never goes down`() throws {
        let memory = HostState.Memory(signer: "SHA256:x", sequence: 3, keyringRevision: 2)
        try host.remember(memory)
        #expect(try host.memory() == memory)
        try host.remember(sequence: 2)
        #expect(try host.memory()?.sequence == 3)
        try host.remember(sequence: 4)
        #expect(try host.memory() == HostState.Memory(signer: "SHA256:x", sequence: 4, keyringRevision: 2))
    }

    @Test func `keys are kept apart by generation, for their owner alone`() throws {
        let seed = try Random.secret(count: 32), one = try Random.secret(count: 32), two = try Random.secret(count: 32)
        try host.keep(signingSeed: seed)
        try host.keep(idKey: one, generation: 1)
        try host.keep(idKey: two, generation: 2)
        #expect(try host.signer()?.fingerprint == Signer(seed: seed).fingerprint)
        #expect(try host.idKey(generation: 1)?.equals(one) == true)
        #expect(try host.idKey(generation: 2)?.equals(two) == true)
        #expect(try host.idKey(generation: 3) == nil)
        #expect(try files.status(host.folder)?.mode == 0o700)
        for file in try files.list(host.folder) {
            #expect(try files.status(host.folder + "/" + file.name)?.mode == 0o600)
        }
    }

    @Test func `a key file that is damaged is named and not shown`() throws {
        try host.keep(idKey: try Random.secret(count: 32), generation: 1)
        try files.publish(Array("secret?".utf8), at: host.folder + "/id-key-1")
        #expect(
            throws: RepositoryFault.malformed(
                path: host.folder + "/id-key-1", reason: "it is not a key of 64 hex digits")
        ) { try host.idKey(generation: 1) }
    }

    @Test func `a memory that is damaged is named`() throws {
        try files.createFolder(host.folder)
        try files.publish(Array("{".utf8), at: host.folder + "/memory.json")
        #expect(
            throws: RepositoryFault.malformed(
                path: host.folder + "/memory.json", reason: "it is not JSON (truncated or overwritten)")
        ) { try host.memory() }
    }
}
