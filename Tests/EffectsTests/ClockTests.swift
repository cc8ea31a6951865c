import Effects
import Glibc
import Testing

@Suite struct ClockTests {
    @Test(
        arguments: [
            ("2026-11-23T23:47:00Z", "20261123T234700Z", 1_795_477_620),
            ("1970-01-01T00:00:00Z", "19700101T000000Z", 0),
            ("2024-02-29T12:00:00Z", "20240229T120000Z", 1_709_208_000),
            ("1969-12-31T23:59:59Z", "19691231T235959Z", -1),
            ("2038-01-19T03:14:08Z", "20380119T031408Z", 2_147_483_648),
            ("9999-12-31T23:59:59Z", "99991231T235959Z", 253_402_300_799),
        ] as [(String, String, Int64)])
    func `a time has two spellings, and comes back from the first`(text: String, compact: String, seconds: Int64) throws
    {
        let time = try #require(Timestamp(iso8601: text))
        #expect(time.seconds == seconds)
        #expect(time.iso8601 == text && time.compact == compact)
        #expect(Timestamp(seconds: seconds) == time)
    }

    @Test(arguments: [
        "2026-11-23 23:47:00Z", "2026-02-31T00:00:00Z", "2025-02-29T00:00:00Z", "", "2026-11-23T23:47:00+01:00",
        "2026-11-23T24:00:00Z", "2026-11-23T23:60:00Z", "2026-11-23T23:59:60Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-11-23T23:47:00z", "2026-11-23T23:47:00Z ",
        "٢٠٢٦-11-23T23:47:00Z", "+026-11-23T23:47:00Z",
    ])
    func `other texts are no times`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `times are ordered as they follow each other, and so are their names`() {
        let times = [-5, 0, 1, 1_795_477_620, 253_402_300_799].map { Timestamp(seconds: $0) }
        #expect(times.shuffled().sorted() == times)
        #expect(times.map(\.compact).sorted() == times.map(\.compact))
    }

    @Test func `the system's clocks go on`() {
        let clock = SystemClock(), first = clock.monotonic(), now = clock.now()
        #expect(abs(now.seconds - Int64(time(nil))) < 60)
        #expect(clock.monotonic() >= first)
        var last = first
        while last == first { last = clock.monotonic() }
        #expect(last > first && last - first < 60_000_000_000)
    }
}
