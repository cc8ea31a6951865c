import Secrets

/// What `skipMultilineEncoding` does to a value of several lines.
enum MultilineEncoding {
    /// In double quotes with each line feed as `\n`, as the server writes it; a value of one line stays as it is.
    static func quoted(_ value: Secret) -> Secret {
        guard isMultiline(value) else { return value }
        let result = SecretBuffer(capacity: value.count + 16)
        result.append(UInt8(ascii: "\""))
        append(value, to: result)
        result.append(UInt8(ascii: "\""))
        return result.secret()
    }

    /// With each line feed as `\n`, as the command line client writes it.
    static func escaped(_ value: Secret) -> Secret {
        guard isMultiline(value) else { return value }
        let result = SecretBuffer(capacity: value.count + 16)
        append(value, to: result)
        return result.secret()
    }

    private static func isMultiline(_ value: Secret) -> Bool { value.withBytes { $0.contains(UInt8(ascii: "\n")) } }

    private static func append(_ value: Secret, to result: SecretBuffer) {
        value.withBytes { bytes in
            for byte in bytes {
                if byte == UInt8(ascii: "\n") {
                    result.append(UInt8(ascii: "\\"))
                    result.append(UInt8(ascii: "n"))
                } else {
                    result.append(byte)
                }
            }
        }
    }
}
