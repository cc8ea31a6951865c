package import Repository

/// What a backup lacks in comparison with the one before, in the JSON of `backup`, `list`, `show` and `status`.
package struct ShrunkSummary: Encodable, Sendable {
    package let code: String
    /// When it was accepted all the same; absent as long as it counts for nothing.
    package let accepted: String?
    /// Id of the backup that it was compared with; absent for the first.
    package let comparedWith: String?
    package let losses: [Loss]

    package struct Loss: Encodable, Sendable {
        /// A kind that is counted, `rows`, `rootKey`, `instance` or `nothing`.
        let what: String
        let before: String?
        let now: String?
    }

    package init(_ assessment: Assessment) {
        code = Assessment.code
        accepted = assessment.accepted
        comparedWith = assessment.comparedWith?.text
        losses = assessment.losses.map { Loss(what: $0.what, before: $0.sides?.before, now: $0.sides?.now) }
    }
}
