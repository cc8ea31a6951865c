import Repository

/// How it is said that a backup is shrunk or rejected; never green.
enum ShrunkText {
    /// Nil where nothing is missing.
    static func of(_ assessment: Assessment, _ output: Output) -> String? {
        if let time = assessment.rejected {
            return output.styled("rejected at \(time), as not of this instance", .attention)
        }
        return assessment.text.map { text in
            assessment.accepted.map { "shrunk, but accepted at \($0): \(text)" }
                ?? output.styled("SHRUNK: \(text)", .bad)
        }
    }
}
