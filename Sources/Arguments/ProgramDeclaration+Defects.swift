extension ProgramDeclaration {
    /// What is wrong with the declarations themselves; a test of the program keeps this empty.
    package var defects: [String] {
        var defects: [String] = []
        func check(_ path: [String], _ command: CommandDeclaration) {
            let label = ([name] + path).joined(separator: " ")
            defects += problems(of: command, inherited: chain(path).dropLast()).map { "\(label): \($0)" }
            for example in command.examples where !parses([name] + example.arguments) {
                defects.append("\(label): the example \(example.commandLine(of: name)) is not understood")
            }
            for subcommand in command.subcommands { check(path + [subcommand.name], subcommand) }
        }
        check([], root)
        for command in root.shownSubcommands where command.group.map({ !groups.contains($0) }) ?? true {
            defects.append("\(name) \(command.name): is in no group of the program")
        }
        return defects
    }

    private func problems(of command: CommandDeclaration, inherited: ArraySlice<CommandDeclaration>) -> [String] {
        var problems: [String] = []
        if command.abstract.isEmpty { problems.append("has no abstract") }
        let builtIn = [Self.help.declaration] + (inherited.isEmpty ? [Self.version.declaration] : [])
        let options = inherited.flatMap(\.options) + command.options + builtIn
        problems += repeats(options.map(\.dashed)).map { "declares \($0) twice" }
        problems += repeats(options.compactMap(\.short)).map { "declares -\($0) twice" }
        problems += repeats(command.arguments.map(\.name)).map { "declares \($0) twice" }
        problems += repeats(command.subcommands.map(\.name)).map { "declares the command \($0) twice" }
        problems += command.options.filter(\.help.isEmpty).map { "\($0.dashed) has no help" }
        problems += command.arguments.filter(\.help.isEmpty).map { "\($0.name) has no help" }
        for (argument, next) in zip(command.arguments, command.arguments.dropFirst()) {
            if argument.isRepeated { problems.append("\(argument.name) is repeated and not last") }
            let mayBeLeftOut = argument.presence == .optional
            if mayBeLeftOut && next.presence == .required { problems.append("\(next.name) follows an optional one") }
        }
        for member in command.choices.flatMap(\.members) where !declares(command, member) {
            problems.append("chooses among \(member.label), which it does not declare or requires anyway")
        }
        return problems
    }

    private func declares(_ command: CommandDeclaration, _ member: Reference) -> Bool {
        let isStrict = { (presence: Presence) in presence == .required || presence == .repeated(atLeastOnce: true) }
        return switch member {
        case .option(let name): command.options.contains { $0.name == name && !isStrict($0.presence) }
        case .argument(let name): command.arguments.contains { $0.name == name && !isStrict($0.presence) }
        }
    }

    private func repeats<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { !seen.insert($0).inserted }
    }
}
