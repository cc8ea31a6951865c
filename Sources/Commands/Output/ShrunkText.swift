import Repository

/// How it is said that a backup is shrunk; never green.
enum ShrunkText {
    /// Nil where nothing is missing.
    static func of(_ assessment: Assessment, _ output: Output) -> String? {
        assessment.text.map { text in
            assessment.accepted.map { "shrunk, but accepted at \($0): \(text)" }
                ?? output.styled("SHRUNK: \(text)", .bad)
        }
    }
}
