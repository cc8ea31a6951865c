package import Crypto
package import Effects

/// The name of a rotation, in the form of a backup's id: its start in UTC and four random bytes.
package struct RotationID: Hashable, Sendable, Comparable, Codable {
    private let name: BackupID

    package init(started: Timestamp, random: UInt32) { name = BackupID(started: started, random: random) }

    /// Accepts exactly that form, so that an id can never leave its folder when used in a path.
    package init?(_ text: String) {
        guard let name = BackupID(text) else { return nil }
        self.name = name
    }

    package var text: String { name.text }

    /// What tells rotations apart that begin in the same second.
    package static func random() throws(CryptoFault) -> UInt32 {
        try Random.bytes(count: 4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    package static func < (left: RotationID, right: RotationID) -> Bool { left.name < right.name }

    package init(from decoder: any Decoder) throws { name = try BackupID(from: decoder) }
    package func encode(to encoder: any Encoder) throws { try name.encode(to: encoder) }
}
