package import Effects

/// When something is run again and again, by the host's own clock: what cron and systemd can both say.
///
/// `[DAYS] HOURS:MINUTE`. `DAYS` are weekdays (`Mon`, `Mon,Thu`, `Mon..Fri`) or days of the month (`1st`, `1st,15th`), `HOURS` is
/// `*`, `*/6` or a list (`3`, `3,15`), `MINUTE` a number: `03:23` is every night, `*:23` every hour, `Sun 05:41` every week.
package struct RunTime: Sendable, Equatable {
    /// 1 is Monday and 7 Sunday; empty for every day.
    package let weekdays: [Int]
    /// 1 to 28, so that every month has them; empty for every day.
    package let monthDays: [Int]
    /// 0 to 23.
    package let hours: [Int]
    /// 0 to 59.
    package let minute: Int

    package init(weekdays: [Int] = [], monthDays: [Int] = [], hours: [Int], minute: Int) {
        (self.weekdays, self.monthDays, self.hours, self.minute) = (weekdays, monthDays, hours, minute)
    }

    /// What is wrong with a text, and where.
    package struct Problem: Error, Equatable {
        /// Characters before the place.
        package let offset: Int
        /// As it ends a sentence.
        package let text: String
    }

    package init(parsing text: String) throws(Problem) {
        var reader = Reader(text)
        (weekdays, monthDays) = try reader.days()
        hours = try reader.hours()
        minute = try reader.minute()
    }

    /// The first moment after another at which it is run. Where clocks are put forward over it, the moment after the gap.
    package func next(after moment: Timestamp) -> Timestamp {
        let start = LocalTime(moment)
        // A weekday comes within a week, a day of the month within 31 days; the first of these days may be over.
        for offset in 0...62 {
            guard isDay(start.adding(days: offset)) else { continue }
            for hour in hours {
                let time = start.at(hour: hour, minute: minute, days: offset)
                if time > moment { return time }
            }
        }
        return start.at(hour: hours[0], minute: minute, days: 62)
    }

    private func isDay(_ time: LocalTime) -> Bool {
        (weekdays.isEmpty || weekdays.contains(time.weekday)) && (monthDays.isEmpty || monthDays.contains(time.day))
    }

    /// The longest that two runs are apart, in seconds, but for a change of the clock.
    package var interval: Int {
        if !monthDays.isEmpty { return Self.longest(monthDays, of: 31) * 86_400 }
        if !weekdays.isEmpty { return Self.longest(weekdays, of: 7) * 86_400 }
        return Self.longest(hours, of: 24) * 3600
    }

    private static func longest(_ numbers: [Int], of period: Int) -> Int {
        zip(numbers, numbers.dropFirst() + [numbers[0] + period]).map { $1 - $0 }.max() ?? period
    }

    // MARK: - As it is written

    /// As the configuration writes it.
    package var text: String {
        let step = hours.count > 1 && hours[0] == 0 && 24 % hours.count == 0 ? 24 / hours.count : 0
        let isEven = step > 0 && hours == Array(stride(from: 0, to: 24, by: step))
        let hour = hours.count == 24 ? "*" : isEven ? "*/\(step)" : hours.map(Self.two).joined(separator: ",")
        let days = weekdays.map { Self.names[$0 - 1] } + monthDays.map(Self.ordinal)
        return (days.isEmpty ? "" : days.joined(separator: ",") + " ") + "\(hour):\(Self.two(minute))"
    }

    private static func ordinal(_ number: Int) -> String {
        switch number {
        case 1, 21: "\(number)st"
        case 2, 22: "\(number)nd"
        case 3, 23: "\(number)rd"
        default: "\(number)th"
        }
    }

    /// The first five fields of a line of a crontab.
    package var cron: String {
        let hour = hours.count == 24 ? "*" : Self.list(hours)
        let days = monthDays.isEmpty ? "*" : Self.list(monthDays)
        return "\(minute) \(hour) \(days) * \(weekdays.isEmpty ? "*" : Self.list(weekdays))"
    }

    /// As `OnCalendar=` of a systemd timer.
    package var calendar: String {
        let hour = hours.count == 24 ? "*" : hours.map(Self.two).joined(separator: ",")
        let days = monthDays.isEmpty ? "*" : monthDays.map(Self.two).joined(separator: ",")
        let week = weekdays.isEmpty ? "" : weekdays.map { Self.names[$0 - 1] }.joined(separator: ",") + " "
        return "\(week)*-*-\(days) \(hour):\(Self.two(minute)):00"
    }

    private static func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    fileprivate static let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
}

/// Reads a text from its start, and knows where it is.
private struct Reader {
    private let characters: [Character]
    private var index = 0

    init(_ text: String) { characters = Array(text) }

    private var next: Character? { index < characters.count ? characters[index] : nil }

    private func problem(_ text: String, at place: Int? = nil) -> RunTime.Problem {
        RunTime.Problem(offset: place ?? index, text: text)
    }

    mutating func days() throws(RunTime.Problem) -> (weekdays: [Int], monthDays: [Int]) {
        // Without a blank there are only hours and a minute.
        guard characters.contains(" ") else { return ([], []) }
        var weekdays: Set<Int> = [], monthDays: Set<Int> = []
        repeat {
            if index > 0 { index += 1 }
            if next?.isNumber == true {
                monthDays.insert(try monthDay())
            } else {
                weekdays.formUnion(try span())
            }
        } while next == ","
        guard next == " " else { throw problem("a blank is expected between the days and the time") }
        index += 1
        if !weekdays.isEmpty, !monthDays.isEmpty {
            throw problem("weekdays and days of the month together mean another thing to cron than to systemd", at: 0)
        }
        return (weekdays.sorted(), monthDays.sorted())
    }

    private mutating func span() throws(RunTime.Problem) -> Set<Int> {
        let start = index, first = try weekday()
        guard next == ".", index + 1 < characters.count, characters[index + 1] == "." else { return [first] }
        index += 2
        let last = try weekday()
        guard first < last else {
            throw problem("the days are in the wrong order; the week begins with Mon", at: start)
        }
        return Set(first...last)
    }

    private mutating func weekday() throws(RunTime.Problem) -> Int {
        let start = index
        while let character = next, character.isLetter { index += 1 }
        let word = String(characters[start..<index])
        guard let number = RunTime.names.firstIndex(where: { $0.lowercased() == word.lowercased() }) else {
            throw problem("a day is expected here: Mon, Tue, Wed, Thu, Fri, Sat or Sun", at: start)
        }
        return number + 1
    }

    private mutating func monthDay() throws(RunTime.Problem) -> Int {
        let start = index, number = try self.number()
        let ending = String(characters[index...].prefix(2))
        guard ["st", "nd", "rd", "th"].contains(ending) else {
            throw problem("a day of the month is written as 1st, 2nd, 15th")
        }
        index += 2
        guard (1...28).contains(number) else { throw problem("every month has the days 1 to 28 only", at: start) }
        return number
    }

    mutating func hours() throws(RunTime.Problem) -> [Int] {
        if next == "*" {
            index += 1
            guard next == "/" else { return Array(0...23) }
            index += 1
            let start = index, step = try number()
            guard (1...23).contains(step), 24 % step == 0 else {
                throw problem("the hours between runs must divide a day: 2, 3, 4, 6, 8 or 12", at: start)
            }
            return Array(stride(from: 0, to: 24, by: step))
        }
        var hours: Set<Int> = []
        while true {
            let start = index, hour = try number()
            guard (0...23).contains(hour) else { throw problem("hours are 0 to 23", at: start) }
            hours.insert(hour)
            guard next == "," else { return hours.sorted() }
            index += 1
        }
    }

    mutating func minute() throws(RunTime.Problem) -> Int {
        guard next == ":" else { throw problem("a colon and the minute are expected here") }
        index += 1
        let start = index, minute = try number()
        guard (0...59).contains(minute) else { throw problem("minutes are 0 to 59", at: start) }
        guard next == nil else { throw problem("nothing may follow the minute") }
        return minute
    }

    private mutating func number() throws(RunTime.Problem) -> Int {
        let start = index
        while let character = next, character.isASCII, character.isNumber { index += 1 }
        guard index > start, index - start <= 2, let number = Int(String(characters[start..<index])) else {
            throw problem("a number is expected here", at: start)
        }
        return number
    }
}
