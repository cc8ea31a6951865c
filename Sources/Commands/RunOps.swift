import Arguments
package import Drills
import DurableFiles
package import Effects
import Faults
import Glibc
import Postgres
import Secrets

/// The cancellation that signals reach; a signal handler can only touch what is global.
private let runCancellation = Cancellation(isTwofold: true)

/// Runs `infisical-ops` with a command line, and returns the exit code.
///
/// - Parameters:
///   - arguments: without the program's name.
///   - effects: the gate to the outside; a test executable passes one with an observer.
///   - interference: what a test executable does to what a drill has restored.
package func runOps(
    _ arguments: [String] = ProcessArguments.own(), effects: Effects = Effects(),
    interference: DrillOperation.Interference? = nil
) -> Int32 {
    Secret.protectProcess()
    let cancellation = runCancellation
    StandardStreams.occupy()
    InheritedOptions.take()
    signal(SIGPIPE, SIG_IGN)
    signal(SIGINT) { runCancellation.cancel(signal: $0) }
    signal(SIGTERM) { runCancellation.cancel(signal: $0) }
    let program = OpsProgram.program
    // The output for a command line that cannot be understood; `--json` is looked for by hand.
    var output = Output(json: arguments.contains("--json"), quiet: false, color: true)
    var trace: RunTrace?
    do {
        switch try program.parse(arguments.isEmpty ? ["--help"] : arguments) {
        case .help(let path): return tell(program.declaration.help(path, width: Terminal.width), output)
        case .version: return tell(Release.nameAndVersion + "\n", output)
        case .run(let run, let values):
            let context = CommandContext(
                values, effects: effects, cancellation: cancellation, interference: interference)
            output = context.output
            trace = context.trace
            let code = try run(values, context)
            // After a run that needs nobody's attention there is nothing to be done.
            if code != .done { output.sayWhatAsks() }
            guard let fault = output.fault else { return code.rawValue }
            if !fault.isClosedPipe { output.fault(fault) }
            return (code == .done ? fault.exit : code).rawValue
        }
    } catch {
        let fault: any Fault = .of(error)
        // A signal that came after the work had failed by itself is not what happened.
        let explained = trace?.explained(fault) ?? fault
        let told: any Fault = fault.interruption.map { interrupted(by: $0, fault) } ?? explained
        output.fault(told)
        output.sayWhatAsks()
        return told.exit.rawValue
    }
}

/// Prints what was asked for and nothing else.
private func tell(_ text: String, _ output: Output) -> Int32 {
    guard let error = Terminal.write(text, to: 1) else { return ExitCode.done.rawValue }
    let fault = OutputFault(error: error)
    if !fault.isClosedPipe { output.fault(fault) }
    return ExitCode.failed.rawValue
}

/// The signal as the cause, with the clean-up that failed after it, if any did.
private func interrupted(by interruption: Interruption, _ fault: any Fault) -> any Fault {
    let failure = fault as? Failure
    // One that says what holds now knows more than the signal does.
    let cause: any Fault = (failure?.cause ?? fault) as? InterruptedRun ?? interruption
    guard let failure, !failure.cleanup.isEmpty else { return cause }
    return Failure(cause, cleanup: failure.cleanup)
}
