import Secrets

/// Lines for `docker run --env-file`: a name, `=`, and everything behind it up to the line's end, quotes and blanks too.
enum DockerText {
    /// The longest line that docker reads, in bytes.
    private static let longestLine = 65_535

    static func text(_ secrets: [ExportedSecret]) throws(SecretExportFault) -> Secret {
        let text = SecretBuffer()
        var refused: [UnwritableSecret] = []
        for secret in secrets {
            if let reason = problem(secret) {
                refused.append(UnwritableSecret(secret, reason))
                continue
            }
            text.append(text: secret.key + "=")
            text.append(secret.value)
            text.append(UInt8(ascii: "\n"))
        }
        if !refused.isEmpty { throw .notWritable(format: .docker, refused) }
        return text.secret()
    }

    private static func problem(_ secret: ExportedSecret) -> UnwritableSecret.Reason? {
        if !isName(secret.key) { return .badName }
        return secret.value.withBytes { value in
            if value.contains(0) { return .nul }
            if value.contains(UInt8(ascii: "\n")) { return .lineEnd }
            if value.last == UInt8(ascii: "\r") { return .carriageReturn }
            if !UTF8Text.isValid(value) { return .notText }
            return secret.key.utf8.count + 1 + value.count > longestLine ? .tooLong : nil
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, first != "#", first != "\u{FEFF}" else { return false }
        return name.unicodeScalars.allSatisfy {
            $0 != "=" && $0.value >= 32 && $0.value != 127 && !$0.properties.isWhitespace
        }
    }
}
