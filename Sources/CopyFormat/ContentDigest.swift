/// What a table contains, as one number that does not depend on the order of its rows: the sum, modulo 2^128, of a keyed
/// 128-bit hash of every row, and the number of rows.
///
/// Two digests compare only if they were taken over the same columns, in the same encoding, with the same key.
package struct ContentDigest: Sendable, Hashable {
    /// The sum, low half first.
    private var low: UInt64
    private var high: UInt64
    /// Number of rows.
    package private(set) var rows: UInt64

    /// The digest of no rows.
    package init() {
        low = 0
        high = 0
        rows = 0
    }

    /// Of rows that were counted and not read: it says how many, and nothing of what is in them.
    package init(uncomputedOf rows: UInt64) {
        low = 0
        high = 0
        self.rows = rows
    }

    /// Reads what `hex` writes; nil unless it is 32 lower-case hexadecimal digits.
    package init?(hex: String, rows: UInt64) {
        let digits = Array(hex.utf8)
        guard digits.count == 32, digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let high = UInt64(hex.prefix(16), radix: 16), let low = UInt64(hex.suffix(16), radix: 16)
        else { return nil }
        self.low = low
        self.high = high
        self.rows = rows
    }

    /// Adds the hash of one row.
    @inline(__always)
    mutating func add(low otherLow: UInt64, high otherHigh: UInt64) {
        add(low: otherLow, high: otherHigh, rows: 1)
    }

    @inline(__always)
    private mutating func add(low otherLow: UInt64, high otherHigh: UInt64, rows otherRows: UInt64) {
        let sum = low.addingReportingOverflow(otherLow)
        low = sum.partialValue
        high = high &+ otherHigh &+ (sum.overflow ? 1 : 0)
        rows &+= otherRows
    }

    /// The sum as 32 lower-case hexadecimal digits, most significant first.
    package var hex: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The digest of both sets of rows together.
    package static func + (left: ContentDigest, right: ContentDigest) -> ContentDigest {
        var sum = left
        sum.add(low: right.low, high: right.high, rows: right.rows)
        return sum
    }

    /// Adds the rows of `right`.
    package static func += (left: inout ContentDigest, right: ContentDigest) { left = left + right }
}
