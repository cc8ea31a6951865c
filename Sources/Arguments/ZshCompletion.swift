import Faults

/// Writes the completion for zsh: one function for each command, on top of zsh's own `_arguments`.
struct ZshCompletion {
    private let program: ProgramDeclaration
    private var function: String { "_" + program.identifier }

    init(_ program: ProgramDeclaration) { self.program = program }

    var lines: [String] {
        let opening = [
            "#compdef \(program.name)",
            "# zsh completion for \(program.name), made from its command declarations",
            "",
            "# Offers the lines that a command of the program prints.",
            "\(function)_lines() {",
            "    local -a found",
            "    found=(${(f)\"$(\"$program\" \"$@\" 2>/dev/null)\"})",
            "    compadd -a found",
            "}",
            "",
        ]
        let closing = [
            "if [[ $funcstack[1] == \(function) ]]; then",
            "    \(function) \"$@\"",
            "else",
            "    compdef \(function) \(program.name)",
            "fi",
        ]
        return opening + program.shownPaths.flatMap(completer) + closing
    }

    private func name(_ path: [String]) -> String {
        ([function] + path).joined(separator: "_").map { $0 == "-" ? "_" : String($0) }.joined()
    }

    private func completer(_ path: [String]) -> [String] {
        let command = program.chain(path).last ?? program.root
        let options = (program.options(at: path) + program.everywhere).map(specification)
        var lines = ["\(name(path))() {"]
        if path.isEmpty { lines.append("    local program=$words[1]") }
        if command.subcommands.isEmpty {
            let arguments = command.arguments.map(specification)
            lines += call("_arguments -s -S", options + arguments) + ["}", ""]
            return lines
        }
        lines += ["    local context state state_descr line", "    local -A opt_args", "    local -a commands"]
        lines += call("_arguments -C -s -S", options + ["'1:command:->command'", "'*::argument:->argument'"])
        lines += ["    case $state in", "    command)", "        commands=("]
        lines += command.shownSubcommands.map {
            "            " + quoted("\($0.name):\(colons(firstSentence($0.abstract)))")
        }
        lines += ["        )", "        _describe -t commands command commands", "        ;;"]
        lines += ["    argument)", "        case $words[1] in"]
        lines += command.shownSubcommands.map { "        \($0.name)) \(name(path + [$0.name])) ;;" }
        return lines + ["        esac", "        ;;", "    esac", "}", ""]
    }

    private func call(_ function: String, _ specifications: [String]) -> [String] {
        let parts = ["    \(function)"] + specifications.map { "        \($0)" }
        return parts.dropLast().map { $0 + " \\" } + parts.suffix(1)
    }

    private func specification(_ option: OptionDeclaration) -> String {
        let ending = option.value.map { ":\(colons(option.placeholder)):\(action($0))" } ?? ""
        let rest = "[\(brackets(option.summary))]" + ending
        let many = option.isRepeated ? "*" : ""
        guard let short = option.short else {
            return quoted(many + option.dashed + (option.value == nil ? "" : "=") + rest)
        }
        let spellings = option.value == nil ? "{-\(short),\(option.dashed)}" : "{-\(short)+,\(option.dashed)=}"
        let excluded = option.isRepeated ? "'*'" : "'(\(option.spellings.joined(separator: " ")))'"
        return excluded + spellings + quoted(rest)
    }

    private func specification(_ argument: ArgumentDeclaration) -> String {
        let place = argument.isRepeated ? "*:" : argument.presence == .required ? ":" : "::"
        return quoted(place + "\(colons(argument.name)):\(action(argument.value))")
    }

    /// What `_arguments` does for a value; a space in front means that the words are called as they are.
    private func action(_ value: ValueDeclaration) -> String {
        switch value.completion {
        case _ where !value.allowed.isEmpty: "(\(value.allowed.map(colons).joined(separator: " ")))"
        case .none: " "
        case .file: "_files"
        case .folder: "_files -/"
        case .command(let words): " \(function)_lines \(shellWords(words))"
        }
    }

    private func colons(_ text: String) -> String { escaping(":\\", in: text) }
    private func brackets(_ text: String) -> String { escaping("[]:\\", in: text) }

    private func escaping(_ special: String, in text: String) -> String {
        text.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
