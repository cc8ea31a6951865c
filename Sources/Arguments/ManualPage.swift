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
            return ManualPage(fileName: "\(title).1", text: ManualWriter.render(self, path: path, date: date))
        }
    }

    func pageName(_ path: [String]) -> String { ([name] + path).joined(separator: "-") }
}

/// Writes one page.
private struct ManualWriter {
    private let program: ProgramDeclaration
    private var lines: [String] = []

    private init(_ program: ProgramDeclaration) { self.program = program }

    static func render(_ program: ProgramDeclaration, path: [String], date: String) -> String {
        var writer = ManualWriter(program)
        writer.add(path, date: date)
        return writer.lines.joined(separator: "\n") + "\n"
    }

    private mutating func add(_ path: [String], date: String) {
        let command = program.chain(path).last ?? program.root
        let page = program.pageName(path)
        lines.append(
            ".TH \(argument(page.uppercased())) 1 \(argument(date)) \(argument("\(program.name) \(program.version)"))"
                + " \(argument("User Commands"))")
        // No hyphens and no stretched lines: both spoil names that a reader may want to copy.
        lines += [".nh", ".ad l"]
        section("NAME")
        lines.append(escaped(page) + " \\- " + escaped(command.abstract))
        section("SYNOPSIS")
        addSynopsis(path)
        section("DESCRIPTION")
        add(prose: command.discussion.isEmpty ? command.abstract : command.discussion)
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

    private mutating func section(_ title: String) { lines.append(".SH \(argument(title))") }

    private mutating func addSynopsis(_ path: [String]) {
        let pieces = program.usage(of: path)
        lines += [".HP", "\\fB" + escaped(pieces[0]) + "\\fR"]
        // A piece is one unit: spaces within it do not break, and dots at its end do not end a sentence.
        lines += pieces.dropFirst().map { piece in
            guarded(piece.split(separator: " ").map(escaped).joined(separator: "\\ ")) + "\\&"
        }
    }

    private mutating func add(prose text: String) {
        for block in TextLayout.blocks(text) {
            switch block {
            case .prose(let words): lines += [".PP", guarded(escaped(words.joined(separator: " ")))]
            case .literal(let literal):
                lines += [".PP", ".RS 4", ".nf"] + literal.map { guarded(escaped($0)) } + [".fi", ".RE"]
            }
        }
    }

    private mutating func addGroups() {
        section("COMMANDS")
        for group in program.grouped {
            lines.append(".SS \(argument(group.title ?? "OTHER"))")
            for row in program.listing(group.commands) { add(row) }
        }
    }

    private mutating func addTerms(_ title: String, _ rows: [(term: String, text: String)]) {
        guard !rows.isEmpty else { return }
        section(title)
        for row in rows { add(row) }
    }

    private mutating func add(_ row: (term: String, text: String)) {
        lines += [".TP", "\\fB" + escaped(row.term) + "\\fR", guarded(escaped(row.text))]
    }

    private mutating func addExamples(_ command: CommandDeclaration) {
        guard !command.examples.isEmpty else { return }
        section("EXAMPLES")
        for example in command.examples {
            lines += [".PP", guarded(escaped(example.note)), ".PP", ".RS 4", ".nf"]
            lines += [guarded(escaped(example.commandLine(of: program.name))), ".fi", ".RE"]
        }
    }

    private mutating func addSeeAlso(_ path: [String]) {
        let command = program.chain(path).last ?? program.root
        let above = path.isEmpty ? [] : [Array(path.dropLast())]
        let pages = (above + command.shownSubcommands.map { path + [$0.name] }).map(program.pageName)
        guard !pages.isEmpty else { return }
        section("SEE ALSO")
        for (index, page) in pages.enumerated() {
            lines.append(".BR \(escaped(page)) (1)" + (index + 1 < pages.count ? "," : ""))
        }
    }

    /// A macro argument; quotes keep its spaces together.
    private func argument(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// A line of text that must not be taken for a request.
    private func guarded(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("\\(aq") ? "\\&" + line : line
    }

    /// Text as groff prints it unchanged: what it would turn into typography is written by name.
    private func escaped(_ text: some StringProtocol) -> String {
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
