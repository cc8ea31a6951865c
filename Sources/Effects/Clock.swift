import Glibc

/// Wall time and monotonic time; injected, so that tests can turn it.
package protocol Clock: Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    func now() -> Timestamp
    /// Nanoseconds of a clock that never goes back; only differences mean anything.
    func monotonic() -> UInt64
}

extension Clock {
    /// The moment of the monotonic clock so many seconds from now; the last that there is where it would lie behind that.
    package func monotonic(after seconds: Double) -> UInt64 {
        let (end, isBeyond) = monotonic().addingReportingOverflow(UInt64(saturating: seconds * 1e9))
        return isBeyond ? .max : end
    }
}

/// The system's clocks.
package struct SystemClock: Clock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec))
    }

    package func monotonic() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// A moment, to the second, in UTC.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package let seconds: Int64
    package init(seconds: Int64) { self.seconds = seconds }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.seconds < right.seconds }

    /// RFC 3339 in UTC: `2026-11-23T23:47:00Z`.
    package var iso8601: String { formatted("%Y-%m-%dT%H:%M:%SZ") }
    /// For names, sortable and free of colons: `20261123T234700Z`.
    package var compact: String { formatted("%Y%m%dT%H%M%SZ") }

    /// Reads the form that `iso8601` writes; nil for anything else.
    package init?(iso8601 text: String) {
        let bytes = Array(text.utf8), template = Array("0000-00-00T00:00:00Z".utf8), zero = UInt8(ascii: "0")
        guard bytes.count == template.count else { return nil }
        for (byte, expected) in zip(bytes, template) {
            guard expected == zero ? (zero...zero + 9).contains(byte) : byte == expected else { return nil }
        }
        let number = { (range: Range<Int>) in bytes[range].reduce(Int32(0)) { $0 * 10 + Int32($1 - zero) } }
        var parts = tm()
        parts.tm_year = number(0..<4) - 1900
        parts.tm_mon = number(5..<7) - 1
        parts.tm_mday = number(8..<10)
        parts.tm_hour = number(11..<13)
        parts.tm_min = number(14..<16)
        parts.tm_sec = number(17..<19)
        seconds = Int64(timegm(&parts))
        // timegm accepts 31 February as a day in March; such a text is not a moment.
        guard iso8601 == text else { return nil }
    }

    private func formatted(_ format: String) -> String {
        var time = time_t(seconds), parts = tm()
        gmtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
