import Postgres
import Secrets

/// `DB_ROOT_CERT`: certificates in PEM form, in base64, as node.js decodes it: whatever is none of its characters is
/// skipped, and the padding ends it.
enum RootCertificate {
    static func authority(_ value: Sourced<Secret>) -> CertificateAuthority {
        CertificateAuthority(pem: decoded(value.value), origin: value.origin.description)
    }

    static func decoded(_ value: Secret) -> [UInt8] {
        var bytes: [UInt8] = [], bits: UInt32 = 0, count = 0
        value.withBytes { text in
            for byte in text {
                if byte == UInt8(ascii: "=") { break }
                guard let digit = digit(byte) else { continue }
                (bits, count) = (bits << 6 | digit, count + 6)
                if count >= 8 {
                    count -= 8
                    bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                }
            }
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
