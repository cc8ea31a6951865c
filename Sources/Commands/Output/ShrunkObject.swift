import Repository

/// What a backup lacks in comparison with the one before, in the JSON of `backup`, `list`, `show` and `status`.
struct ShrunkObject: Encodable {
    let code: String
    /// When it was accepted all the same; absent as long as it counts for nothing.
    let accepted: String?
    /// Id of the backup that it was compared with; absent for the first.
    let comparedWith: String?
    let losses: [LossObject]

    struct LossObject: Encodable {
        /// A kind that is counted, `rows`, `rootKey`, `instance` or `nothing`.
        let what: String
        let before: String?
        let now: String?
    }

    init(_ assessment: Assessment) {
        code = Assessment.code
        accepted = assessment.accepted
        comparedWith = assessment.comparedWith?.text
        losses = assessment.losses.map { LossObject(what: $0.what, before: $0.sides?.before, now: $0.sides?.now) }
    }
}

/// How it is told; never green.
enum ShrunkWords {
    /// Nil where nothing is missing.
    static func of(_ assessment: Assessment, _ output: Output) -> String? {
        assessment.words.map { words in
            assessment.accepted.map { "accepted at \($0), although: \(words)" }
                ?? output.styled("SHRUNK: \(words)", .bad)
        }
    }
}
