import Secrets

/// `KEY='value'`, so that Docker Compose and POSIX shells read the same.
///
/// In single quotes both take every character for itself, the end of a line too; but Compose takes a backslash at the end
/// together with the quote, and a shell knows no quote inside. Then double quotes: what both escape alike is `"`, `\` and
/// `$`; a backtick has to be escaped for a shell and must not be for Compose.
enum DotenvText {
    static func written(
        _ secrets: [ExportedSecret], _ format: ExportFormat
    ) throws(SecretExportFault) -> ExportWriter.Written {
        let text = SecretBuffer(capacity: secrets.reduce(64) { $0 + $1.value.count + $1.key.utf8.count + 16 })
        var leftOut: [UnwritableSecret] = [], refused: [UnwritableSecret] = []
        for secret in secrets {
            if !VariableName.isName(secret.key) {
                leftOut.append(UnwritableSecret(secret, .noVariableName))
            } else if VariableName.isShells(secret.key) {
                leftOut.append(UnwritableSecret(secret, .shellVariable))
            } else if let reason = append(secret, format, to: text) {
                refused.append(UnwritableSecret(secret, reason))
            }
        }
        if !refused.isEmpty { throw .notWritable(format: format, refused) }
        return ExportWriter.Written(text: text.secret(), leftOut: leftOut)
    }

    private static func append(
        _ secret: ExportedSecret, _ format: ExportFormat, to text: SecretBuffer
    ) -> UnwritableSecret.Reason? {
        let isExport = format == .dotenvExport
        return secret.value.withBytes { value in
            if value.contains(0) { return .nul }
            let isText = UTF8Text.isValid(value)
            // Shells take any bytes, Compose hands on text only.
            if !isText, !isExport { return .notText }
            let hasQuote = value.contains(UInt8(ascii: "'"))
            let needsDouble = hasQuote || value.last == UInt8(ascii: "\\")
            let isForShellsOnly = !isText || needsDouble && value.contains(UInt8(ascii: "`"))
            if isForShellsOnly, !isExport { return .quoteAndBacktick }
            text.append(text: (isExport ? "export " : "") + secret.key + "=")
            if isForShellsOnly {
                appendForShells(value, to: text)
            } else if needsDouble {
                appendDouble(value, to: text)
            } else {
                text.append(UInt8(ascii: "'"))
                text.append(value)
                text.append(UInt8(ascii: "'"))
            }
            text.append(UInt8(ascii: "\n"))
            return nil
        }
    }

    private static func appendDouble(_ value: UnsafeRawBufferPointer, to text: SecretBuffer) {
        text.append(UInt8(ascii: "\""))
        for byte in value {
            if "\"\\$".utf8.contains(byte) { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }

    /// In single quotes, with each quote outside of them.
    private static func appendForShells(_ value: UnsafeRawBufferPointer, to text: SecretBuffer) {
        text.append(UInt8(ascii: "'"))
        for byte in value {
            if byte == UInt8(ascii: "'") { text.append(text: "'\\'") }
            text.append(byte)
        }
        text.append(UInt8(ascii: "'"))
    }
}
