import Faults

// The phrases that help, man pages and the reference share.

extension OptionDeclaration {
    /// `-n, --dry-run` or `--jobs N`.
    var term: String { (short.map { "-\($0), " } ?? "") + usage }

    /// The help sentence with everything that follows from the declaration.
    var explanation: String {
        var parts = [help]
        if let value, !value.allowed.isEmpty { parts.append("One of: \(value.allowed.joined(separator: ", ")).") }
        if let defaultText { parts.append("Default: \(defaultText).") }
        switch presence {
        case .required: parts.append("Required.")
        case .repeated: parts.append("Can be given more than once.")
        case .optional: break
        }
        return parts.joined(separator: " ")
    }
}

extension ArgumentDeclaration {
    var explanation: String {
        var parts = [help]
        if !value.allowed.isEmpty { parts.append("One of: \(value.allowed.joined(separator: ", ")).") }
        if let defaultText { parts.append("Default: \(defaultText).") }
        return parts.joined(separator: " ")
    }
}

extension Example {
    /// The command line, quoted for a POSIX shell.
    func commandLine(of program: String) -> String {
        ([program] + arguments).map(FaultRenderer.shellQuoted).joined(separator: " ")
    }
}

extension CommandDeclaration {
    /// What follows the command's name in its usage line, in pieces that are not broken.
    var synopsis: [String] {
        guard subcommands.isEmpty else { return shownOptions.map { bracketed($0) } + ["COMMAND"] }
        var shownChoices: Set<Int> = []
        let pieces =
            arguments.map { (Reference.argument($0.name), bracketed($0)) }
            + shownOptions.map { (Reference.option($0.name), bracketed($0)) }
        return pieces.compactMap { reference, piece in
            guard let index = choices.firstIndex(where: { $0.members.contains(reference) }) else { return piece }
            guard shownChoices.insert(index).inserted else { return nil }
            let members = choices[index].members.compactMap(bare).joined(separator: " | ")
            return choices[index].isRequired ? "(\(members))" : "[\(members)]"
        }
    }

    private func bare(_ reference: Reference) -> String? {
        switch reference {
        case .option(let name): shownOptions.first { $0.name == name }.map { $0.usage + ($0.isRepeated ? "..." : "") }
        case .argument(let name): arguments.first { $0.name == name }.map { $0.name + ($0.isRepeated ? "..." : "") }
        }
    }

    private func bracketed(_ option: OptionDeclaration) -> String {
        switch option.presence {
        case .required: option.usage
        case .optional: "[\(option.usage)]"
        case .repeated: "[\(option.usage)]..."
        }
    }

    private func bracketed(_ argument: ArgumentDeclaration) -> String {
        switch argument.presence {
        case .required: argument.name
        case .optional: "[\(argument.name)]"
        case .repeated(atLeastOnce: true): "\(argument.name)..."
        case .repeated: "[\(argument.name)...]"
        }
    }
}

extension ProgramDeclaration {
    /// The options that the command at `path` takes besides its own, with those every command has.
    func sharedOptions(at path: [String]) -> [OptionDeclaration] {
        let inherited = chain(path).dropLast(path.isEmpty ? 0 : 1).flatMap(\.shownOptions)
        return inherited + [Self.help.declaration] + (path.isEmpty ? [Self.version.declaration] : [])
    }

    /// The usage line of a command, in pieces that are not broken.
    func usage(of path: [String]) -> [String] {
        let command = chain(path).last ?? root
        if path.isEmpty { return [name, "[OPTIONS]", "COMMAND", "[ARGUMENTS]"] }
        return [([name] + path).joined(separator: " ")] + command.synopsis
    }

    /// Subcommands as help lists them: a command that only holds others is shown with them, `config show`.
    func listing(_ commands: [CommandDeclaration], under path: [String] = []) -> [(term: String, text: String)] {
        commands.flatMap { command -> [(term: String, text: String)] in
            let here = path + [command.name]
            if command.subcommands.isEmpty { return [(here.joined(separator: " "), command.abstract)] }
            return listing(command.shownSubcommands, under: here)
        }
    }
}
