/// Writes the completion for fish: one `complete` line for each command, option and argument.
struct FishCompletion {
    private let program: ProgramDeclaration
    private var function: String { "__" + program.identifier }

    init(_ program: ProgramDeclaration) { self.program = program }

    var lines: [String] {
        walker + conditions + ["complete -c \(program.name) -f"]
            + program.everywhere.map { line(nil, $0) }
            + program.shownPaths.flatMap(completions)
    }

    /// A function that prints the command before the cursor and, on a second line, how many arguments it has so far.
    private var walker: [String] {
        let shared = program.everywhere.filter { $0.value != nil }.flatMap(\.spellings)
        let own = program.shownPaths.flatMap { path in
            program.options(at: path).filter { $0.value != nil }.flatMap(\.spellings)
                .map { path.joined(separator: " ") + ":" + $0 }
        }
        let names = program.shownPaths.dropFirst().map { $0.joined(separator: " ") }
        return [
            "# fish completion for \(program.name), made from its command declarations",
            "",
            "# Prints the command before the cursor, and how many arguments it has.",
            "function \(function)_place",
            "    set -l place ''",
            "    set -l operands 0",
            "    set -l skip 0",
            "    for word in (commandline -opc)[2..-1]",
            "        if test $skip = 1",
            "            set skip 0",
            "        else if string match -q -- '-*' $word",
            "            if contains -- $word \(words(shared)); or contains -- \"$place:$word\" \(words(own))",
            "                set skip 1",
            "            end",
            "        else",
            "            set -l next (string trim -- \"$place $word\")",
            "            if contains -- $next \(words(names))",
            "                set place $next",
            "            else",
            "                set operands (math $operands + 1)",
            "            end",
            "        end",
            "    end",
            "    echo $place",
            "    echo $operands",
            "end",
            "",
        ]
    }

    private var conditions: [String] {
        [
            "# Prints what a command of the program prints.",
            "function \(function)_lines",
            "    set -l program (commandline -opc)[1]",
            "    $program $argv 2>/dev/null",
            "end",
            "",
            "# Whether the command before the cursor is $argv[1].",
            "function \(function)_at",
            "    set -l found (\(function)_place)",
            "    test \"$found[1]\" = $argv[1]",
            "end",
            "",
            "# Whether the cursor is at argument $argv[2], counted from 0, of the command $argv[1].",
            "function \(function)_argument",
            "    set -l found (\(function)_place)",
            "    test \"$found[1]\" = $argv[1]; and test \"$found[2]\" = $argv[2]",
            "end",
            "",
        ]
    }

    private func completions(_ path: [String]) -> [String] {
        let command = program.chain(path).last ?? program.root
        let place = quoted(path.joined(separator: " "))
        let here = "\(function)_at \(place)"
        let subcommands = command.shownSubcommands.map {
            "complete -c \(program.name) -n \(quoted(here)) -a \($0.name) -d \(quoted(firstSentence($0.abstract)))"
        }
        let options = program.options(at: path).map { line(here, $0) }
        let arguments = command.arguments.enumerated().flatMap { index, argument -> [String] in
            let at = argument.isRepeated ? here : "\(function)_argument \(place) \(index)"
            let candidates = candidates(argument.value)
            return candidates.isEmpty ? [] : ["complete -c \(program.name) -n \(quoted(at))\(candidates)"]
        }
        return subcommands + options + arguments
    }

    private func line(_ condition: String?, _ option: OptionDeclaration) -> String {
        var line = "complete -c \(program.name)"
        if let condition { line += " -n \(quoted(condition))" }
        if let short = option.short { line += " -s \(short)" }
        line += " -l \(option.name)"
        if let value = option.value { line += " -r" + candidates(value) }
        return line + " -d \(quoted(option.summary))"
    }

    private func candidates(_ value: ValueDeclaration) -> String {
        switch value.completion {
        case _ where !value.allowed.isEmpty: " -f -a \(quoted(value.allowed.joined(separator: " ")))"
        case .none: ""
        case .file: " -F"
        case .folder: " -f -a '(__fish_complete_directories)'"
        case .command(let arguments): " -f -a \(quoted("(\(function)_lines \(words(arguments)))"))"
        }
    }

    private func words(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    /// In fish a backslash escapes within single quotes.
    private func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
