import FoundationEssentials

/// The certificates in a file in PEM form (RFC 7468). OpenSSL refuses a whole file for one block that it cannot read, and
/// with it those that are well.
enum CertificateBlocks {
    /// Both are read as certificates by node.js.
    private static let labels = ["CERTIFICATE", "X509 CERTIFICATE"]

    /// The blocks that hold a certificate, in PEM form; empty where none does.
    static func readable(in pem: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = [], label: String?, text: [UInt8] = []
        for bytes in pem.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            let line = String(decoding: bytes.prefix(trimmedCount(bytes)), as: UTF8.self)
            if line.hasPrefix("-----BEGIN ") {
                (label, text) = (labels.first { line == "-----BEGIN \($0)-----" }, [])
            } else if line.hasPrefix("-----END ") {
                if let label, line == "-----END \(label)-----", isCertificate(text) { kept += block(text) }
                (label, text) = (nil, [])
            } else if label != nil {
                text += bytes.filter { !isBlank($0) }
            }
        }
        return kept
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    /// Spaces at the end of a line mean nothing.
    private static func trimmedCount(_ line: ArraySlice<UInt8>) -> Int {
        line.lastIndex { !isBlank($0) }.map { $0 + 1 - line.startIndex } ?? 0
    }

    private static func block(_ base64: [UInt8]) -> [UInt8] {
        var block = Array("-----BEGIN CERTIFICATE-----\n".utf8)
        for start in stride(from: 0, to: base64.count, by: 64) {
            block += base64[start..<min(start + 64, base64.count)]
            block.append(10)
        }
        return block + Array("-----END CERTIFICATE-----\n".utf8)
    }

    /// Whether a text is base64 of one SEQUENCE of two SEQUENCEs and a BIT STRING, as each certificate is (RFC 5280, 4.1).
    private static func isCertificate(_ base64: [UInt8]) -> Bool {
        guard let bytes = Data(base64Encoded: Data(base64)) else { return false }
        var rest = Array(bytes)[...]
        guard var parts = element(0x30, of: &rest), rest.isEmpty else { return false }
        for tag: UInt8 in [0x30, 0x30, 0x03] where element(tag, of: &parts) == nil { return false }
        return parts.isEmpty
    }

    /// Takes an element of DER off the front of bytes: its content; nil for one of another kind, or that is cut off.
    private static func element(_ tag: UInt8, of bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.popFirst() == tag, let first = bytes.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let digits = length - 0x80
            guard (1...3).contains(digits), bytes.count >= digits else { return nil }
            length = bytes.prefix(digits).reduce(0) { $0 << 8 | Int($1) }
            bytes.removeFirst(digits)
        }
        guard bytes.count >= length else { return nil }
        let content = bytes.prefix(length)
        bytes.removeFirst(length)
        return content
    }
}
