import Effects
import Faults
import Glibc
import Secrets
import Synchronization

/// Asks whoever sits at the terminal. Ctrl-C at a question ends the run at once, and says what that means.
struct Question: Sendable {
    private let cancellation: Cancellation
    private let change = Change()

    init(_ cancellation: Cancellation) { self.cancellation = cancellation }

    /// Whether this run has changed something: what a person declines from then on is only the rest.
    var hasChanged: Bool { change.happened.load(ordering: .relaxed) }
    func noteChange() { change.happened.store(true, ordering: .relaxed) }

    /// What was changed when a question was not answered, as a clause.
    var standing: String { hasChanged ? "nothing more was changed" : "nothing was changed" }

    /// Asks for yes or no; everything but yes is no.
    func confirm(_ text: String) throws(InterruptedRun) -> Bool {
        Terminal.write("\(text) [y/N] ", to: 2)
        let answer = String(decoding: try line(), as: UTF8.self)
        return ["y", "yes"].contains(answer.lowercased())
    }

    /// Asks for a line.
    func text(_ text: String) throws(InterruptedRun) -> String {
        Terminal.write(text, to: 2)
        return String(decoding: try line(), as: UTF8.self)
    }

    /// Asks for what must not be shown while it is typed; nil where the terminal cannot hide it.
    func secret(_ text: String) throws(InterruptedRun) -> Secret? {
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { return nil }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &silent)
        defer { tcsetattr(0, TCSAFLUSH, &before) }
        Terminal.write(text, to: 2)
        var bytes = try line()
        Terminal.write("\n", to: 2)
        return Secret(consuming: &bytes)
    }

    /// Longest line read, in bytes: that of a terminal.
    private static let limit = 4096

    /// One line of standard input without its end. Read byte by byte, so that what follows it is left to others.
    private func line() throws(InterruptedRun) -> [UInt8] {
        var line: [UInt8] = []
        // One piece of memory from the beginning: none that it outgrew keeps a secret.
        line.reserveCapacity(Question.limit)
        while line.count < Question.limit {
            do { _ = try cancellation.wait(for: 0, events: POLLIN) } catch {
                line.withUnsafeMutableBytes { Secret.zero($0) }
                // Below what the terminal shows for Ctrl-C.
                Terminal.write("\n", to: 2)
                throw InterruptedRun(
                    error, state: standing, hints: [.check("run the same command again when you are ready")])
            }
            var byte: UInt8 = 0
            let count = read(0, &byte, 1)
            if count == -1 && errno == EINTR { continue }
            if count != 1 || byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return line
    }

    /// Shared by all copies.
    private final class Change: Sendable {
        let happened = Atomic<Bool>(false)
    }
}
