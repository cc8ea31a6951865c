import Effects
import Glibc
import Processes
import TestSupport

/// A runner whose children lose patience quickly.
func runner(
    _ cancellation: Cancellation = Cancellation(), observer: (any EffectObserver)? = nil,
    grace: Duration = .milliseconds(500)
) -> ProcessRunner {
    ProcessRunner(
        effects: Effects(observer: observer), cancellation: cancellation, path: "/usr/local/bin:/usr/bin:/bin",
        grace: grace)
}

/// A shell that knows the usual programs.
func shell(
    _ script: String, input: CommandSpec.Input = .null, output: CommandSpec.Output = .collected(limit: 1 << 20),
    errors: CommandSpec.Errors = .tail(limit: 1 << 14), folder: String? = nil
) -> CommandSpec {
    CommandSpec(
        "sh", ["-c", script], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], workingFolder: folder,
        input: input, output: output, errors: errors)
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// The fault that something ends with; nil if it does not.
func fault(_ body: () throws(ProcessFault) -> Void) -> ProcessFault? {
    do throws(ProcessFault) {
        try body()
        return nil
    } catch { return error }
}

/// Whether a process is there and is not only a corpse that nobody has taken away.
func isAlive(_ process: Int32) -> Bool {
    guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    guard fgets(&line, 512, file) != nil else { return false }
    let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    // The state follows the name in parentheses.
    return !text(bytes).contains(") Z ")
}

/// Waits until a process is gone; whether it went in time.
func ends(_ process: Int32) -> Bool {
    for _ in 0..<500 {
        if !isAlive(process) { return true }
        usleep(10_000)
    }
    return false
}

/// Seconds that something took.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = SystemClock(), start = clock.monotonic()
    try body()
    return Double(clock.monotonic() - start) / 1e9
}
