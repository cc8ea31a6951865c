import LiveSupport
import Testing

/// Command lines that cannot be understood: one line with the nearest name, exit 64, nothing done.
@Suite struct UsageTests {
    static let wrong: [([String], String)] = [
        (["bakcup"], #"unknown command "bakcup", did you mean "backup"?"#),
        (["backup", "--jbos", "3"], #"unknown option "--jbos", did you mean "--jobs"?"#),
        (["backup", "--jobs", "x"], #"--jobs must be a whole number from 1 to 64, not "x""#),
        (["backup", "--jobs"], "--jobs: a value is missing, expected a whole number from 1 to 64"),
        (["backup", "--jobs", "1", "-j", "2"], "-j is given more than once"),
        (["backup", "--dry-run=yes"], "--dry-run takes no value"),
        (["list", "extra"], #"unexpected argument "extra""#),
        (["repository", "reky"], #"unknown command "repository reky", did you mean "repository rekey"?"#),
        (["repository"], "a command is missing: one of recipients, rekey, accept, reject"),
        (["config"], "a command is missing: one of show, check"),
        (["--confg", "x", "list"], #"unknown option "--confg", did you mean "--config"?"#),
        (["list", "--last", "soon"], #"--last must be a whole number from 1 to 1000000, not "soon""#),
        (["verify", "--level", "deep"], #"--level must be either stored or readable, not "deep""#),
        (["restore"], "give one of --to-database, --to-server, --in-place, --files"),
        (["show", "a\u{1b}[2Jb", "c"], #"unexpected argument "c""#),
        (["verify", "--levl", "stored"], #"unknown option "--levl", did you mean "--level"?"#),
        (["restore", "--to-databse", "x"], #"unknown option "--to-databse", did you mean "--to-database"?"#),
        (["\u{1b}[2J"], #"unknown command "\u{1b}[2J""#),
    ]

    @Test func `each is one line with the nearest name and a hint that works`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        for (arguments, message) in Self.wrong {
            let text = try instance.run(arguments).expect(64)
            let lines = text.errors.split(separator: "\n")
            #expect(text.output == "" && lines.count == 2 && lines[0] == "infisical-ops: error: \(message)", "\(lines)")
            #expect(lines.last?.hasPrefix("infisical-ops: hint: run: infisical-ops ") == true)
            let fault = try instance.refuses(arguments, exit: 64, code: try code(of: message))
            #expect(fault.message == message)
            // The hint's help is really there.
            let help = Hints.words(String(fault.hints[0].dropFirst(5))).dropFirst()
            #expect(try instance.run(Array(help)).expect(0).output.contains("USAGE"))
        }
    }

    private func code(of message: String) throws -> String {
        let codes = [
            ("unknown command", "usage.unknown-command"), ("unknown option", "usage.unknown-option"),
            ("must be", "usage.bad-value"), ("value is missing", "usage.missing-value"),
            ("more than once", "usage.repeated-option"), ("takes no value", "usage.unexpected-value"),
            ("give one of", "usage.missing-choice"),
            ("unexpected argument", "usage.unexpected-argument"), ("command is missing", "usage.missing-command"),
        ]
        return try #require(codes.first { message.contains($0.0) }).1
    }

    @Test func `JSON is asked for wherever it stands`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        for arguments in [["list", "--json", "extra"], ["--json", "list", "extra"], ["list", "extra", "--json"]] {
            let result = try instance.run(arguments).expect(64)
            #expect(try result.fault().code == "usage.unexpected-argument" && result.output == "")
        }
    }

    @Test func `help and version need nothing and say everything`() throws {
        let instance = try OpsInstance(nil, initialised: false)
        instance.environment = instance.environment.filter { $0.key == "PATH" || $0.key == "LLVM_PROFILE_FILE" }
        #expect(try instance.ops("--version").expect(0).output.hasPrefix("infisical-ops "))
        let help = try instance.ops("--help").expect(0).output
        #expect(try instance.ops().expect(0).output == help)
        for word in ["SET UP", "EVERY DAY", "PROVE", "IN AN EMERGENCY", "KEYS", "ENVIRONMENT", "EXAMPLES"] {
            #expect(help.contains("\n\(word)\n"), "\(word)")
        }
        #expect(!help.contains("\n  generate"))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
        for command in [
            "init", "config show", "status", "backup", "list", "show", "verify", "restore", "repair",
            "repository recipients", "repository rekey",
        ] {
            let words = command.split(separator: " ").map(String.init)
            let text = try instance.run(words + ["--help"]).expect(0).output
            #expect(text.hasPrefix("infisical-ops \(command): ") && help.contains("\n  \(command) "), "\(command)")
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains("infisical-ops") })
        }
    }
}
