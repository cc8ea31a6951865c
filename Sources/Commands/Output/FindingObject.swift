import Repository

/// A finding in the JSON of `verify` and `status`.
struct FindingObject: Encodable {
    let code: String
    let severity: String
    let subject: String
    let message: String
    let backups: [String]

    init(_ finding: Finding) {
        code = finding.code
        severity = finding.isDamage ? "damage" : "note"
        subject = finding.subject
        message = finding.message
        backups = finding.backups.map(\.text)
    }
}
