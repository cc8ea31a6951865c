package import Secrets

/// A 32-byte key as text: 64 lower-case hex digits and a line feed. The form of key files on the host and, sealed, in
/// the repository.
package enum HexKey {
    package static func encode(_ key: Secret) -> Secret {
        let digits = Array("0123456789abcdef".utf8)
        return Secret(count: key.count * 2 + 1) { target in
            key.withBytes { bytes in
                for (index, byte) in bytes.enumerated() {
                    target[index * 2] = digits[Int(byte >> 4)]
                    target[index * 2 + 1] = digits[Int(byte & 15)]
                }
            }
            target[target.count - 1] = UInt8(ascii: "\n")
        }
    }

    /// - Throws: `malformed` that names `path`; never shows the text.
    package static func decode(_ text: Secret, path: String) throws -> Secret {
        let text = text.trimmed()
        guard text.count == 64 else {
            throw RepositoryFault.malformed(path: path, reason: "it is not a key of 64 hex digits")
        }
        return try Secret(count: 32) { target in
            try text.withBytes { digits in
                for index in 0..<32 {
                    guard let high = value(digits[index * 2]), let low = value(digits[index * 2 + 1]) else {
                        throw RepositoryFault.malformed(path: path, reason: "it is not a key of 64 hex digits")
                    }
                    target[index] = high << 4 | low
                }
            }
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
