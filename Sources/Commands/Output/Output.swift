package import Effects
package import Faults
import FoundationEssentials
import Glibc
import Results
import Secrets
import Synchronization

/// The one place that writes to the terminal: text for people, or one JSON object for scripts.
package struct Output: Sendable {
    package let json: Bool
    let quiet: Bool
    let color: Bool
    private let record: OutputRecord
    /// Completes the commands that are advised.
    private let advised: AdvisedCommands

    /// What could not be written, if something could not.
    package var fault: OutputFault? { record.fault }

    /// - Parameter configuration: what `--config` says.
    init(json: Bool, quiet: Bool, color: Bool, configuration: String? = nil) {
        self.json = json
        advised = AdvisedCommands(configuration: configuration)
        self.quiet = quiet
        record = OutputRecord()
        self.color = color && getenv("NO_COLOR") == nil && isatty(1) == 1 && Terminal.hasControls
    }

    /// The same, but not quiet where the outcome is one that somebody has to look at.
    func speaking(of exit: ExitCode) -> Output { exit == .done ? self : Output(self, quiet: false) }

    /// The same, but not quiet: for what the command was asked to show, and does nothing else.
    var asked: Output { Output(self, quiet: false) }

    /// The same, but quiet.
    var silent: Output { Output(self, quiet: true) }

    private init(_ other: Output, quiet: Bool) {
        json = other.json
        self.quiet = quiet
        color = other.color
        record = other.record
        advised = other.advised
    }

    /// A line of the result. Nothing when JSON is wanted or all is to be quiet.
    func line(_ text: String = "") {
        if json || quiet { return }
        record.noteAsking(text)
        write(advised.completed(text) + "\n", to: 1)
    }

    /// Something that went well but should be known; shown even when all else is quiet.
    func warning(_ text: String) {
        if json { return }
        record.noteAsking(text)
        let line = "infisical-ops: warning: \(ControlCharacters.escaped(advised.completed(text)))"
        write(Terminal.laidOut(line, to: 2) + "\n", to: 2)
    }

    /// Something about a result that itself goes to standard output; nothing when JSON is wanted or all is to be quiet.
    func remark(_ text: String) {
        if !json && !quiet { write("\(ControlCharacters.escaped(text))\n", to: 2) }
    }

    /// Secrets, as they were asked for.
    func secret(_ text: Secret) {
        text.withBytes { bytes in if let error = Terminal.write(bytes, to: 1) { record.note(error) } }
    }

    /// What to do about the warning before it.
    func hint(_ hint: Hint) {
        if json { return }
        record.noteAsking(FaultRenderer.text(hint))
        let text = ControlCharacters.escaped(advised.completed(FaultRenderer.text(hint)))
        write(Terminal.laidOut("infisical-ops: hint: \(text)", to: 2) + "\n", to: 2)
    }

    /// The result for scripts, on one line.
    func object(_ value: some CommandResult) throws {
        guard json else { return }
        write(try encoded(value) + "\n", to: 1)
    }

    private func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let document = try encoder.encode(value)
        guard advised.completes else { return String(decoding: document, as: UTF8.self) }
        let completed = try JSONDecoder().decode(AdvisedJSON.self, from: document).completed(by: advised)
        return String(decoding: try encoder.encode(completed), as: UTF8.self)
    }

    /// What there is to say at the end of a run with nobody to ask: a command that was advised, and asks, would be refused
    /// as it stands.
    package func sayWhatAsks() {
        let commands = record.asking
        if json || commands.isEmpty || Terminal.isInteractive { return }
        hint(
            .check(
                "\(commands.joined(separator: " and ")) \(commands.count == 1 ? "asks" : "ask") before anything is changed; "
                    + "without a terminal, look at the plan with --dry-run, then add --yes"))
    }

    /// A fault, on standard error.
    package func fault(_ fault: any Fault) {
        guard json else {
            record.noteAsking(FaultRenderer.text(fault))
            let lines = advised.completed(FaultRenderer.text(fault)).split(separator: "\n")
            return write(lines.map { Terminal.laidOut(String($0), to: 2) + "\n" }.joined(), to: 2)
        }
        do {
            write(try encoded(FaultResult(fault)) + "\n", to: 2)
        } catch { write(FaultRenderer.text(fault), to: 2) }
    }

    /// Colors only where they mean something: what is proven, what is not, what is wrong.
    enum Style: String {
        case good = "32"
        case attention = "33"
        case bad = "31"
        case title = "1"
    }

    func styled(_ text: String, _ style: Style) -> String {
        color ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    private func write(_ text: String, to descriptor: Int32) {
        if let error = Terminal.write(text, to: descriptor) { record.note(error) }
    }
}

/// What all copies of an output share: the first failure to write, and the commands it advised that ask.
private final class OutputRecord: Sendable {
    private let error = Mutex<Errno?>(nil)
    private let commands = Mutex<[String]>([])

    var asking: [String] { commands.withLock { $0 } }

    func noteAsking(_ text: String) {
        let found = AdvisedCommands.asking(in: text)
        if found.isEmpty { return }
        commands.withLock { known in known += found.filter { !known.contains($0) } }
    }

    var fault: OutputFault? { error.withLock { $0 }.map(OutputFault.init) }

    func note(_ new: Errno) { error.withLock { $0 = $0 ?? new } }
}

/// What a run came to could not be told.
package struct OutputFault: Fault, Equatable {
    package let error: Errno

    /// Whether the reader went away, who then has all that was wanted.
    package var isClosedPipe: Bool { error.code == EPIPE }

    package var code: String { "output.not-written" }
    package var message: String { "the output cannot be written: \(error.text)" }
    package var hints: [Hint] {
        [
            .check("the command did its work; only its output was lost"),
            .command(["infisical-ops", "status"]),
        ]
    }
    package var exit: ExitCode { .partial }
}
