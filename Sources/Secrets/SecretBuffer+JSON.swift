extension SecretBuffer {
    /// Appends text as a string of JSON (RFC 8259), quotes included.
    package func append(json text: String) {
        Array(text.utf8).withUnsafeBytes { append(json: $0) }
    }

    /// The same for a secret, whose bytes are UTF-8.
    package func append(json secret: Secret) { secret.withBytes { append(json: $0) } }

    private func append(json bytes: UnsafeRawBufferPointer) {
        let digits = Array("0123456789abcdef".utf8)
        append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                for escape in "\\u00".utf8 { append(escape) }
                append(digits[Int(byte >> 4)])
                append(digits[Int(byte & 15)])
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}
