import Repository

/// How it is said that a backup is shrunk; never green.
enum ShrunkWords {
    /// Nil where nothing is missing.
    static func of(_ assessment: Assessment, _ output: Output) -> String? {
        assessment.words.map { words in
            assessment.accepted.map { "accepted at \($0), although: \(words)" }
                ?? output.styled("SHRUNK: \(words)", .bad)
        }
    }
}
