/// Which backups are to be kept. The words mean what they mean in restic (`restic forget`, from 0.16 on).
package struct RetentionPolicy: Sendable, Equatable {
    /// Of how many hours, days and so on the newest backup is kept; only those that have any count.
    package enum Count: Sendable, Equatable {
        /// From 1.
        case some(Int)
        case all
    }

    /// So many of the newest, whatever their time.
    package var last: Count?
    package var hourly: Count?
    package var daily: Count?
    /// By the weeks of ISO 8601, which begin on Monday.
    package var weekly: Count?
    package var monthly: Count?
    package var yearly: Count?
    /// All that are younger than this, counted back from the newest.
    package var within: RetentionSpan?
    /// Those that have all tags of one of these sets.
    package var tags: [[String: String]] = []

    package init() {}

    /// Whether it keeps nothing by itself.
    package var isEmpty: Bool { self == RetentionPolicy() }
}

/// A length of time by the calendar, as restic writes it: `1y5m7d2h`, years, months, days and hours in any order, each at most
/// once.
package struct RetentionSpan: Sendable, Equatable {
    package var years = 0
    package var months = 0
    package var days = 0
    package var hours = 0

    package init(years: Int = 0, months: Int = 0, days: Int = 0, hours: Int = 0) {
        (self.years, self.months, self.days, self.hours) = (years, months, days, hours)
    }

    /// What is wrong with a text, and where.
    package struct Problem: Error, Equatable {
        /// Bytes before the place.
        package let offset: Int
        /// As it ends a sentence.
        package let text: String
    }

    package init(parsing text: String) throws(Problem) {
        let bytes = Array(text.utf8)
        var index = 0, seen: Set<UInt8> = []
        while index < bytes.count {
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > start else { throw Problem(offset: start, text: "a number is expected here") }
            // More than a century of hours is no number that anybody means.
            guard index - start <= 6, let number = Int(String(decoding: bytes[start..<index], as: UTF8.self)) else {
                throw Problem(offset: start, text: "this number is too large")
            }
            guard index < bytes.count else {
                throw Problem(offset: index, text: "y, m, d or h is expected behind the number")
            }
            let unit = bytes[index]
            guard seen.insert(unit).inserted else { throw Problem(offset: index, text: "this unit is there twice") }
            switch unit {
            case UInt8(ascii: "y"): years = number
            case UInt8(ascii: "m"): months = number
            case UInt8(ascii: "d"): days = number
            case UInt8(ascii: "h"): hours = number
            default: throw Problem(offset: index, text: "the units are y, m, d and h")
            }
            index += 1
        }
        guard years + months + days + hours > 0 else { throw Problem(offset: 0, text: "it is no time at all") }
    }

    package var text: String {
        [(years, "y"), (months, "m"), (days, "d"), (hours, "h")].filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}
