/// A program without what runs.
package struct ProgramDeclaration: Sendable {
    package let root: CommandDeclaration
    package let version: String
    package let groups: [String]
    package let exitStatuses: [ExitStatus]
    /// Pages of the manual besides those of the commands, such as (`ferry.yaml`, 5).
    package var related: [(name: String, manual: Int)] = []

    package var name: String { root.name }

    /// The options that every command has and no command declares.
    static let help = Flag("help", short: "h", help: "Show this help.")
    static let version = Flag("version", help: "Show the version.")

    /// What a command line asks for, before the command is looked up.
    enum Outcome {
        case run([String], ParsedValues)
        case help([String])
        case version
    }

    /// Whether a whole command line, program name included, would be understood.
    package func parses(_ commandLine: [String]) -> Bool {
        guard commandLine.first == name else { return false }
        do {
            _ = try parse(Array(commandLine.dropFirst()))
            return true
        } catch {
            return false
        }
    }

    func parse(_ arguments: [String]) throws(UsageFault) -> Outcome {
        // `help COMMAND` is `COMMAND --help`, in a program that has no command of that name.
        if arguments.first == "help", root.subcommand("help") == nil {
            let words = arguments.dropFirst().filter { !$0.hasPrefix("-") }
            return try parse(words + ["--help"])
        }
        var parser = Parser(self)
        do {
            return try parser.parse(arguments)
        } catch {
            // Help asked for anywhere beats every error, except that of a command that does not exist.
            if case .unknownCommand = error { throw error }
            let words = arguments.prefix { $0 != "--" }
            guard words.contains("--help") || words.contains("-h") else { throw error }
            return .help(parser.path)
        }
    }

    /// The command at a path of names, and those on the way to it, the program itself first.
    func chain(_ path: [String]) -> [CommandDeclaration] {
        path.reduce(into: [root]) { chain, name in
            if let next = chain.last?.subcommand(name) { chain.append(next) }
        }
    }

    /// Every command that documentation shows, depth first; the path of the program itself is empty.
    var shownPaths: [[String]] {
        func below(_ path: [String], _ command: CommandDeclaration) -> [[String]] {
            [path] + command.shownSubcommands.flatMap { below(path + [$0.name], $0) }
        }
        return below([], root)
    }

    /// First-level commands in the order of their groups; those without a known group come last, under no title.
    var grouped: [(title: String?, commands: [CommandDeclaration])] {
        let shown = root.shownSubcommands
        let titled = groups.map { title in (title: title as String?, commands: shown.filter { $0.group == title }) }
        let rest = shown.filter { command in !groups.contains { $0 == command.group } }
        return (titled + [(title: nil, commands: rest)]).filter { !$0.commands.isEmpty }
    }
}
