import Faults

extension ProgramDeclaration {
    /// The text of a completion script; hidden commands and options are not in it.
    package func completion(for shell: Shell) -> String {
        let lines =
            switch shell {
            case .bash: BashCompletion(self).lines
            case .zsh: ZshCompletion(self).lines
            case .fish: FishCompletion(self).lines
            }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The name as part of a shell function's name.
    var identifier: String { name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined() }

    /// The options that every command takes, the program's own and `--help`.
    var everywhere: [OptionDeclaration] { root.shownOptions + [Self.help.declaration] }

    /// What the command at `path` takes besides those: its own options and those of the commands it is in.
    func options(at path: [String]) -> [OptionDeclaration] {
        if path.isEmpty { return [Self.version.declaration] }
        return chain(path).dropFirst().flatMap(\.shownOptions)
    }
}

extension OptionDeclaration {
    /// `--jobs` and, where there is one, `-j`.
    var spellings: [String] { [dashed] + (short.map { ["-\($0)"] } ?? []) }

    /// The help as one short line.
    var summary: String { firstSentence(help) }
}

/// The text up to its first full stop.
func firstSentence(_ text: String) -> String {
    let words = text.split(separator: " ")
    let end = words.firstIndex { $0.hasSuffix(".") } ?? words.endIndex - 1
    let sentence = words.prefix(end + 1).joined(separator: " ")
    return sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
}

/// Words as one piece of shell source, for bash and zsh.
func shellWords(_ words: some Sequence<String>) -> String {
    words.map(FaultRenderer.shellQuoted).joined(separator: " ")
}
