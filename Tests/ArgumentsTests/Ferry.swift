import Arguments
import Faults

/// A small program with one of everything that can be declared.
enum Ferry {
    enum Level: String, CaseIterable, Sendable {
        case stored
        case readable
        case fullyProven = "fully-proven"
    }

    /// Receives what a command saw.
    final class Log {
        var line = ""
    }

    static let config = Option("config", short: "c", value: "FILE", .file, help: "Where the settings are.")
    static let json = Flag("json", help: "Write one JSON object instead of text.")
    static let quiet = Flag("quiet", short: "q", help: "Say nothing unless it fails.")

    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the number of cores",
        help: "How many boats go at once.")
    static let level = Option(
        "level", value: "LEVEL", .oneOf(Level.self), help: "How far the cargo is looked at; the further the slower."
    ).defaulting(to: .fullyProven)
    static let tag = Option("tag", value: "KEY=VALUE", .keyValue, help: "Something to find the trip by.").repeated()
    static let dryRun = Flag("dry-run", short: "n", help: "Say what would be done, and stop.")
    static let password = Option(
        "password", value: "WORD", .text(expected: "a word without spaces").refusingSpaces, sensitive: true,
        help: "What the harbour asks for.")
    static let debug = Flag("debug", visibility: .hidden, help: "For the builders.")
    static let tripName = ValueFormat<String>.text(expected: "the name of a trip")
    static let trips = Argument("TRIP", tripName.completed(by: .command(["list", "--names"])), help: "Which trips.")
        .repeated(whenAbsent: "the latest")
    static let all = Flag("all", help: "Every trip.")
    static let trip = Argument("TRIP", tripName.completed(by: .command(["list", "--names"])), help: "Which trip.")
    static let target = Argument("PLACE", .folder, help: "Where to, as far as it isn't the usual place.").optional()
    static let toShore = Option("to-shore", value: "NAME", .text, help: "Unload at a shore.")
    static let toShip = Option("to-ship", value: "URL", .text, help: "Unload onto a ship.")
    static let names = Flag("names", help: "Only the names.")
    static let key = Option("key", value: "FILE", .file, help: "The new key.").required()

    static let commands: [Command<Log>] = [
        Command(
            name: "sail", abstract: "Take cargo across.",
            discussion: """
                Takes what is on the quay across the water, and comes back. The cargo is counted before and after, and \
                what is missing is named.

                The signals are:
                  one flag    leaving
                  two flags   .back 'again'
                """,
            group: "EVERY DAY", options: [jobs, level, tag, dryRun, password, debug],
            examples: [
                Example(["sail", "--jobs", "2"], "Two boats at once."),
                Example(["sail", "--tag", "load=hay & straw"], "With something to find it by."),
            ],
            environment: [EnvironmentVariable("FERRY_TIDE", "High or low; low stops all boats.")]
        ) { values, log in
            log.line =
                "\(values[jobs] ?? 0) \(values[level]) \(values[tag].map { $0.key + ":" + $0.value }) "
                + "\(values[dryRun]) \(values[json]) \(values[config] ?? "-") \(values[password] ?? "-")"
            return .done
        },
        Command(name: "list", abstract: "List the trips.", group: "EVERY DAY", options: [names]) { _, _ in .done },
        Command(
            name: "check", abstract: "Look at the cargo again.", group: "PROVE", arguments: [trips],
            options: [all, level], choices: [.atMostOne(trips, all)]
        ) { values, log in
            log.line = "\(values[trips]) \(values[all])"
            return .damaged
        },
        Command(
            name: "unload", abstract: "Unload a trip.", group: "PROVE", arguments: [trip, target],
            options: [toShore, toShip], choices: [.exactlyOne(toShore, toShip)]
        ) { values, log in
            if values[trip] == "none" { throw values.refusal(of: trip, "there is no such trip") }
            log.line = "\(values[trip]) \(values[target] ?? "-") \(values.isGiven(toShore))"
            return .done
        },
        Command(
            name: "harbour", abstract: "The harbour's own affairs.", group: "THE HARBOUR",
            subcommands: [
                Command(name: "show", abstract: "Show the harbour.") { _, _ in .done },
                Command(name: "rekey", abstract: "Change the lock.", options: [key]) { values, log in
                    log.line = values[key]
                    return .done
                },
            ]),
        Command(name: "pages", abstract: "Write the pages.", visibility: .hidden) { _, _ in .done },
    ]

    static let program = Program<Log>(
        name: "ferry", version: "1.2", abstract: "Carries cargo across a river - and proves that it came over whole.",
        groups: ["EVERY DAY", "PROVE", "THE HARBOUR"], options: [config, json, quiet],
        examples: [Example(["list"], "What went across so far.")],
        environment: [EnvironmentVariable("FERRY_CONFIG", "Where the settings are, when --config is not given.")],
        exitStatuses: [ExitStatus(.done, "Done."), ExitStatus(.usage, "The command line was not understood.")],
        commands: commands)

    /// Parses and runs, and gives back what the command saw.
    static func run(_ arguments: [String]) throws -> String {
        guard case .run(let run, let values) = try program.parse(arguments) else { return "not run" }
        let log = Log()
        let code = try run(values, log)
        return "\(code.rawValue): \(log.line)"
    }
}

extension ValueFormat<String> {
    var refusingSpaces: ValueFormat {
        ValueFormat(expected: expected) { text -> Reading<String> in
            if text == "tide" { return .refused("is too easily guessed") }
            return text.isEmpty || text.contains(" ") ? .unexpected : .value(text)
        }
    }
}
