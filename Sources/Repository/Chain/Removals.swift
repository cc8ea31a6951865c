import DurableFiles

/// The signed documents in `removals/`: which manifests were taken away on purpose.
package struct Removals: Sendable {
    package static let schema = "infisical-ops/removal/1"

    /// One document, `removals/<id>.json`, signed like a manifest.
    package struct Document: Codable, Sendable, Equatable {
        package var schema = Removals.schema
        package var repository: String
        /// RFC 3339, UTC.
        package var time: String
        /// Such as `pruned` or `damaged`.
        package var reason: String
        package var removed: [Removed]

        package init(repository: String, time: String, reason: String, removed: [Removed]) {
            self.repository = repository
            self.time = time
            self.reason = reason
            self.removed = removed
        }
    }

    /// A manifest that is gone. `id` and `sha256` are absent where the file was lost before anybody could read it.
    package struct Removed: Codable, Sendable, Equatable {
        package var sequence: Int
        package var id: BackupID?
        package var sha256: String?

        package init(sequence: Int, id: BackupID?, sha256: String?) {
            self.sequence = sequence
            self.id = id
            self.sha256 = sha256
        }
    }

    /// Why `repair` names a manifest: nobody wanted it gone.
    static let lostReason = "damaged"

    private var removed: [Removed] = []
    /// The documents about manifests that were lost, by their paths.
    private(set) var lost: [(path: String, document: Document)] = []

    /// Reads all documents; those whose signature does not hold become findings and count for nothing.
    init(_ repository: Repository, findings: inout [Finding]) throws {
        for entry in try repository.list(repository.layout.removals) where entry.name.hasSuffix(".json") {
            let path = repository.layout.removals + "/" + entry.name
            do {
                let signed = try SignedFile.read(
                    path, purpose: .removal, signers: repository.signers, layout: repository.layout,
                    files: repository.files)
                let document = try StoredJSON.decode(
                    Document.self, from: signed.content, path: repository.layout.relative(path))
                guard document.repository == repository.description.id else {
                    throw RepositoryFault.malformed(
                        path: repository.layout.relative(path), reason: "it belongs to another repository")
                }
                removed += document.removed
                if document.reason == Removals.lostReason { lost.append((path, document)) }
            } catch let fault as RepositoryFault {
                findings.append(Finding(damage: fault, subject: repository.layout.relative(path), backups: []))
            }
        }
    }

    /// The same with manifests that are going to be recorded.
    func adding(_ more: [Removed]) -> Removals {
        var all = self
        all.removed += more
        return all
    }

    /// Whether every one of these numbers was removed on purpose.
    func covers(_ sequences: ClosedRange<Int>) -> Bool {
        let known = Set(removed.map(\.sequence))
        return sequences.allSatisfy(known.contains)
    }

    /// The numbers that are recorded as lost, which another copy may still have.
    var lostNumbers: Set<Int> { Set(lost.flatMap(\.document.removed).map(\.sequence)) }

    /// Whether the manifest that a link means was removed on purpose.
    func names(_ link: Manifest.Link) -> Bool {
        removed.contains { $0.id == link.id && $0.sha256 == link.sha256 }
    }
}
