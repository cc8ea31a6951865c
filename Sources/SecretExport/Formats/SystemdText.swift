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
            if !isText(value) { return .notText }
            // systemd drops a whole line for any other one.
            return value.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 || $0 == 10 } ? nil : .controlCharacter
        }
    }

    /// systemd refuses the whole file for a code point that Unicode never gives a character (its `utf8_is_valid`).
    private static func isText(_ value: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < value.count {
            guard let (scalar, length) = UTF8Text.scalar(value, at: at), scalar & 0xFFFE != 0xFFFE,
                !(0xFDD0...0xFDEF).contains(scalar)
            else { return false }
            at += length
        }
        return true
    }
}
