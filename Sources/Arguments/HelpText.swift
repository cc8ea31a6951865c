/// Lays out `--help`.
struct HelpText {
    private let program: ProgramDeclaration
    private let width: Int
    private var lines: [String] = []

    private init(_ program: ProgramDeclaration, width: Int) {
        self.program = program
        self.width = max(width, 40)
    }

    static func render(_ program: ProgramDeclaration, path: [String], width: Int) -> String {
        var text = HelpText(program, width: width)
        if path.isEmpty { text.addProgram() } else { text.addCommand(path) }
        return text.lines.joined(separator: "\n") + "\n"
    }

    private mutating func addProgram() {
        let root = program.root
        lines += TextLayout.paragraphs("\(program.name): \(root.abstract)", width: width, indent: 0)
        addUsage([])
        addDiscussion(root)
        let groups = program.grouped.map { (title: $0.title ?? "OTHER", rows: program.listing($0.commands)) }
        let terms = groups.flatMap { $0.rows.map(\.term) }
        let column = TextLayout.column(for: terms, width: width, indent: 2)
        for group in groups { addTable(group.title, group.rows, column: column) }
        addTable("OPTIONS", rows(program.sharedOptions(at: [])))
        addEnding(root)
        lines += [""]
        lines += TextLayout.wrap(
            "More about a command: \(program.name) help COMMAND".split(separator: " "), width: width, indent: 0)
    }

    private mutating func addCommand(_ path: [String]) {
        let command = program.chain(path).last ?? program.root
        let name = ([program.name] + path).joined(separator: " ")
        lines += TextLayout.paragraphs("\(name): \(command.abstract)", width: width, indent: 0)
        addUsage(path)
        addDiscussion(command)
        addTable("COMMANDS", program.listing(command.shownSubcommands, under: path))
        addTable("ARGUMENTS", command.arguments.map { ($0.name, $0.explanation) })
        addTable("OPTIONS", rows(command.shownOptions))
        addTable("OPTIONS OF EVERY COMMAND", rows(program.sharedOptions(at: path)))
        addEnding(command)
    }

    /// Long names stand below each other where any option of the table has a short one.
    private func rows(_ options: [OptionDeclaration]) -> [(term: String, text: String)] {
        let isIndented = options.contains { $0.short != nil }
        return options.map { option in
            ((isIndented && option.short == nil ? "    " : "") + option.term, option.explanation)
        }
    }

    private mutating func addUsage(_ path: [String]) {
        lines += ["", "USAGE"]
        lines += TextLayout.wrap(program.usage(of: path), width: width, indent: 2, hanging: 4)
    }

    private mutating func addDiscussion(_ command: CommandDeclaration) {
        guard !command.discussion.isEmpty else { return }
        lines.append("")
        lines += TextLayout.paragraphs(command.discussion, width: width, indent: 0)
    }

    private mutating func addTable(_ title: String, _ rows: [(term: String, text: String)], column: Int? = nil) {
        guard !rows.isEmpty else { return }
        let column = column ?? TextLayout.column(for: rows.map(\.term), width: width, indent: 2)
        lines += ["", title]
        lines += TextLayout.table(rows, width: width, indent: 2, column: column)
    }

    private mutating func addEnding(_ command: CommandDeclaration) {
        if !command.examples.isEmpty { lines += ["", "EXAMPLES"] }
        for example in command.examples {
            lines += TextLayout.wrap(example.note.split(separator: " "), width: width, indent: 2)
            lines.append("      " + example.commandLine(of: program.name))
        }
        addTable("ENVIRONMENT", command.environment.map { ($0.name, $0.help) })
    }
}

extension ProgramDeclaration {
    /// The help of the command at `path`; empty for the program itself.
    package func help(_ path: [String], width: Int) -> String { HelpText.render(self, path: path, width: width) }
}
