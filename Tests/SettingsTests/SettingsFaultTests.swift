import DurableFiles
import Faults
import Settings
import Testing

struct SettingsFaultTests {
    private static let faults: [SettingsFault] = [
        .file(.exists(path: "/x")), .notFound(path: "/x", namedBy: .flag("--config")),
        .yamlSyntax(place: "f:1:2", problem: "did not find expected key"), .duplicateKey(place: "f:1:2", key: "a"),
        .unknownKey(place: "f:1:2", key: "a", nearest: "b"), .unknownKey(place: "f:1:2", key: "a", nearest: nil),
        .wrongValue(place: "f:1:2", key: "a", expected: "a path", isUsage: false),
        .passwordRefused(place: "f:1:2", key: "a"), .conflict(place: "f:1:2", key: "a", other: "b"),
        .envMalformed(path: "f", line: 3, problem: .openQuote), .badConnection(place: "f:1", problem: "why"),
        .envNotEditable(path: "f", line: 3, name: "K", .notHeld),
        .envNotEditable(path: "f", line: 3, name: "K", .elsewhere(variable: "V")),
        .envNotEditable(path: "f", line: 3, name: "K", .changesOther(variable: "V")),
        .envNotEditable(path: "f", line: nil, name: "K", .notWritable),
        .envNotReplaceable(path: "f", .unreplaceable(path: "f", .mountPoint)),
        .badProgram("p", namedBy: .flag("--a"), problem: "is not in PATH"),
        .noRepository(path: "/x", namedBy: .flag("--a")), .incomplete(place: "f:1", key: "a", other: "b"),
        .missing(key: "a", variable: "B", searched: ["c"]), .notAppendable(path: "f", key: "a", reason: "why"),
    ]

    @Test(arguments: faults)
    func `every fault says what, where and what to do now`(fault: SettingsFault) {
        #expect(fault.code.contains("."))
        #expect(fault.message.first?.isUppercase == false)
        #expect(!fault.message.hasSuffix("."))
        #expect(!fault.hints.isEmpty)
        #expect(fault.exit == .refused || fault.code.hasPrefix("file."))
    }

    @Test func `every problem of an env file is told in words of its own`() {
        #expect(Set(EnvFileProblem.allCases.map(\.rawValue)).count == EnvFileProblem.allCases.count)
    }

    @Test(
        arguments: [
            (Origin.standard, "default"), (.environment("A"), "environment A"), (.file("/f", line: 2), "/f:2"),
            (.flag("--a"), "flag --a"), (.envFile("/e", line: 3, name: "N"), "env /e:3 N"),
        ])
    func `origins are told as config show prints them`(origin: Origin, text: String) {
        #expect(origin.description == text)
    }

    @Test(
        arguments: [
            ("20s", 20), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("0s", 0), ("s", nil), ("", nil), ("5", nil),
            ("5x", nil), ("1.5h", nil), ("-1s", nil), ("99999999999999999999s", nil), ("5 s", nil), ("٣s", nil),
        ] as [(String, Int?)])
    func `durations are a whole number and a unit`(text: String, seconds: Int?) throws {
        if let seconds {
            #expect(try SettingValue.duration(text) == .seconds(seconds))
        } else {
            #expect(throws: SettingValue.Unreadable.self) { try SettingValue.duration(text) }
        }
    }

    @Test(arguments: [("s", 0), ("5", 1), ("5x", 1), ("15ms", 3), ("-1s", 0), ("99999d", 0), ("1.5h", 1)])
    func `where a duration is wrong`(text: String, offset: Int) throws {
        let wrong = try #require(throws: SettingValue.Unreadable.self) { try SettingValue.duration(text) }
        #expect(wrong.excerpt.offset == offset)
        #expect(wrong.excerpt.lines == [text, String(repeating: " ", count: offset) + "^"])
    }
}
