package import Faults

/// A command without what runs: everything that parsing and documentation need.
package struct CommandDeclaration: Sendable {
    package let name: String
    package let abstract: String
    package var discussion = ""
    package var group: String?
    package var arguments: [ArgumentDeclaration] = []
    package var options: [OptionDeclaration] = []
    package var choices: [Choice] = []
    package var examples: [Example] = []
    package var environment: [EnvironmentVariable] = []
    package var visibility = Visibility.shown
    package var subcommands: [CommandDeclaration] = []

    package var shownOptions: [OptionDeclaration] { options.filter { $0.visibility == .shown } }
    package var shownSubcommands: [CommandDeclaration] { subcommands.filter { $0.visibility == .shown } }

    func subcommand(_ name: String) -> CommandDeclaration? { subcommands.first { $0.name == name } }
}

/// A command line worth showing. The words come without the program's name, so that a test can parse them.
package struct Example: Sendable {
    package let arguments: [String]
    package let note: String

    package init(_ arguments: [String], _ note: String) {
        self.arguments = arguments
        self.note = note
    }
}

/// An environment variable that a command heeds.
package struct EnvironmentVariable: Sendable {
    package let name: String
    package let help: String

    package init(_ name: String, _ help: String) {
        self.name = name
        self.help = help
    }
}

/// One line of the table of exit codes.
package struct ExitStatus: Sendable {
    package let code: ExitCode
    package let meaning: String

    package init(_ code: ExitCode, _ meaning: String) {
        self.code = code
        self.meaning = meaning
    }
}
