import Faults
import Operations
import Repository

/// A backup in the JSON of `backup`, `list`, `show` and `status`.
struct BackupObject: Encodable {
    let id: String
    let sequence: Int
    let started: String
    let finished: String
    let tags: [String: String]
    let tables: Int
    let rows: Int
    let storedBytes: Int
    let newBytes: Int
    let era: String?
    let migration: String?
    /// Label of the key that the data needs.
    let keyLabel: String?
    /// Whether the keys in escrow open the data; absent when that was not proven either way.
    let keyOpens: Bool?
    let keys: [Manifest.KeyTrial]
    /// `stored`, `readable` …; absent when nothing was proven.
    let proof: String?
    let proofTime: String?
    let damagedSince: String?
    let leftOut: [Manifest.Database.LeftOut]
    /// Absent where nothing is missing in comparison with the backup before.
    let shrunk: ShrunkObject?

    init(_ manifest: Manifest, standing: ProofStore.Standing, assessment: Assessment) {
        id = manifest.id.text
        sequence = manifest.sequence
        started = manifest.started
        finished = manifest.finished
        tags = manifest.tags
        tables = manifest.tableCount
        rows = manifest.rowCount
        storedBytes = manifest.storedBytes
        newBytes = manifest.added.bytes
        era = manifest.infisical?.era
        migration = manifest.infisical?.migration
        keyLabel = manifest.infisical?.keyLabel
        keyOpens = manifest.infisical?.keyOpens
        keys = manifest.infisical?.keys ?? []
        proof = standing.level?.rawValue
        proofTime = standing.time
        damagedSince = standing.damaged
        leftOut = manifest.leftOut
        shrunk = assessment.losses.isEmpty ? nil : ShrunkObject(assessment)
    }

    init(_ overview: BackupOverview) {
        self.init(overview.manifest, standing: overview.standing, assessment: overview.assessment)
    }
}

/// The tags of a backup on one line.
enum TagWords {
    static func of(_ tags: [String: String]) -> String {
        tags.isEmpty
            ? "-"
            : ControlCharacters.escaped(tags.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " "))
    }
}

/// How far a backup is proven, in words; never green unless it was.
enum ProofWords {
    static func of(_ standing: ProofStore.Standing, _ output: Output) -> String {
        if standing.damaged != nil { return output.styled("DAMAGED", .bad) }
        guard let level = standing.level else { return output.styled("not verified", .attention) }
        if level == .stored { return output.styled("stored, not read", .attention) }
        return output.styled(level.rawValue, .good)
    }
}
