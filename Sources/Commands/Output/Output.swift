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
    private let loss: OutputLoss
    /// Completes the commands that are advised.
    private let advised: AdvisedCommands

    /// What could not be written, if something could not.
    package var fault: OutputFault? { loss.fault }

    /// - Parameter configuration: what `--config` says.
    init(json: Bool, quiet: Bool, color: Bool, configuration: String? = nil) {
        self.json = json
        advised = AdvisedCommands(configuration: configuration)
        self.quiet = quiet
        loss = OutputLoss()
        self.color = color && getenv("NO_COLOR") == nil && isatty(1) == 1 && Terminal.hasControls
    }

    /// The same, but not quiet where the outcome is one that somebody has to look at.
    func speaking(of exit: ExitCode) -> Output { exit == .done ? self : Output(self, quiet: false) }

    /// The same, but quiet.
    var silent: Output { Output(self, quiet: true) }

    private init(_ other: Output, quiet: Bool) {
        json = other.json
        self.quiet = quiet
        color = other.color
        loss = other.loss
        advised = other.advised
    }

    /// A line of the result. Nothing when JSON is wanted or all is to be quiet.
    func line(_ text: String = "") {
        if !json && !quiet { write(advised.completed(text) + "\n", to: 1) }
    }

    /// Something that went well but should be known; shown even when all else is quiet.
    func warning(_ text: String) {
        if json { return }
        let line = "infisical-ops: warning: \(ControlCharacters.escaped(advised.completed(text)))"
        write(Terminal.laidOut(line, to: 2) + "\n", to: 2)
    }

    /// Something about a result that itself goes to standard output; nothing when JSON is wanted or all is to be quiet.
    func remark(_ text: String) {
        if !json && !quiet { write("\(ControlCharacters.escaped(text))\n", to: 2) }
    }

    /// Secrets, as they were asked for.
    func secret(_ text: Secret) {
        text.withBytes { bytes in if let error = Terminal.write(bytes, to: 1) { loss.note(error) } }
    }

    /// What to do about the warning before it.
    func hint(_ hint: Hint) {
        if json { return }
        let text = ControlCharacters.escaped(advised.completed(FaultRenderer.text(hint)))
        write(Terminal.laidOut("infisical-ops: hint: \(text)", to: 2) + "\n", to: 2)
    }

    /// The result for scripts, on one line.
    func object(_ value: some CommandResult) throws {
        guard json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        write(advised.completed(text, inJSON: true) + "\n", to: 1)
    }

    /// A fault, on standard error.
    package func fault(_ fault: any Fault) {
        guard json else {
            let lines = advised.completed(FaultRenderer.text(fault)).split(separator: "\n")
            return write(lines.map { Terminal.laidOut(String($0), to: 2) + "\n" }.joined(), to: 2)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let text = String(decoding: try encoder.encode(FaultResult(fault)), as: UTF8.self)
            write(advised.completed(text, inJSON: true) + "\n", to: 2)
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
        if let error = Terminal.write(text, to: descriptor) { loss.note(error) }
    }
}

/// The first failure to write, shared by all copies of an output.
private final class OutputLoss: Sendable {
    private let error = Mutex<Errno?>(nil)

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
