import Faults

/// Writes the reference of all commands as Markdown.
struct MarkdownReference {
    private let program: ProgramDeclaration
    private var lines: [String] = []

    private init(_ program: ProgramDeclaration) { self.program = program }

    static func render(_ program: ProgramDeclaration) -> String {
        var reference = MarkdownReference(program)
        reference.addProgram()
        for group in program.grouped {
            reference.lines += ["", "## \(text(group.title ?? "OTHER"))"]
            for command in group.commands { reference.add(command, path: [command.name]) }
        }
        reference.addExitStatuses()
        return reference.lines.joined(separator: "\n") + "\n"
    }

    static func render(_ page: ReferencePage) -> String {
        var lines = ["# \(page.name)", "", text(sentence(page.abstract)) + "."]
        for section in page.sections {
            lines += ["", "## \(text(sentence(section.title.lowercased())))"] + prose(section.prose)
            for term in section.terms {
                lines += ["", "### `\(term.name)`", "", text(term.text) + "."]
                if !term.details.isEmpty { lines += ["", "| | |", "|---|---|"] }
                lines += term.details.map { "| \(cell(text($0.name))) | \(cell(text($0.value))) |" }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// With a capital letter at the beginning.
    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private mutating func addProgram() {
        let root = program.root
        lines += ["# \(program.name)", "", Self.text(root.abstract)]
        addUsage([])
        add(prose: root.discussion)
        addTable("Option of every command", program.sharedOptions(at: []).map { ($0.term, $0.explanation) })
        addTable("Environment", root.environment.map { ($0.name, $0.help) })
        addExamples(root)
    }

    private mutating func add(_ command: CommandDeclaration, path: [String]) {
        if command.subcommands.isEmpty || !command.discussion.isEmpty || !command.shownOptions.isEmpty {
            lines += ["", "### \(path.joined(separator: " "))", "", Self.text(command.abstract)]
            addUsage(path)
            add(prose: command.discussion)
            addTable("Argument", command.arguments.map { ($0.name, $0.explanation) })
            addTable("Option", command.shownOptions.map { ($0.term, $0.explanation) })
            addTable("Environment", command.environment.map { ($0.name, $0.help) })
            addExamples(command)
        }
        for subcommand in command.shownSubcommands { add(subcommand, path: path + [subcommand.name]) }
    }

    private mutating func addUsage(_ path: [String]) {
        lines += ["", "```"] + TextLayout.wrap(program.usage(of: path), width: 100, indent: 0, hanging: 4) + ["```"]
    }

    private mutating func add(prose: String) { lines += Self.prose(prose) }

    private static func prose(_ text: String) -> [String] {
        TextLayout.blocks(text).flatMap { block in
            switch block {
            case .prose(let words): ["", Self.text(words.joined(separator: " "))]
            case .literal(let literal): ["", "```"] + literal + ["```"]
            }
        }
    }

    private mutating func addTable(_ title: String, _ rows: [(term: String, text: String)]) {
        guard !rows.isEmpty else { return }
        lines += ["", "| \(title) | |", "|---|---|"]
        lines += rows.map { "| `\(Self.cell($0.term))` | \(Self.cell(Self.text($0.text))) |" }
    }

    private mutating func addExamples(_ command: CommandDeclaration) {
        for example in command.examples {
            lines += ["", Self.text(example.note), "", "```sh", example.commandLine(of: program.name), "```"]
        }
    }

    private mutating func addExitStatuses() {
        guard !program.exitStatuses.isEmpty else { return }
        lines += ["", "## Exit codes", "", "| Code | Meaning |", "|---|---|"]
        lines += program.exitStatuses.map { "| \($0.code.rawValue) | \(Self.cell(Self.text($0.meaning))) |" }
    }

    /// A vertical bar would end the cell, in code as well.
    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    /// Prose in which nothing is taken for markup.
    private static func text(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "\\`*_<>[]".contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}

extension ReferencePage {
    /// The page as Markdown.
    package var markdown: String { MarkdownReference.render(self) }
}

extension ProgramDeclaration {
    /// The reference of all commands, as Markdown.
    package var reference: String { MarkdownReference.render(self) }
}
