package import Faults

/// One command: what it is called, what it takes, and what runs. `Context` is the caller's.
package struct Command<Context>: Sendable {
    package typealias Run = @Sendable (ParsedValues, Context) throws -> ExitCode

    package let declaration: CommandDeclaration
    package let subcommands: [Command]
    /// Nil for a command that only holds subcommands.
    package let run: Run?

    /// A command that runs.
    ///
    /// - Parameters:
    ///   - abstract: one sentence that fits a list
    ///   - discussion: paragraphs divided by an empty line; lines that start with two spaces stay as they are
    ///   - group: the title of the program's group that lists it; only for commands of the first level
    package init(
        name: String, abstract: String, discussion: String = "", group: String? = nil,
        arguments: [any ArgumentDeclaring] = [], options: [any OptionDeclaring] = [], choices: [Choice] = [],
        examples: [Example] = [], environment: [EnvironmentVariable] = [], visibility: Visibility = .shown,
        run: @escaping Run
    ) {
        declaration = CommandDeclaration(
            name: name, abstract: abstract, discussion: discussion, group: group,
            arguments: arguments.map(\.declaration), options: options.map(\.declaration), choices: choices,
            examples: examples, environment: environment, visibility: visibility)
        subcommands = []
        self.run = run
    }

    /// A command that only holds subcommands; its options are accepted by all of them.
    package init(
        name: String, abstract: String, discussion: String = "", group: String? = nil,
        options: [any OptionDeclaring] = [], visibility: Visibility = .shown, subcommands: [Command]
    ) {
        declaration = CommandDeclaration(
            name: name, abstract: abstract, discussion: discussion, group: group,
            options: options.map(\.declaration), visibility: visibility, subcommands: subcommands.map(\.declaration))
        self.subcommands = subcommands
        run = nil
    }
}
