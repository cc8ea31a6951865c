import Glibc

/// A moment by the host's own calendar and clock, in the zone that `TZ` or `/etc/localtime` names.
package struct LocalTime: Sendable, Hashable {
    package let moment: Timestamp
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int
    /// 0 to 23.
    package let hour: Int
    /// 1 is Monday and 7 Sunday.
    package let weekday: Int
    /// Of ISO 8601: the year that the week is counted in, and its number from 1.
    package let week: Week

    package struct Week: Sendable, Hashable {
        package let year: Int
        package let number: Int
    }

    package init(_ moment: Timestamp) {
        let parts = Self.parts(moment)
        self.moment = moment
        (year, month, day) = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
        hour = Int(parts.tm_hour)
        weekday = parts.tm_wday == 0 ? 7 : Int(parts.tm_wday)
        week = Self.week(of: parts)
    }

    /// The moment so long before, with the same time of day; a day that a month lacks is one of the next month, as in
    /// 31 March less a month: 3 March.
    package func before(years: Int, months: Int, days: Int, hours: Int) -> Timestamp {
        var parts = Self.parts(moment)
        parts.tm_year -= Int32(clamping: years)
        parts.tm_mon -= Int32(clamping: months)
        parts.tm_mday -= Int32(clamping: days)
        parts.tm_isdst = -1
        return Timestamp(seconds: Int64(mktime(&parts)) - Int64(hours) * 3600)
    }

    /// The same time of day so many days later.
    package func adding(days: Int) -> LocalTime {
        var parts = Self.parts(moment)
        parts.tm_mday += Int32(clamping: days)
        parts.tm_isdst = -1
        return LocalTime(Timestamp(seconds: Int64(mktime(&parts))))
    }

    /// A time of day so many days later; one that clocks skip is as long behind the gap.
    package func at(hour: Int, minute: Int, days: Int) -> Timestamp {
        var parts = Self.parts(moment)
        parts.tm_mday += Int32(clamping: days)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(hour), Int32(minute), 0)
        parts.tm_isdst = -1
        return Timestamp(seconds: Int64(mktime(&parts)))
    }

    private static func parts(_ moment: Timestamp) -> tm {
        var time = time_t(moment.seconds), parts = tm()
        // localtime_r alone need not read the zone.
        tzset()
        localtime_r(&time, &parts)
        return parts
    }

    private static func week(of parts: tm) -> Week {
        // The Thursday of a week is in the year that the week is counted in.
        let weekday = (Int(parts.tm_wday) + 6) % 7
        let thursday = Int(parts.tm_yday) - weekday + 3, year = Int(parts.tm_year) + 1900
        if thursday < 0 {
            return Week(year: year - 1, number: (thursday + length(of: year - 1)) / 7 + 1)
        }
        if thursday >= length(of: year) { return Week(year: year + 1, number: 1) }
        return Week(year: year, number: thursday / 7 + 1)
    }

    private static func length(of year: Int) -> Int {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
    }
}
