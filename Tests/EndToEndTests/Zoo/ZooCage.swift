import DurableFiles
import Effects
import FoundationEssentials
import Processes
import Repository
import TestSupport
import Testing

/// A copy of the pristine repository, with what its host knows of it, to do damage to.
final class ZooCage {
    let pristine: ZooPristine
    private let folder: TemporaryFolder
    private let files = Files(effects: Effects())
    /// Chooses chunks and places; the same number gives the same ones.
    private var random: SeededNumbers

    /// - Parameter onDisk: whether it must be a real disk: a file system in memory may forbid devices.
    init(seed: UInt64, onDisk: Bool = false) throws {
        pristine = try ZooPristine.get()
        random = SeededNumbers(state: seed)
        folder = try onDisk ? TemporaryFolder() : TemporaryFolder(in: TemporaryFolder.memory)
        try shell(
            "cp -a \"$0\" \"$1/repository\"; cp -a \"$2\" \"$1/state\"", pristine.instance.repository, folder.path,
            pristine.instance.state)
    }

    var root: String { folder.path("repository") }
    var state: String { folder.path("state") }
    var layout: RepositoryLayout { RepositoryLayout(root: root) }
    var manifests: [Manifest] { pristine.manifests }

    // MARK: - The program

    func ops(_ arguments: String...) throws -> OpsResult { try run(arguments) }

    func run(_ arguments: [String]) throws -> OpsResult {
        try pristine.instance.run(
            arguments,
            environment: [
                "INFISICAL_OPS_REPOSITORY": .plain(root), "INFISICAL_OPS_STATE_FOLDER": .plain(state),
            ])
    }

    /// What `verify --all --json` found.
    struct Report: Decodable {
        struct Finding: Decodable {
            let code: String
            let severity: String
            let subject: String
            let backups: [String]
        }
        let findings: [Finding]
        let exit: Int32
        var damage: Set<ZooFinding> {
            Set(findings.filter { $0.severity == "damage" }.map { ZooFinding(code: $0.code, subject: $0.subject) })
        }
        var notes: Set<ZooFinding> {
            Set(findings.filter { $0.severity == "note" }.map { ZooFinding(code: $0.code, subject: $0.subject) })
        }
    }

    /// What `repair --json` did.
    struct Repaired: Decodable {
        let incomplete: [String]
        let acknowledged: [Int]
        let unmendable: [String]
    }

    // MARK: - Places

    func number(below limit: Int) -> Int { Int.random(in: 0..<max(limit, 1), using: &random) }

    /// Any chunk, or one that only old data has, or one that the next backup writes again.
    func chunk(_ kind: ChunkKind = .any, atLeast size: Int = 0) throws -> ChunkName {
        let current = pristine.current
        let chosen = pristine.chunks.filter { name in
            switch kind {
            case .any: true
            case .old: !current.contains(name)
            case .current: current.contains(name)
            }
        }.filter { bytes(of: $0) >= size }
        guard !chosen.isEmpty else { throw TestProblem("the zoo has no such chunk") }
        return chosen[number(below: chosen.count)]
    }

    enum ChunkKind { case any, old, current }

    func bytes(of name: ChunkName) -> Int { manifests.compactMap { $0.chunks[name]?.bytes }.max() ?? 0 }

    func name(of chunk: ChunkName) -> String { layout.relative(layout.chunk(chunk)) }
    func manifest(_ index: Int) -> String { "backups/\(manifests[index].id.text).json" }
    func escrow(_ index: Int) -> String { "escrow/\(manifests[index].id.text).age" }
    var anyBackup: Int { number(below: manifests.count) }

    // MARK: - Files

    func path(_ relative: String) -> String { root + "/" + relative }
    func read(_ relative: String) throws -> [UInt8] { try files.read(path(relative), limit: 64 << 20) }
    func write(_ bytes: [UInt8], to relative: String) throws { try files.publish(bytes, at: path(relative)) }
    func remove(_ relative: String) throws { try files.remove(path(relative)) }
    func edit(_ relative: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try read(relative)
        change(&bytes)
        try write(bytes, to: relative)
    }
    func copy(_ from: String, to relative: String) throws {
        try write(try files.read(from, limit: 64 << 20), to: relative)
    }
    func exchange(_ one: String, _ other: String) throws {
        let bytes = (try read(one), try read(other))
        try write(bytes.1, to: one)
        try write(bytes.0, to: other)
    }
    func flip(_ relative: String, at position: Int) throws {
        let bit = UInt8(1 << number(below: 8))
        try edit(relative) { $0[position < 0 ? $0.count + position : position] ^= bit }
    }

    // MARK: - Keys

    /// This host's signer: what somebody has who broke into the host.
    func signer() throws -> Signer {
        let repository = try Repository(
            path: pristine.instance.repository, stateFolder: state, pinned: nil, files: files)
        return try repository.writingSigner()
    }

    func sign(_ bytes: [UInt8], at relative: String, as purpose: SignaturePurpose, by signer: Signer) throws {
        try SignedFile.publish(
            bytes, at: path(relative), purpose: purpose, signer: signer, files: files, existing: .replace)
    }

    func sign(_ manifest: Manifest, by signer: Signer) throws {
        try sign(
            StoredJSON.encode(manifest), at: layout.relative(layout.manifest(manifest.id)), as: .manifest, by: signer)
    }
}

/// Code and subject of a finding.
struct ZooFinding: Hashable, Sendable, CustomStringConvertible {
    let code: String
    let subject: String
    var description: String { "\(code) \(subject)" }
}

/// A small generator whose sequence is decided by its start.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
