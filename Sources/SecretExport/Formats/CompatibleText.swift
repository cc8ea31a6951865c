import Secrets

/// The formats for shells exactly as Infisical's command line client prints them: `KEY='value'` without any escaping, line
/// ends as they are, or, where a secret's own flag says so, as `\n`.
///
/// Where that form would be broken, or would run as code, it is refused.
enum CompatibleText {
    static func text(_ secrets: [ExportedSecret], _ format: ExportFormat) throws(SecretExportFault) -> Secret {
        let text = SecretBuffer(), prefix = format == .dotenvExport ? "export " : ""
        var refused: [UnwritableSecret] = []
        for secret in secrets {
            if let reason = problem(secret) {
                refused.append(UnwritableSecret(secret, reason))
                continue
            }
            text.append(text: prefix + secret.key + "='")
            text.append(secret.skipsMultilineEncoding ? MultilineEncoding.escaped(secret.value) : secret.value)
            text.append(text: "'\n")
        }
        if !refused.isEmpty { throw .notWritable(format: format, refused) }
        return text.secret()
    }

    private static func problem(_ secret: ExportedSecret) -> UnwritableSecret.Reason? {
        if !VariableName.isName(secret.key) { return .noVariableName }
        if VariableName.isShells(secret.key) { return .shellVariable }
        return secret.value.withBytes { value in
            if value.contains(0) { return .nul }
            if value.contains(UInt8(ascii: "'")) { return .singleQuote }
            if value.last == UInt8(ascii: "\\") { return .trailingBackslash }
            return UTF8Text.isValid(value) ? nil : .notText
        }
    }
}
