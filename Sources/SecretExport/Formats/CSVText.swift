import Secrets

/// Two columns (RFC 4180, with line feeds alone), as the command line client writes them.
enum CSVText {
    static func text(_ secrets: [ExportedSecret]) throws(SecretExportFault) -> Secret {
        let text = SecretBuffer()
        text.append(text: "Key,Value\n")
        var refused: [UnwritableSecret] = []
        for secret in secrets {
            let reason: UnwritableSecret.Reason? = secret.value.withBytes { value in
                if value.contains(0) { return .nul }
                return UTF8Text.isValid(value) ? nil : .notText
            }
            if let reason {
                refused.append(UnwritableSecret(secret, reason))
                continue
            }
            var key = secret.key
            key.withUTF8 { append(UnsafeRawBufferPointer($0), to: text) }
            text.append(UInt8(ascii: ","))
            secret.value.withBytes { append($0, to: text) }
            text.append(UInt8(ascii: "\n"))
        }
        if !refused.isEmpty { throw .notWritable(format: .csv, refused) }
        return text.secret()
    }

    private static func append(_ field: UnsafeRawBufferPointer, to text: SecretBuffer) {
        guard needsQuotes(field) else { return text.append(field) }
        text.append(UInt8(ascii: "\""))
        for byte in field {
            if byte == UInt8(ascii: "\"") { text.append(byte) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }

    private static func needsQuotes(_ field: UnsafeRawBufferPointer) -> Bool {
        guard let first = field.first, let last = field.last else { return false }
        let blanks: ClosedRange<UInt8> = 9...13
        if first == 32 || last == 32 || blanks.contains(first) || blanks.contains(last) { return true }
        if field.count == 2, first == UInt8(ascii: "\\"), last == UInt8(ascii: ".") { return true }
        return field.contains { ",\"\r\n".utf8.contains($0) }
    }
}
