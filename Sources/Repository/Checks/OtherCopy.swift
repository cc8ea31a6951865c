import Crypto
import DurableFiles

/// Another copy of the repository, such as the one off the host. Of it only what a signature vouches for is taken.
struct OtherCopy {
    /// A file with its path relative to the repository.
    typealias Piece = (path: String, bytes: [UInt8])

    private let repository: Repository
    private let layout: RepositoryLayout
    private let files: Files
    /// The backups whose records count: those of the repository, and those that come back from this copy.
    private var entries: [InventoryEntry]

    init(root: String, repository: Repository, inventory: Inventory) {
        self.repository = repository
        layout = RepositoryLayout(root: root)
        files = repository.files.confined(to: [root])
        entries = inventory.entries
    }

    /// A file as it has to be, with its signature before it if it has one; nil if this copy has none that is whole.
    func pieces(_ path: String) throws -> [Piece]? {
        do {
            return switch path.split(separator: "/").first {
            case "chunks": try chunk(path)
            case "escrow": try escrow(path)
            case "keys": try keyFile(path)
            case "backups": try manifest(path)?.pieces
            case "removals": try signed(path, .removal).map { $0.pieces }
            case "rotations": try signed(path, .rotation).map { $0.pieces }
            default: nil
            }
        } catch is RepositoryFault { return nil }
    }

    /// The backups of this copy with these numbers; their records count from now on.
    mutating func returning(_ sequences: Set<Int>) throws -> [InventoryEntry] {
        var found: [InventoryEntry] = []
        for file in try StoredFile.list(layout.backups, layout, files) {
            let path = "backups/" + file.name
            do {
                guard let entry = try manifest(path)?.entry, sequences.contains(entry.manifest.sequence) else {
                    continue
                }
                found.append(entry)
            } catch is RepositoryFault { continue }
        }
        entries += found
        return found.sorted { $0.manifest.sequence < $1.manifest.sequence }
    }

    private func read(_ path: String, limit: Int) throws -> [UInt8] {
        try StoredFile.read(layout.root + "/" + path, limit: limit, layout, files)
    }

    private func chunk(_ path: String) throws -> [Piece]? {
        guard let name = ChunkName(fileName: Files.name(of: path)) else { return nil }
        let bytes = try read(path, limit: ChunkReader.maximalFile), hash = SHA256.hash(bytes).hex
        let records = entries.compactMap { $0.manifest.chunks[name] }
        return records.contains { $0.bytes == bytes.count && $0.sha256 == hash } ? [(path, bytes)] : nil
    }

    private func escrow(_ path: String) throws -> [Piece]? {
        let bytes = try read(path, limit: Escrow.fileLimit), hash = SHA256.hash(bytes).hex
        let isRecorded = entries.contains {
            repository.layout.relative(repository.layout.escrow($0.id)) == path && $0.manifest.escrow?.sha256 == hash
        }
        return isRecorded ? [(path, bytes)] : nil
    }

    private func keyFile(_ path: String) throws -> [Piece]? {
        let bytes = try read(path, limit: 1 << 20)
        return repository.fault(inKeyFile: Files.name(of: path), bytes) == nil ? [(path, bytes)] : nil
    }

    private func manifest(_ path: String) throws -> (entry: InventoryEntry, pieces: [Piece])? {
        guard let id = ManifestStore.id(Files.name(of: path), suffix: ".json"),
            let signed = try signed(path, .manifest)
        else { return nil }
        return (try ManifestStore.entry(id, signed.content, signer: signed.signer, repository), signed.pieces)
    }

    private func signed(
        _ path: String, _ purpose: SignaturePurpose
    ) throws -> (content: [UInt8], signer: String, pieces: [Piece])? {
        let signed = try SignedFile.read(
            layout.root + "/" + path, purpose: purpose, signers: repository.signers, layout: layout,
            files: files)
        let pieces: [Piece] = [(RepositoryLayout.signature(of: path), signed.signature), (path, signed.content)]
        return (signed.content, signed.signer, pieces)
    }
}
