import Arguments
import Faults
import Glibc
import InfisicalData
import Results

/// `infisical-ops keys generate`
enum KeysGenerateCommand {
    static let kind = Option("kind", value: "KIND", .oneOf(KeyKind.self), help: "What to make.")
        .defaulting(to: .encryptionKey)
    static let fips = Flag(
        "fips", help: "Make an ENCRYPTION_KEY for FIPS mode; the other kinds are the same there.")
    static let show = Flag("show", help: "Show the value on a terminal, or with --json.")

    static let command = Command<CommandContext>(
        name: "generate", abstract: "Make a new key, secret or password, and store it nowhere.",
        discussion: """
            Prints the value alone on standard output, for a pipe or a file, and what it is, with the label of a key, on \
            standard error. On a terminal, which keeps what it shows, and with --json it is refused without --show. It \
            comes from the system's generator. Nothing is changed by it: `keys write --new` puts one into a file that \
            only its owner can read.
            """,
        options: [kind, fips, show],
        examples: [
            Example(["keys", "generate", "--kind", "auth-secret", "--show"], "One to copy from the terminal."),
            Example(["keys", "generate", "--fips"], "A key for FIPS mode, for a pipe."),
        ]
    ) { values, context in
        if !values[show], context.output.json || isatty(1) == 1 {
            throw KeyOutputFault.wouldBeShown(
                isJSON: context.output.json, values[kind].generator(fips: values[fips]) + ["--show"])
        }
        let key = try GeneratedKey(values[kind], fips: values[fips])
        if context.output.json {
            try context.output.object(KeysGenerateResult(key))
            return .done
        }
        context.output.secret(key.value)
        context.output.line(to: key)
        return .done
    }
}

extension Output {
    /// The end of the line that a value was printed in, and what it is.
    fileprivate func line(to key: GeneratedKey) {
        asked.line()
        remark("\(key.kind.variable): \(key.form)" + (key.label.map { ", label \($0)" } ?? ""))
    }
}

/// That a new value would stand where it is kept, or where nobody expects one.
enum KeyOutputFault: Fault {
    case wouldBeShown(isJSON: Bool, [String])

    var code: String { "keys.would-be-shown" }

    var message: String {
        switch self {
        case .wouldBeShown(isJSON: true, _): "--json would print the new value among what is told about it"
        case .wouldBeShown(isJSON: false, _): "the new value would be shown on this terminal"
        }
    }

    var hints: [Hint] {
        switch self {
        case .wouldBeShown(_, let again):
            [
                .pattern(
                    ["infisical-ops", "keys", "write", "--new", "--to", "FILE"],
                    with: "FILE as a new file, which only its owner can read"),
                .command(again),
            ]
        }
    }

    var exit: ExitCode { .refused }
}
