package import Effects

/// The name of a backup: its start in UTC and four random bytes, `20261123T234700Z-1f2e3d4c`.
///
/// Names sort by the clock of the host that made them; the order of backups is that of the chain, not of the names.
package struct BackupID: Hashable, Sendable, Comparable {
    package let text: String

    package init(started: Timestamp, random: UInt32) {
        let digits = String(random, radix: 16)
        text = started.compact + "-" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Accepts exactly the form above, so that an id can never leave its folder when used in a path.
    package init?(_ text: String) {
        let bytes = Array(text.utf8), template = Array("00000000T000000Z-xxxxxxxx".utf8)
        guard bytes.count == template.count else { return nil }
        for (byte, expected) in zip(bytes, template) {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            let isHex = isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            switch expected {
            case UInt8(ascii: "0"): guard isDigit else { return nil }
            case UInt8(ascii: "x"): guard isHex else { return nil }
            default: guard byte == expected else { return nil }
            }
        }
        self.text = text
    }

    package static func < (left: BackupID, right: BackupID) -> Bool { left.text < right.text }
}

extension BackupID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = BackupID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a backup id")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
