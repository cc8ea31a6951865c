import Effects

/// Numbers as people read them.
enum Units {
    /// Binary multiples: `1.5 GiB`.
    static func bytes(_ count: Int) -> String {
        let names = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count), index = 0
        while value >= 1024 && index < names.count - 1 {
            value /= 1024
            index += 1
        }
        return index == 0 ? "\(count) B" : "\(oneDigit(value)) \(names[index])"
    }

    /// `12 s`, `5 min`, `3 h`, `2 d`; with a minus sign when a clock went back.
    static func age(_ seconds: Int64) -> String {
        if seconds < 0 { return "-\(age(-seconds))" }
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86400) d"
        }
    }

    static func seconds(_ value: Double) -> String { "\(oneDigit(value)) s" }

    /// Thousands kept apart by a thin form that terminals show everywhere: `1,234,567`.
    static func count(_ value: Int) -> String {
        let digits = String(abs(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// `1 table`, `2 tables`.
    static func counted(_ value: Int, _ noun: String) -> String { "\(count(value)) \(noun)\(value == 1 ? "" : "s")" }

    private static func oneDigit(_ value: Double) -> String {
        let tenths = Int(saturating: (value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
