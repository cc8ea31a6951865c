/// A PostgreSQL server's version as libpq reports it: major times 10000 plus minor.
package struct ServerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 150004 for 15.4.
    package let number: Int
    package init(_ number: Int) { self.number = number }

    /// The oldest version that this program works with.
    package static let oldest = ServerVersion(140_000)

    package var major: Int { number / 10_000 }
    package var description: String { "\(major).\(number % 10_000)" }
    package static func < (left: ServerVersion, right: ServerVersion) -> Bool { left.number < right.number }
}
