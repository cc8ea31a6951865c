import Effects
import Glibc
import Processes
import TestSupport

/// A run of the program on a terminal of its own, with somebody who reads and types.
final class TerminalRun {
    private let terminal: Int32
    private var running: RunningProcess
    /// Everything that the terminal has shown.
    private(set) var shown = ""

    init(
        _ instance: OpsInstance, _ arguments: [String], environment more: [String: EnvironmentValue] = [:],
        columns: UInt16 = 80
    ) throws {
        // TIOCSPTLCK and TIOCGPTPEER, which Swift does not import: unlock the other end, and open it.
        var locked: Int32 = 0
        terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal != -1, ioctl(terminal, 0x4004_5431, &locked) == 0 else {
            throw TestProblem("no terminal: errno \(errno)")
        }
        let end = ioctl(terminal, 0x5441, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard end != -1 else { throw TestProblem("no terminal: errno \(errno)") }
        defer { close(end) }
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(end, UInt(TIOCSWINSZ), &size)
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        running = try runner.start(
            CommandSpec(
                ChildProcess.built("infisical-ops"), arguments, environment: instance.environment.merging(more) { $1 },
                workingFolder: instance.path("home"), input: .descriptor(end), output: .descriptor(end),
                errors: .descriptor(end)), deadline: .seconds(60))
    }

    deinit { close(terminal) }

    func type(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
    }

    /// What the keys Ctrl-C and what a service manager send.
    func signal(_ signal: Int32) { kill(running.process, signal) }

    /// Whether the terminal shows what is typed.
    var echoes: Bool {
        var state = termios()
        return tcgetattr(terminal, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
    }

    /// Reads until the terminal has shown something.
    func wait(for text: String) throws {
        while !shown.contains(text) {
            guard read() else { throw TestProblem("the terminal showed \(shown), never \(text)") }
        }
    }

    /// Reads until the program has ended, and returns its exit code.
    func ended() throws -> Int32 {
        while read() {}
        switch try running.wait().status {
        case .exited(let code): return code
        case .killed(let signal): return 128 + signal
        }
    }

    /// False when nobody has the other end any more, or nothing came for a long time.
    private func read() -> Bool {
        var polled = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, 60_000) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(terminal, &buffer, buffer.count)
        guard count > 0 else { return false }
        shown += String(decoding: buffer[..<count], as: UTF8.self)
        return true
    }
}
