package import Repository

/// What a backup or the live database holds less than half of, of the most that there was.
package struct DeclineSummary: Encodable, Sendable {
    package let code = "backup.declined"
    /// When it was called right; absent where it was not.
    package let accepted: String?
    /// Id of the backup to turn to.
    package let fuller: String
    package let parts: [Part]

    package struct Part: Encodable, Sendable {
        /// The kind that is counted.
        let what: String
        let most: Int
        let now: Int
        /// Id of the newest backup that holds the most.
        let backup: String
    }

    package init(_ decline: Decline, accepted: String? = nil) {
        self.accepted = accepted
        fuller = decline.fuller.text
        parts = decline.parts.map {
            Part(what: $0.kind.rawValue, most: $0.most, now: $0.now, backup: $0.backup.text)
        }
    }

    /// Nil where nothing declined.
    package init?(_ assessment: Assessment) {
        guard let decline = assessment.decline else { return nil }
        self.init(decline, accepted: assessment.accepted)
    }
}
