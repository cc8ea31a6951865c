package import Secrets

extension EnvFile {
    /// An env file that says exactly these values, in the order of their names, however Compose reads it.
    package static func text(_ values: [String: Secret]) -> Secret {
        let size = values.reduce(0) { $0 + $1.key.utf8.count + 2 * $1.value.count + 4 }
        let text = SecretBuffer(capacity: size)
        let put = { (string: String) in for byte in string.utf8 { text.append(byte) } }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            put(name + "=")
            let isPlain = value.withBytes { bytes in bytes.allSatisfy { $0 != 39 && $0 != 10 && $0 != 13 } }
            if isPlain {
                put("'")
                text.append(value)
                put("'\n")
                continue
            }
            put("\"")
            value.withBytes { bytes in
                for byte in bytes {
                    switch byte {
                    case UInt8(ascii: "\n"): put("\\n")
                    case UInt8(ascii: "\r"): put("\\r")
                    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"):
                        put(byte == UInt8(ascii: "$") ? "$$" : "\\")
                        if byte != UInt8(ascii: "$") { text.append(byte) }
                    default: text.append(byte)
                    }
                }
            }
            put("\"\n")
        }
        return text.secret()
    }
}
