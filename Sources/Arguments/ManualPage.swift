import Faults

/// A man page, in the language of man(7).
package struct ManualPage: Sendable {
    /// `infisical-ops-config-show.1`.
    package let fileName: String
    package let text: String
}

extension ProgramDeclaration {
    /// One page for the program and one for each command.
    ///
    /// - Parameter date: what the foot of the page shows, such as `2026-01-31`; a release's date, so that pages stay
    ///   the same from build to build
    package func manualPages(date: String) -> [ManualPage] {
        shownPaths.map { path in
            let title = pageName(path)
            return ManualPage(fileName: "\(title).1", text: CommandWriter.render(self, path: path, date: date))
        }
    }

    func pageName(_ path: [String]) -> String { ([name] + path).joined(separator: "-") }
}

extension ReferencePage {
    /// - Parameter date: as for the pages of commands.
    package func manualPage(date: String) -> ManualPage {
        var writer = ManualWriter()
        writer.add(self, date: date)
        return ManualPage(fileName: "\(name).\(manual)", text: writer.text)
    }
}

/// Writes the page of a command.
private struct CommandWriter {
    private let program: ProgramDeclaration
    private var writer = ManualWriter()

    private init(_ program: ProgramDeclaration) { self.program = program }

    static func render(_ program: ProgramDeclaration, path: [String], date: String) -> String {
        var writer = CommandWriter(program)
        writer.add(path, date: date)
        return writer.writer.text
    }

    private mutating func add(_ path: [String], date: String) {
        let command = program.chain(path).last ?? program.root
        let page = program.pageName(path)
        writer.title(page, 1, date, source: "\(program.name) \(program.version)", "User Commands")
        writer.section("NAME")
        writer.add(line: writer.escaped(page) + " \\- " + writer.escaped(command.abstract))
        writer.section("SYNOPSIS")
        addSynopsis(path)
        writer.section("DESCRIPTION")
        writer.add(prose: command.discussion.isEmpty ? command.abstract : command.discussion)
        if path.isEmpty { addGroups() }
        addTerms("COMMANDS", path.isEmpty ? [] : program.listing(command.shownSubcommands, under: path))
        addTerms("ARGUMENTS", command.arguments.map { ($0.name, $0.explanation) })
        let own = path.isEmpty ? [] : command.shownOptions.map { (term: $0.term, text: $0.explanation) }
        let shared = program.sharedOptions(at: path).map { (term: $0.term, text: $0.explanation) }
        addTerms("OPTIONS", own + shared)
        addTerms("ENVIRONMENT", command.environment.map { ($0.name, $0.help) })
        addExamples(command)
        addTerms("EXIT STATUS", program.exitStatuses.map { ("\($0.code.rawValue)", $0.meaning) })
        addSeeAlso(path)
    }

    private mutating func addSynopsis(_ path: [String]) {
        let pieces = program.usage(of: path)
        writer.lines += [".HP", "\\fB" + writer.escaped(pieces[0]) + "\\fR"]
        // A piece is one unit: spaces within it do not break, and dots at its end do not end a sentence.
        writer.lines += pieces.dropFirst().map { piece in
            writer.guarded(piece.split(separator: " ").map { writer.escaped($0) }.joined(separator: "\\ ")) + "\\&"
        }
    }

    private mutating func addGroups() {
        writer.section("COMMANDS")
        for group in program.grouped {
            writer.lines.append(".SS \(writer.argument(group.title ?? "OTHER"))")
            for row in program.listing(group.commands) { writer.add(row) }
        }
    }

    private mutating func addTerms(_ title: String, _ rows: [(term: String, text: String)]) {
        guard !rows.isEmpty else { return }
        writer.section(title)
        for row in rows { writer.add(row) }
    }

    private mutating func addExamples(_ command: CommandDeclaration) {
        guard !command.examples.isEmpty else { return }
        writer.section("EXAMPLES")
        for example in command.examples {
            writer.lines += [".PP", writer.guarded(writer.escaped(example.note)), ".PP", ".RS 4", ".nf"]
            writer.lines += [writer.guarded(writer.escaped(example.commandLine(of: program.name))), ".fi", ".RE"]
        }
    }

    private mutating func addSeeAlso(_ path: [String]) {
        let command = program.chain(path).last ?? program.root
        let above = path.isEmpty ? [] : [Array(path.dropLast())]
        let pages =
            (above + command.shownSubcommands.map { path + [$0.name] }).map { (name: program.pageName($0), manual: 1) }
            + (path.isEmpty ? program.related : [])
        guard !pages.isEmpty else { return }
        writer.section("SEE ALSO")
        for (index, page) in pages.enumerated() {
            writer.lines.append(
                ".BR \(writer.escaped(page.name)) (\(page.manual))" + (index + 1 < pages.count ? "," : ""))
        }
    }
}

/// The language of man(7).
private struct ManualWriter {
    var lines: [String] = []
    var text: String { lines.joined(separator: "\n") + "\n" }

    mutating func add(line: String) { lines.append(line) }

    mutating func title(_ page: String, _ manual: Int, _ date: String, source: String, _ volume: String) {
        lines.append(
            ".TH \(argument(page.uppercased())) \(manual) \(argument(date)) \(argument(source)) \(argument(volume))")
        // No hyphens and no stretched lines: both spoil names that a reader may want to copy.
        lines += [".nh", ".ad l"]
    }

    mutating func add(_ page: ReferencePage, date: String) {
        title(page.name, page.manual, date, source: page.source, "File Formats Manual")
        section("NAME")
        lines.append(escaped(page.name) + " \\- " + escaped(page.abstract))
        for part in page.sections {
            section(part.title)
            if !part.prose.isEmpty { add(prose: part.prose) }
            for term in part.terms {
                add((term: term.name, text: term.text))
                lines += term.details.flatMap { [".br", guarded(escaped("\($0.name): \($0.value)"))] }
            }
        }
        guard !page.seeAlso.isEmpty else { return }
        section("SEE ALSO")
        lines.append(guarded(escaped(page.seeAlso.joined(separator: ", "))))
    }

    mutating func section(_ title: String) { lines.append(".SH \(argument(title))") }

    mutating func add(prose text: String) {
        for block in TextLayout.blocks(text) {
            switch block {
            case .prose(let words): lines += [".PP", guarded(escaped(words.joined(separator: " ")))]
            case .literal(let literal):
                lines += [".PP", ".RS 4", ".nf"] + literal.map { guarded(escaped($0)) } + [".fi", ".RE"]
            }
        }
    }

    mutating func add(_ row: (term: String, text: String)) {
        lines += [".TP", "\\fB" + escaped(row.term) + "\\fR", guarded(escaped(row.text))]
    }

    /// A macro argument; quotes keep its spaces together.
    func argument(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// A line of text that must not be taken for a request.
    func guarded(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("\\(aq") ? "\\&" + line : line
    }

    /// Text as groff prints it unchanged: what it would turn into typography is written by name.
    func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "\"": result += "\\(dq"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex + "]"
            }
        }
        return result
    }
}
