/// All commands of a program, from which parsing, help, man pages, completions and the reference are derived.
package struct Program<Context>: Sendable {
    package let declaration: ProgramDeclaration
    package let commands: [Command<Context>]

    /// - Parameters:
    ///   - groups: the titles of the groups in root help, in order
    ///   - options: accepted by every command, before and after its name
    package init(
        name: String, version: String, abstract: String, discussion: String = "", groups: [String],
        options: [any OptionDeclaring], examples: [Example] = [], environment: [EnvironmentVariable] = [],
        exitStatuses: [ExitStatus], related: [(name: String, manual: Int)] = [], commands: [Command<Context>]
    ) {
        let root = CommandDeclaration(
            name: name, abstract: abstract, discussion: discussion, options: options.map(\.declaration),
            examples: examples, environment: environment, subcommands: commands.map(\.declaration))
        declaration = ProgramDeclaration(
            root: root, version: version, groups: groups, exitStatuses: exitStatuses, related: related)
        self.commands = commands
    }

    /// Understands a command line, without the program's own name.
    package func parse(_ arguments: [String]) throws(UsageFault) -> Request<Context> {
        switch try declaration.parse(arguments) {
        case .help(let path): return .help(path)
        case .version: return .version
        case .run(let path, let values):
            guard let run = command(path)?.run else { return .help(path) }
            return .run(run, values)
        }
    }

    private func command(_ path: [String]) -> Command<Context>? {
        var found: Command<Context>?
        var candidates = commands
        for name in path {
            found = candidates.first { $0.declaration.name == name }
            candidates = found?.subcommands ?? []
        }
        return found
    }
}

/// What a command line asks for.
package enum Request<Context>: Sendable {
    case run(Command<Context>.Run, ParsedValues)
    /// The help of the command at this path; empty for the program itself.
    case help([String])
    case version
}
