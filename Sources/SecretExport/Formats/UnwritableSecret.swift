/// A secret that a format has no way to write so that its readers read it back.
package struct UnwritableSecret: Sendable, Equatable {
    package enum Reason: String, Sendable {
        case noVariableName = "its name is no variable name"
        case shellVariable = "shells give a variable of this name a meaning of their own"
        case badName = "a name with white space, a control character, \"=\" or \"#\" at the start cannot be written"
        case nul = "its value has a NUL"
        case lineEnd = "its value has a line end"
        case carriageReturn = "its value ends with a carriage return"
        case notText = "its value is no UTF-8 text"
        case controlCharacter = "its value has a control character"
        case quoteAndBacktick =
            "its value has a quote or backslash and a backtick, which no quoting makes both readers read alike"
        case tooLong = "its line would be longer than docker reads"
        case singleQuote = "its value has a single quote, which ends the value there"
        case trailingBackslash = "its value ends with a backslash, which hides the closing quote from Compose"
    }

    package let key: String
    package let path: String
    package let reason: Reason

    init(_ secret: ExportedSecret, _ reason: Reason) {
        key = secret.key
        path = secret.path
        self.reason = reason
    }

    /// `"KEY" in /app (its value has a NUL)`.
    package var text: String { "\"\(key)\" in \(path) (\(reason.rawValue))" }
}
