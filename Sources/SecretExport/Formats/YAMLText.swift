import Secrets

/// A map from names to values, both in double quotes, so that nothing is taken for a number or a date. A value that is no
/// UTF-8 text is a `!!binary`.
enum YAMLText {
    /// YAML looks for the colon behind a name within 1,024 characters; a longer one is marked as a name.
    private static let longestName = 120

    static func text(_ secrets: [ExportedSecret]) -> Secret {
        let text = SecretBuffer(capacity: secrets.reduce(64) { $0 + $1.value.count + 64 })
        if secrets.isEmpty { text.append(text: "{}\n") }
        for secret in secrets {
            let isLong = secret.key.utf8.count > longestName
            if isLong { text.append(text: "? ") }
            QuotedText.append(secret.key, isYAML: true, to: text)
            text.append(text: isLong ? "\n: " : ": ")
            if !secret.value.withBytes({ QuotedText.append($0, isYAML: true, to: text) }) {
                text.append(text: "!!binary ")
                BinaryText.append(secret.value, to: text)
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text.secret()
    }
}
