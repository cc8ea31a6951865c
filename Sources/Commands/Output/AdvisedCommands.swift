import Arguments
import Effects
import Faults

/// Commands of this program that its output advises: whoever named a configuration must name it again, or the next
/// command is about another instance.
struct AdvisedCommands: Sendable {
    /// `--config FILE`, quoted for a shell; nil where no file was named.
    private let option: String?

    private static let program = Release.name + " "
    /// What follows the program's name where a command of it is meant, and not the program or a path.
    private static let names = Set(OpsProgram.program.declaration.root.subcommands.map(\.name))
    /// Commands that show a plan and ask, as their names follow each other.
    private static let asking = paths(OpsProgram.program.declaration.root.subcommands, [])

    init(configuration: String?) {
        option = configuration.map { "--config \(FaultRenderer.shellQuoted($0)) " }
    }

    /// Whether anything is ever completed.
    var completes: Bool { option != nil }

    /// The text with the option in every command that does not have it.
    func completed(_ text: String) -> String {
        guard let option, text.contains(AdvisedCommands.program) else { return text }
        var result = "", rest = text[...]
        while let found = rest.firstRange(of: AdvisedCommands.program) {
            result += rest[..<found.upperBound]
            rest = rest[found.upperBound...]
            let command = AdvisedCommands.command(rest)
            if AdvisedCommands.names.contains(AdvisedCommands.word(rest)), !command.contains("--config ") {
                result += option
            }
        }
        return result + rest
    }

    /// The commands in a text that ask before they change something, in their order: where there is nobody to ask, they
    /// need `--yes`.
    static func asking(in text: String) -> [String] {
        var found: [String] = [], rest = text[...]
        while let range = rest.firstRange(of: program) {
            rest = rest[range.upperBound...]
            let words = command(rest).split(separator: " ").map(String.init)
            let isCertain = words.contains { ["--yes", "-y", "--dry-run", "-n", "--help", "-h"].contains($0) }
            // The longest name: `repository accept`, not `repository`.
            guard !isCertain, let path = asking.first(where: { starts(words, with: $0) }) else { continue }
            let name = path.joined(separator: " ")
            if !found.contains(name) { found.append(name) }
        }
        return found
    }

    private static func starts(_ words: [String], with path: [String]) -> Bool {
        let plain = words.first == "--config" ? Array(words.dropFirst(2)) : words
        return plain.count >= path.count
            && zip(path, plain).allSatisfy { $0 == $1.trimmingSuffix { !$0.isLetter } }
    }

    /// Up to where a command may end in a text.
    private static func command(_ text: Substring) -> Substring {
        text.prefix { $0 != "\n" && $0 != ";" && $0 != "\"" }
    }

    private static func word(_ text: Substring) -> String { String(text.prefix { $0.isLetter || $0 == "-" }) }

    private static func paths(_ commands: [CommandDeclaration], _ before: [String]) -> [[String]] {
        commands.flatMap { command -> [[String]] in
            let path = before + [command.name], options = command.options.map(\.name)
            let own = options.contains("yes") && options.contains("dry-run") ? [path] : []
            return paths(command.subcommands, path) + own
        }
    }
}

extension String {
    /// Without the characters at its end for which `isEnd` says so.
    fileprivate func trimmingSuffix(_ isEnd: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isEnd(last) { text.removeLast() }
        return String(text)
    }
}
