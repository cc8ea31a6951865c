import Arguments
package import Effects
import Faults
import Glibc
import Secrets

/// The cancellation that signals reach; a signal handler can only touch what is global.
private let runCancellation = Cancellation()

/// Runs `infisical-ops` with a command line, and returns the exit code.
///
/// - Parameters:
///   - arguments: without the program's name.
///   - effects: the gate to the outside; a test executable passes one with an observer.
package func runOps(_ arguments: [String], effects: Effects = Effects()) -> Int32 {
    Secret.protectProcess()
    let cancellation = runCancellation
    signal(SIGPIPE, SIG_IGN)
    signal(SIGINT) { runCancellation.cancel(signal: $0) }
    signal(SIGTERM) { runCancellation.cancel(signal: $0) }
    let program = OpsProgram.program
    // The output for a command line that cannot be understood; `--json` is looked for by hand.
    var output = Output(json: arguments.contains("--json"), quiet: false, color: true)
    do {
        switch try program.parse(arguments.isEmpty ? ["--help"] : arguments) {
        case .help(let path):
            print(program.declaration.help(path, width: Terminal.width), terminator: "")
            return ExitCode.done.rawValue
        case .version:
            print(Release.nameAndVersion)
            return ExitCode.done.rawValue
        case .run(let run, let values):
            let context = CommandContext(values, effects: effects, cancellation: cancellation)
            output = context.output
            return try run(values, context).rawValue
        }
    } catch {
        let fault: any Fault = .of(error)
        // Whatever a leaf says of a cancelled call, the signal is what happened.
        let told: any Fault = cancellation.signal.map { interrupted($0, fault) } ?? fault
        output.fault(told)
        return told.exit.rawValue
    }
}

/// The signal as the cause, with the clean-up that failed after it, if any did.
private func interrupted(_ signal: Int32, _ fault: any Fault) -> any Fault {
    guard let failure = fault as? Failure, !failure.cleanup.isEmpty else { return Interruption(signal: signal) }
    return Failure(Interruption(signal: signal), cleanup: failure.cleanup)
}
