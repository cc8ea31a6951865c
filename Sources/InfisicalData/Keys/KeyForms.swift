import Crypto
package import Secrets

/// The other ways in which people write the same key: a value that does not fit may be the right one in another form.
package enum KeyForms {
    /// A form, and the label of the key that the value is in it.
    package struct Form: Sendable, Equatable {
        /// What to do with the value, such as `in lower case`.
        package let text: String
        package let label: String
    }

    /// Every form of a value that gives a key of 32 bytes, the likeliest first.
    ///
    /// - Parameter value: as it stands in the env file; white space around it does not count.
    package static func of(_ value: Secret) -> [Form] {
        let value = value.trimmed()
        var forms: [Form] = []
        let add = { (text: String, key: Secret?) in
            guard let key, key.count == 32 else { return }
            forms.append(Form(text: text, label: KEKLabel.of(key)))
        }
        add("as it is, as ENCRYPTION_KEY outside FIPS mode", value)
        add("in lower case", mapped(value) { isLetter($0) ? $0 | 0x20 : $0 })
        add("in upper case", mapped(value) { isLetter($0) ? $0 & 0xdf : $0 })
        let bare = filtered(value) { !isBlank($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") }
        if bare.count != value.count {
            add("without blanks and quotes", bare)
            add("without blanks and quotes, in lower case", mapped(bare) { isLetter($0) ? $0 | 0x20 : $0 })
        }
        add("as ROOT_ENCRYPTION_KEY, or as ENCRYPTION_KEY in FIPS mode (base64)", decoded(bare))
        if let bytes = hexDecoded(bare) {
            add("as base64 of the same 32 bytes, as ROOT_ENCRYPTION_KEY or in FIPS mode", bytes)
        }
        if let bytes = decoded(bare), bytes.count == 16 {
            add("as 32 hex characters in lower case instead of base64", hexEncoded(bytes))
        }
        return forms
    }

    private static func mapped(_ value: Secret, _ change: (UInt8) -> UInt8) -> Secret {
        Secret(count: value.count) { target in
            value.withBytes { for (at, byte) in $0.enumerated() { target[at] = change(byte) } }
        }
    }

    private static func filtered(_ value: Secret, _ isKept: (UInt8) -> Bool) -> Secret {
        let count = value.withBytes { $0.count(where: isKept) }
        return Secret(count: count) { target in
            value.withBytes { for (at, byte) in $0.lazy.filter(isKept).enumerated() { target[at] = byte } }
        }
    }

    private static func decoded(_ value: Secret) -> Secret? {
        var count: Int?
        let room = Secret(count: value.count / 4 * 3 + 3) { target in
            count = value.withBytes { Base64.decode($0, padded: true, into: target) }
        }
        return count.map { room.slice(0..<$0) }
    }

    private static func hexDecoded(_ value: Secret) -> Secret? {
        guard value.count == 64, value.withBytes({ $0.allSatisfy { nibble($0) != nil } }) else { return nil }
        return Secret(count: 32) { target in
            value.withBytes { bytes in
                for at in 0..<32 { target[at] = (nibble(bytes[2 * at]) ?? 0) << 4 | (nibble(bytes[2 * at + 1]) ?? 0) }
            }
        }
    }

    private static func hexEncoded(_ value: Secret) -> Secret {
        Secret(count: value.count * 2) { target in
            value.withBytes { bytes in
                for (at, byte) in bytes.enumerated() {
                    target[2 * at] = digit(byte >> 4)
                    target[2 * at + 1] = digit(byte & 15)
                }
            }
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
