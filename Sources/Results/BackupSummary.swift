package import InstanceAccess
package import Repository

/// A backup in the JSON of `backup`, `list`, `show` and `status`.
package struct BackupSummary: Encodable, Sendable {
    package let id: String
    /// 1 for the first backup of the repository.
    package let sequence: Int
    /// ISO 8601 in UTC, as all times here.
    package let started: String
    package let finished: String
    package let tags: [String: String]
    /// Tables with or without rows.
    package let tables: Int
    package let rows: Int
    /// Bytes of all its chunks as they are stored, shared ones too.
    package let storedBytes: Int
    /// Bytes that this backup added to the repository.
    package let newBytes: Int
    /// `S1` to `S8`; absent for a database that is not Infisical's.
    package let era: String?
    /// Name of the last migration.
    package let migration: String?
    /// Label of the key that the data needs.
    package let keyLabel: String?
    /// Whether the keys in escrow open the data; absent when that was not proven either way.
    package let keyOpens: Bool?
    package let keys: [Manifest.KeyTrial]
    /// `stored`, `readable` …, `decrypts (key supplied)` among them; absent when nothing was proven.
    package let proof: String?
    package let proofTime: String?
    /// When `verify` found damage in it.
    package let damagedSince: String?
    /// The last drill of it that failed, unless one that went as far has succeeded since; `proof` stands all the same.
    package let drillFailure: FailedDrillSummary?
    package let leftOut: [Manifest.Database.LeftOut]
    /// Absent where nothing is missing in comparison with the backup before.
    package let shrunk: ShrunkSummary?
    /// Absent where nothing declined in small steps.
    package let declined: DeclineSummary?
    /// When it was said not to be of this instance; absent where it was not.
    package let rejected: String?

    package init(_ manifest: Manifest, standing: ProofStore.Standing, assessment: Assessment) {
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
        drillFailure = standing.failure.map { FailedDrillSummary($0, of: manifest.id) }
        leftOut = manifest.leftOut
        shrunk = assessment.losses.isEmpty ? nil : ShrunkSummary(assessment)
        declined = DeclineSummary(assessment)
        rejected = assessment.rejected
    }

    package init(_ overview: BackupOverview) {
        self.init(overview.manifest, standing: overview.standing, assessment: overview.assessment)
    }
}
