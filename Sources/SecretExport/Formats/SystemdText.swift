import Secrets

/// Lines for `EnvironmentFile=`: in single quotes systemd takes every character for itself; with a single quote inside, in
/// double quotes, where a backslash escapes `"` and itself.
enum SystemdText {
    static func text(_ secrets: [ExportedSecret]) throws(SecretExportFault) -> Secret {
        let text = SecretBuffer()
        var refused: [UnwritableSecret] = []
        for secret in secrets {
            if let reason = problem(secret) {
                refused.append(UnwritableSecret(secret, reason))
                continue
            }
            text.append(text: secret.key + "=")
            secret.value.withBytes { append($0, to: text) }
            text.append(UInt8(ascii: "\n"))
        }
        if !refused.isEmpty { throw .notWritable(format: .systemd, refused) }
        return text.secret()
    }

    private static func append(_ value: UnsafeRawBufferPointer, to text: SecretBuffer) {
        guard value.contains(UInt8(ascii: "'")) else {
            text.append(UInt8(ascii: "'"))
            text.append(value)
            return text.append(UInt8(ascii: "'"))
        }
        text.append(UInt8(ascii: "\""))
        for byte in value {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }

    private static func problem(_ secret: ExportedSecret) -> UnwritableSecret.Reason? {
        if !VariableName.isName(secret.key) { return .noVariableName }
        return secret.value.withBytes { value in
            if value.contains(0) { return .nul }
            if !UTF8Text.isValid(value) { return .notText }
            // systemd drops a whole line for any other one.
            return value.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 || $0 == 10 } ? nil : .controlCharacter
        }
    }
}
