import Crypto

/// One line of a journal: its number, a checksum, and what was recorded.
///
/// `NUMBER CHECKSUM PAYLOAD`, ended by a line feed. The checksum is the first half of the SHA-256 of the checksum of the
/// line before, the number and the payload, each ended by a line feed: a line that was changed, left out, put elsewhere
/// or taken from another journal does not fit.
struct JournalLine {
    let number: Int
    let checksum: String
    let payload: String

    /// What stands for the checksum of the line before the first.
    static let origin = ""

    init(_ number: Int, after checksum: String, payload: String) {
        self.number = number
        self.payload = payload
        self.checksum = JournalLine.checksum(checksum, number, payload)
    }

    /// Reads a line without its end; nil unless it is the one that follows the given checksum.
    init?(_ bytes: ArraySlice<UInt8>, number: Int, after checksum: String) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == String(number),
            parts[1] == JournalLine.checksum(checksum, number, String(parts[2]))
        else { return nil }
        self.number = number
        self.checksum = String(parts[1])
        payload = String(parts[2])
    }

    var bytes: [UInt8] { Array("\(number) \(checksum) \(payload)\n".utf8) }

    private static func checksum(_ before: String, _ number: Int, _ payload: String) -> String {
        String(SHA256.hash(Array("\(before)\n\(number)\n\(payload)\n".utf8)).hex.prefix(32))
    }
}
