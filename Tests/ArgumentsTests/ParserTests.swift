import Arguments
import Faults
import Testing

struct ParserTests {
    @Test(arguments: [
        (["sail"], #"0: 0 fullyProven [] false false - -"#),
        (["sail", "--jobs", "3"], #"0: 3 fullyProven [] false false - -"#),
        (["sail", "--jobs=3"], #"0: 3 fullyProven [] false false - -"#),
        (["sail", "-j", "3"], #"0: 3 fullyProven [] false false - -"#),
        (["sail", "-j3"], #"0: 3 fullyProven [] false false - -"#),
        (["sail", "-nj3"], #"0: 3 fullyProven [] true false - -"#),
        (["sail", "-qn", "--dry-run"], #"0: 0 fullyProven [] true false - -"#),
        (["sail", "--level", "stored"], #"0: 0 stored [] false false - -"#),
        (["sail", "--level=fully-proven"], #"0: 0 fullyProven [] false false - -"#),
        (
            ["sail", "--tag", "a=1", "--tag=b=c=d", "--tag", "e="],
            #"0: 0 fullyProven ["a:1", "b:c=d", "e:"] false false - -"#
        ),
        (["--json", "sail"], #"0: 0 fullyProven [] false true - -"#),
        (["sail", "--json"], #"0: 0 fullyProven [] false true - -"#),
        (["--config", "list", "sail"], #"0: 0 fullyProven [] false false list -"#),
        (["-cx", "sail", "--debug"], #"0: 0 fullyProven [] false false x -"#),
        (["sail", "--config=--odd"], #"0: 0 fullyProven [] false false --odd -"#),
        (["sail", "--config", "-"], #"0: 0 fullyProven [] false false - -"#),
        (["sail", "--password", "ebb"], #"0: 0 fullyProven [] false false - ebb"#),
        (["check"], "13: [] false"),
        (["check", "--all"], "13: [] true"),
        (["check", "a", "--json", "b"], #"13: ["a", "b"] false"#),
        (["check", "--", "--all", "-x"], #"13: ["--all", "-x"] false"#),
        (["unload", "a", "--to-shore", "x"], "0: a - true"),
        (["unload", "--to-ship", "x", "a", "here"], "0: a here false"),
        (["harbour", "rekey", "--key", "k"], "0: k"),
        (["harbour", "--json", "rekey", "--key", "k"], "0: k"),
        (["pages"], "0: "),
        (["--", "check", "a"], #"13: ["a"] false"#),
    ])
    func `a command line is understood`(_ arguments: [String], _ seen: String) throws {
        #expect(try Ferry.run(arguments) == seen)
        #expect(Ferry.program.declaration.parses(["ferry"] + arguments))
    }

    @Test(
        arguments: [
            (["sial"], "usage.unknown-command", #"unknown command "sial", did you mean "sail"?"#, []),
            (["page"], "usage.unknown-command", #"unknown command "page""#, []),
            (["help", "zzz"], "usage.unknown-command", #"unknown command "zzz""#, []),
            (["zzz", "--help"], "usage.unknown-command", #"unknown command "zzz""#, []),
            (
                ["harbour", "shwo"], "usage.unknown-command",
                #"unknown command "harbour shwo", did you mean "harbour show"?"#, ["harbour"]
            ),
            ([], "usage.missing-command", "a command is missing: one of sail, list, check, unload, harbour", []),
            (["harbour"], "usage.missing-command", "a command is missing: one of show, rekey", ["harbour"]),
            (
                ["sail", "--jbos", "3"], "usage.unknown-option", #"unknown option "--jbos", did you mean "--jobs"?"#,
                ["sail"]
            ),
            (["sail", "--jo", "3"], "usage.unknown-option", #"unknown option "--jo""#, ["sail"]),
            (["sail", "--secret=xyz"], "usage.unknown-option", #"unknown option "--secret""#, ["sail"]),
            (["sail", "-x"], "usage.unknown-option", #"unknown option "-x""#, ["sail"]),
            (["sail", "-jobs"], "usage.bad-value", #"-j must be a whole number from 1 to 64, not "obs""#, ["sail"]),
            (
                ["list", "-names"], "usage.unknown-option", #"unknown option "-names", did you mean "--names"?"#,
                ["list"]
            ),
            (["--jobs", "3", "sail"], "usage.unknown-option", #"unknown option "--jobs""#, []),
            (["sail", "--version"], "usage.unknown-option", #"unknown option "--version""#, ["sail"]),
            (
                ["sail", "--jobs"], "usage.missing-value",
                "--jobs: a value is missing, expected a whole number from 1 to 64", ["sail"]
            ),
            (
                ["sail", "--jobs", "--json"], "usage.missing-value",
                "--jobs: a value is missing, expected a whole number from 1 to 64", ["sail"]
            ),
            (
                ["sail", "--jobs", "x"], "usage.bad-value", #"--jobs must be a whole number from 1 to 64, not "x""#,
                ["sail"]
            ),
            (
                ["sail", "--jobs", "-5"], "usage.bad-value", #"--jobs must be a whole number from 1 to 64, not "-5""#,
                ["sail"]
            ),
            (
                ["sail", "--jobs=+5"], "usage.bad-value", #"--jobs must be a whole number from 1 to 64, not "+5""#,
                ["sail"]
            ),
            (
                ["sail", "--jobs", "65"], "usage.bad-value", #"--jobs must be a whole number from 1 to 64, not "65""#,
                ["sail"]
            ),
            (["sail", "--config="], "usage.bad-value", #"--config must be the path of a file, not """#, ["sail"]),
            (
                ["sail", "--level", "sotred"], "usage.bad-value",
                #"--level must be one of stored, readable, fully-proven, not "sotred", did you mean "stored"?"#,
                ["sail"]
            ),
            (["sail", "--tag", "=x"], "usage.bad-value", #"--tag must be of the form KEY=VALUE, not "=x""#, ["sail"]),
            (
                ["sail", "--password", "s p"], "usage.bad-value", "--password must be a word without spaces",
                ["sail"]
            ),
            (["sail", "--password", "tide"], "usage.refused-value", "--password: is too easily guessed", ["sail"]),
            (["unload", "none", "--to-shore=x"], "usage.refused-value", "TRIP: there is no such trip", ["unload"]),
            (["sail", "--dry-run=yes"], "usage.unexpected-value", "--dry-run takes no value", ["sail"]),
            (["sail", "--jobs", "3", "-j4"], "usage.repeated-option", "-j is given more than once", ["sail"]),
            (["unload", "--to-shore", "x"], "usage.missing-argument", "the argument TRIP is missing", ["unload"]),
            (["list", "--json", "extra"], "usage.unexpected-argument", #"unexpected argument "extra""#, ["list"]),
            (
                ["list", "a\u{1b}[2J\"\\"], "usage.unexpected-argument", #"unexpected argument "a\u{1b}[2J\"\\""#,
                ["list"]
            ),
            (["check", "a", "--all"], "usage.conflict", "only one of TRIP, --all can be given", ["check"]),
            (["unload", "a"], "usage.missing-choice", "give one of --to-shore, --to-ship", ["unload"]),
            (["harbour", "rekey"], "usage.missing-option", "--key is missing", ["harbour", "rekey"]),
        ] as [([String], String, String, [String])])
    func `a wrong command line is one clear error`(
        _ arguments: [String], _ code: String, _ message: String, _ path: [String]
    ) throws {
        let fault = try #require(throws: UsageFault.self) { try Ferry.run(arguments) }
        #expect(fault.code == code)
        #expect(fault.message == message)
        #expect(fault.exit == .usage)
        #expect(fault.hints == [.command(["ferry"] + path + ["--help"])])
        #expect(Ferry.program.declaration.parses(["ferry"] + path + ["--help"]))
    }

    @Test(
        arguments: [
            (["help"], []), (["help", "sail"], ["sail"]), (["help", "harbour", "rekey"], ["harbour", "rekey"]),
            (["help", "sail", "--json"], ["sail"]),
            (["--help"], []), (["-h"], []), (["sail", "--help"], ["sail"]), (["--help", "sail"], ["sail"]),
            (["sail", "-nh"], ["sail"]), (["sail", "--jbos", "3", "--help"], ["sail"]), (["unload", "-h"], ["unload"]),
            (["harbour", "--help"], ["harbour"]), (["harbour", "rekey", "-h"], ["harbour", "rekey"]),
            (["--bogus", "sail", "-h"], []), (["sail", "--version", "--help"], ["sail"]),
        ] as [([String], [String])])
    func `help can be asked for anywhere`(_ arguments: [String], _ path: [String]) throws {
        guard case .help(path) = try Ferry.program.parse(arguments) else {
            Issue.record("not the help of \(path)")
            return
        }
    }

    @Test func `help after the end of options is an argument`() throws {
        #expect(try Ferry.run(["check", "--", "--help"]) == #"13: ["--help"] false"#)
        #expect(throws: UsageFault.missingChoice(["--to-shore", "--to-ship"], in: ["ferry", "unload"])) {
            try Ferry.run(["unload", "--", "--help"])
        }
    }

    @Test func `the version is the program's`() throws {
        guard case .version = try Ferry.program.parse(["--version"]) else {
            Issue.record("no version")
            return
        }
        #expect(Ferry.program.declaration.version == "1.2")
    }

    @Test func `command lines of other programs are not parsed`() {
        #expect(!Ferry.program.declaration.parses(["barge", "list"]))
        #expect(!Ferry.program.declaration.parses([]))
        #expect(!Ferry.program.declaration.parses(["ferry", "lits"]))
    }

    @Test func `a long list of commands is not recited in an error`() {
        let names = (1...7).map { "c\($0)" }
        let fault = UsageFault.missingCommand(known: names, in: ["ferry"])
        #expect(fault.message == "a command is missing: see the list with --help")
    }

    @Test func `arguments can have a default and be required at least once`() throws {
        let count = Argument("COUNT", .wholeNumber(0...9), help: "How many.").defaulting(to: 4)
        let names = Argument("NAME", .text, help: "Which.").repeated(atLeastOnce: true)
        let program = Program<Ferry.Log>(
            name: "p", version: "1", abstract: "P.", groups: ["G"], options: [], exitStatuses: [],
            commands: [
                Command(name: "a", abstract: "A.", group: "G", arguments: [count]) { values, log in
                    log.line = "\(values[count])"
                    return .done
                },
                Command(name: "b", abstract: "B.", group: "G", arguments: [names]) { values, log in
                    log.line = values[names].joined()
                    return .done
                },
            ])
        func run(_ arguments: [String]) throws -> String {
            guard case .run(let run, let values) = try program.parse(arguments) else { return "" }
            let log = Ferry.Log()
            _ = try run(values, log)
            return log.line
        }
        #expect(try run(["a"]) == "4")
        #expect(try run(["a", "7"]) == "7")
        #expect(try run(["b", "x", "y"]) == "xy")
        #expect(throws: UsageFault.missingArgument("NAME", in: ["p", "b"])) { try run(["b"]) }
        #expect(program.declaration.help(["b"], width: 80).contains("p b NAME...\n"))
        #expect(program.declaration.help(["a"], width: 80).contains("  COUNT  How many. Default: 4.\n"))
    }

    @Test func `reading what a command does not declare is a defect that stops the program`() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = try Ferry.program.parse(["list"]).values?[Ferry.jobs]
        }
        let said = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(said.contains("ferry list does not declare --jobs"))
    }
}

extension Request {
    fileprivate var values: ParsedValues? {
        if case .run(_, let values) = self { values } else { nil }
    }
}
