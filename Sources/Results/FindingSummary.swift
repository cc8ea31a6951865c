package import Repository

/// A finding in the JSON of `verify` and `status`.
package struct FindingSummary: Encodable, Sendable {
    /// Stable, such as `chunk.missing`.
    package let code: String
    /// `damage` or `note`.
    package let severity: String
    /// File or thing that it is about.
    package let subject: String
    package let message: String
    /// Ids of the backups that it harms.
    package let backups: [String]

    package init(_ finding: Finding) {
        code = finding.code
        severity = finding.isDamage ? "damage" : "note"
        subject = finding.subject
        message = finding.message
        backups = finding.backups.map(\.text)
    }
}
