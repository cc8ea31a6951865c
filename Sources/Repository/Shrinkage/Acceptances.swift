import Crypto
import DurableFiles
package import Effects

/// The signed documents in `accepted/`: which shrunk backups somebody looked at and called right, which backups are not of
/// this instance, and of which either was taken back.
package struct Acceptances: Sendable {
    package static let schema = "infisical-ops/acceptance/1"

    /// What somebody said of a backup.
    package enum Verdict: String, Sendable, Equatable {
        /// It counts, although it is shrunk.
        case accepted
        /// It is not of this instance: it counts for nothing, and is never `latest`.
        case rejected
        /// Nothing, or what was said was taken back.
        case none

        /// Of two in the same second the one that lets less count.
        fileprivate var rank: Int {
            switch self {
            case .accepted: 0
            case .none: 1
            case .rejected: 2
            }
        }
    }

    /// One document, `accepted/<time>-<random>.json`.
    package struct Document: Codable, Sendable, Equatable {
        package var schema = Acceptances.schema
        package var repository: String
        package var backup: BackupID
        /// SHA-256 of the manifest that was looked at.
        package var manifest: String
        /// False takes an earlier one back.
        package var accepted: Bool
        /// True where the backup is not of this instance; absent otherwise, and never true beside `accepted`. A reader that
        /// does not know it takes an earlier acceptance for taken back.
        package var rejected: Bool?
        /// RFC 3339, UTC; the latest document about a backup counts.
        package var time: String
        package var program: String
        package var host: String

        package init(
            repository: String, backup: BackupID, manifest: String, accepted: Bool, rejected: Bool? = nil, time: String,
            program: String, host: String
        ) {
            self.repository = repository
            self.backup = backup
            self.manifest = manifest
            self.accepted = accepted
            self.rejected = rejected
            self.time = time
            self.program = program
            self.host = host
        }

        package var verdict: Verdict { rejected == true ? .rejected : accepted ? .accepted : .none }
    }

    private var latest: [Manifest.Link: Document] = [:]

    /// Reads all documents; one whose signature does not hold becomes a note and counts for nothing.
    package init(_ repository: Repository, findings: inout [Finding]) throws {
        for entry in try repository.list(repository.layout.accepted) where entry.name.hasSuffix(".json") {
            let path = repository.layout.accepted + "/" + entry.name
            do {
                let signed = try SignedFile.read(
                    path, purpose: .acceptance, signers: repository.signers, layout: repository.layout,
                    files: repository.files)
                let document = try StoredJSON.decode(
                    Document.self, from: signed.content, path: repository.layout.relative(path))
                if document.repository == repository.description.id { add(document) }
            } catch is RepositoryFault {
                findings.append(Finding(note: .unreadAcceptance, subject: repository.layout.relative(path)))
            }
        }
    }

    private mutating func add(_ document: Document) {
        let link = Manifest.Link(id: document.backup, sha256: document.manifest)
        if let known = latest[link], (known.time, known.verdict.rank) > (document.time, document.verdict.rank) {
            return
        }
        latest[link] = document
    }

    /// When this was said of each of these backups; those of which it was not are absent.
    package func times(of verdict: Verdict, _ entries: [InventoryEntry]) -> [BackupID: String] {
        var times: [BackupID: String] = [:]
        for entry in entries {
            guard let document = latest[entry.link], document.verdict == verdict else { continue }
            times[entry.id] = document.time
        }
        return times
    }

    /// Those that were rejected, also where the manifest is gone.
    package var rejected: Set<BackupID> { Set(latest.filter { $0.value.verdict == .rejected }.keys.map(\.id)) }

    /// Writes down what is said of a backup.
    ///
    /// - Throws: `hostKeysMissing` where this host may not sign.
    package func record(
        _ entry: InventoryEntry, _ verdict: Verdict, now: Timestamp, host: String, in repository: Repository
    ) throws {
        // After every earlier one of the backup, whatever the clock does: the latest counts.
        let earlier = latest[entry.link].flatMap { Timestamp(iso8601: $0.time) }
        let time = earlier.map { max(now, Timestamp(seconds: $0.seconds + 1)) } ?? now
        let document = Document(
            repository: repository.description.id, backup: entry.id, manifest: entry.sha256,
            accepted: verdict == .accepted, rejected: verdict == .rejected ? true : nil, time: time.iso8601,
            program: Release.nameAndVersion, host: host)
        try repository.files.createFolder(repository.layout.accepted)
        let name = time.compact + "-" + Hex.encode(try Random.bytes(count: 4))
        try SignedFile.publish(
            try StoredJSON.encode(document), at: "\(repository.layout.accepted)/\(name).json", purpose: .acceptance,
            signer: try repository.writingSigner(), files: repository.files, existing: .refuse)
    }
}
