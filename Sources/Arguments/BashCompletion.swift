import Faults

/// Writes the completion for bash; it needs nothing but bash itself.
///
/// The script walks the words before the cursor to find the command they name and the option that awaits a value. Bash
/// splits `--level=x` into three words where `COMP_WORDBREAKS` has `=`, and leaves it one word elsewhere; both work.
struct BashCompletion {
    private let program: ProgramDeclaration
    private var function: String { "_" + program.identifier }

    init(_ program: ProgramDeclaration) { self.program = program }

    var lines: [String] { header + offer + files + values + main + ["complete -F \(function) \(program.name)"] }

    private var header: [String] { ["# bash completion for \(program.name), made from its command declarations", ""] }

    private var offer: [String] {
        [
            "# Offers those lines of standard input that start with $1.",
            "\(function)_offer() {",
            "    local word quoted",
            "    while IFS= read -r word; do",
            "        [[ -n $word && $word == \"$1\"* ]] || continue",
            "        printf -v quoted %q \"$word\"",
            "        COMPREPLY+=(\"$quoted\")",
            "    done",
            "}",
            "",
        ]
    }

    private var files: [String] {
        [
            "# Offers the paths that start with $1; $2 is -f for files, -d for folders.",
            "\(function)_paths() {",
            "    local word",
            "    compopt -o filenames 2>/dev/null",
            "    while IFS= read -r word; do",
            "        COMPREPLY+=(\"$word\")",
            "    done < <(compgen \"$2\" -- \"$1\")",
            "}",
            "",
        ]
    }

    /// Offers the candidates for the value of an option or argument.
    private var values: [String] {
        var cases = program.everywhere.flatMap { branch("*", $0) }
        for path in program.shownPaths {
            let command = program.chain(path).last ?? program.root
            let place = FaultRenderer.shellQuoted(path.joined(separator: " "))
            cases += program.options(at: path).flatMap { branch(place, $0) }
            for (index, argument) in command.arguments.enumerated() {
                let position = argument.isRepeated ? "*" : "\(index)"
                cases += branch("\(place):\(position)", argument.value)
            }
        }
        let opening = [
            "# Offers values that start with $2, for $1: command and option, or command and place of the argument.",
            "\(function)_values() {",
            "    case $1 in",
        ]
        return opening + cases + ["    *) ;;", "    esac", "}", ""]
    }

    private func branch(_ place: String, _ option: OptionDeclaration) -> [String] {
        guard let value = option.value else { return [] }
        return branch(option.spellings.map { "\(place):\($0)" }.joined(separator: " | "), value)
    }

    private func branch(_ pattern: String, _ value: ValueDeclaration) -> [String] {
        let action =
            switch value.completion {
            case _ where !value.allowed.isEmpty:
                "\(function)_offer \"$2\" < <(printf '%s\\n' \(shellWords(value.allowed)))"
            case .none: ":"
            case .file: "\(function)_paths \"$2\" -f"
            case .folder: "\(function)_paths \"$2\" -d"
            case .command(let words):
                "\(function)_offer \"$2\" < <(\"${COMP_WORDS[0]}\" \(shellWords(words)) 2>/dev/null)"
            }
        return ["    \(pattern)) \(action) ;;"]
    }

    /// The patterns of all options that take a value, behind the command they belong to.
    private var takingValue: [String] {
        let shared = program.everywhere.filter { $0.value != nil }.flatMap(\.spellings).map { "*:" + $0 }
        let own = program.shownPaths.flatMap { path -> [String] in
            let place = FaultRenderer.shellQuoted(path.joined(separator: " "))
            return program.options(at: path).filter { $0.value != nil }.flatMap(\.spellings).map { "\(place):\($0)" }
        }
        return shared + own
    }

    private var main: [String] {
        let names = program.shownPaths.dropFirst().map { FaultRenderer.shellQuoted($0.joined(separator: " ")) }
        let taking = takingValue
        let shared = program.everywhere.map(\.dashed)
        let listings = program.shownPaths.map { path -> String in
            let command = program.chain(path).last ?? program.root
            let place = path.isEmpty ? "''" : FaultRenderer.shellQuoted(path.joined(separator: " "))
            let options = shellWords(program.options(at: path).map(\.dashed) + shared)
            return
                "    \(place)) commands=(\(shellWords(command.shownSubcommands.map(\.name)))) options=(\(options)) ;;"
        }
        return [
            "\(function)() {",
            "    local current=${COMP_WORDS[COMP_CWORD]} place='' pending='' ended='' prefix='' word index operands=0",
            "    local -a commands=() options=()",
            "    COMPREPLY=()",
            "    for ((index = 1; index < COMP_CWORD; index++)); do",
            "        word=${COMP_WORDS[index]}",
            "        if [[ -n $pending ]]; then",
            "            [[ $word == = ]] || pending=''",
            "        elif [[ -n $ended ]]; then",
            "            operands=$((operands + 1))",
            "        elif [[ $word == -- ]]; then",
            "            ended=1",
            "        elif [[ $word == -* ]]; then",
            "            case $place:$word in",
        ] + (taking.isEmpty ? [] : ["            \(taking.joined(separator: " | "))) pending=$word ;;"]) + [
            "            *) ;;",
            "            esac",
            "        else",
            "            case ${place:+$place }$word in",
            "            \(names.isEmpty ? "''" : names.joined(separator: " | "))) place=${place:+$place }$word ;;",
            "            *) operands=$((operands + 1)) ;;",
            "            esac",
            "        fi",
            "    done",
            "    [[ $current != = ]] || current=''",
            "    if [[ -z $pending && -z $ended && $current == --*=* ]]; then",
            "        pending=${current%%=*}",
            "        prefix=$pending=",
            "        current=${current#*=}",
            "    fi",
            "    case $place in",
        ] + listings + [
            "    *) ;;",
            "    esac",
            "    if [[ -n $pending ]]; then",
            "        \(function)_values \"$place:$pending\" \"$current\"",
            "        COMPREPLY=(\"${COMPREPLY[@]/#/$prefix}\")",
            "    elif [[ -z $ended && $current == -* ]]; then",
            "        \(function)_offer \"$current\" < <(printf '%s\\n' \"${options[@]}\")",
            "    elif ((${#commands[@]})); then",
            "        \(function)_offer \"$current\" < <(printf '%s\\n' \"${commands[@]}\")",
            "    else",
            "        \(function)_values \"$place:$operands\" \"$current\"",
            "        if [[ -z $ended && -z $current ]] && ((${#COMPREPLY[@]} == 0)); then",
            "            \(function)_offer '' < <(printf '%s\\n' \"${options[@]}\")",
            "        fi",
            "    fi",
            "}",
            "",
        ]
    }
}
