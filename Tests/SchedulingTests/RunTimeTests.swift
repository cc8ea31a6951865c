import Effects
import Scheduling
import TestSupport
import Testing

/// Times of schedules: read, told to others, and when they come next. The zone is that of the machine; CI's has no summer time.
@Suite struct RunTimeTests {
    @Test(arguments: [
        ("03:23", "23 3 * * *", "*-*-* 03:23:00", 86_400), ("3:5", "5 3 * * *", "*-*-* 03:05:00", 86_400),
        ("*:23", "23 * * * *", "*-*-* *:23:00", 3_600),
        ("*/6:00", "0 0,6,12,18 * * *", "*-*-* 00,06,12,18:00:00", 21_600),
        ("3,15:41", "41 3,15 * * *", "*-*-* 03,15:41:00", 43_200),
        ("Sun 05:41", "41 5 * * 7", "Sun *-*-* 05:41:00", 604_800),
        ("mon..fri 02:00", "0 2 * * 1,2,3,4,5", "Mon,Tue,Wed,Thu,Fri *-*-* 02:00:00", 259_200),
        ("Mon,Thu 02:00", "0 2 * * 1,4", "Mon,Thu *-*-* 02:00:00", 345_600),
        ("1st 06:17", "17 6 1 * *", "*-*-01 06:17:00", 2_678_400),
        ("1st,15th 06:17", "17 6 1,15 * *", "*-*-01,15 06:17:00", 1_468_800),
    ])
    func `a time is told to cron and to systemd`(text: String, cron: String, calendar: String, interval: Int) throws {
        let time = try RunTime(parsing: text)
        #expect((time.cron, time.calendar) == (cron, calendar))
        #expect(try RunTime(parsing: time.text) == time, "\(time.text)")
        #expect(time.interval == interval)
    }

    @Test(arguments: [
        ("", 0), ("3", 1), ("3:", 2), ("24:00", 0), ("3:60", 2), ("3:05 ", 1), ("3:05x", 4), ("Sonntag 3:05", 0),
        ("Sun3:05", 0),
        ("Fri..Mon 3:05", 0), ("29th 3:05", 0), ("1 3:05", 1), ("Sun,1st 3:05", 0), ("*/5:00", 2), ("3,:05", 2),
        ("-1:00", 0),
        ("123:00", 0), ("Sun  3:05", 4),
    ])
    func `what is no time is refused at its place`(text: String, offset: Int) {
        #expect { try RunTime(parsing: text) } throws: { ($0 as? RunTime.Problem)?.offset == offset }
    }

    @Test func `systemd comes to the same next run`() throws {
        let folder = try TemporaryFolder(), now = SystemClock().now()
        for text in [
            "03:23", "*:23", "*/6:00", "Sun 05:41", "Mon..Fri 02:00", "1st 06:17", "1st,15th 06:17", "3,15:41",
        ] {
            let time = try RunTime(parsing: text)
            let code = folder.run(
                "systemd-analyze calendar --base-time '\(now.iso8601.replacing("T", with: " ").replacing("Z", with: " UTC"))' '\(time.calendar)'"
            )
            #expect(code == 0, "\(folder.said("err"))")
            let words = folder.said("out").split(separator: "\n").first {
                $0.contains("(in UTC):") || $0.contains("Next elapse:")
            }
            let next = try RunTime(parsing: text).next(after: now)
            let wanted = next.iso8601.replacing("T", with: " ").replacing("Z", with: " UTC")
            #expect(words?.hasSuffix(wanted) == true, "\(text): \(wanted), systemd: \(folder.said("out"))")
        }
    }

    @Test func `a run comes after now, on its day and at its time`() throws {
        for text in ["03:23", "*:23", "Sun 05:41", "1st 06:17", "*/6:00"] {
            let time = try RunTime(parsing: text)
            var moment = Timestamp(seconds: 1_767_236_400)
            for _ in 0..<40 {
                let next = time.next(after: moment), local = LocalTime(next)
                #expect(next > moment && next.seconds - moment.seconds <= Int64(time.interval))
                #expect(
                    time.hours.contains(local.hour) && (time.weekdays.isEmpty || time.weekdays.contains(local.weekday)))
                moment = next
            }
        }
    }
}
