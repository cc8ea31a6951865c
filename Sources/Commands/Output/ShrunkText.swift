import Repository

/// How it is said that a backup is shrunk, of another instance, declined or rejected; never green.
enum ShrunkText {
    /// Nil where nothing is missing.
    static func of(_ assessment: Assessment, _ output: Output) -> String? {
        if let time = assessment.rejected {
            return output.styled("rejected at \(time), as not of this instance", .attention)
        }
        if let decline = assessment.decline {
            return assessment.accepted.map { "declined, and accepted at \($0): \(decline.text)" }
                ?? output.styled("declined: \(decline.text)", .attention)
        }
        return assessment.text.map { text in
            assessment.accepted.map { "\(assessment.word), but accepted at \($0): \(text)" }
                ?? output.styled("\(mark(assessment)): \(text)", .bad)
        }
    }

    /// The word for it in a table.
    static func mark(_ assessment: Assessment) -> String { assessment.word.uppercased() }
}
