package import Faults
import Glibc

/// The run was asked to stop by a signal.
package struct Interruption: Fault, Equatable {
    package let signal: Int32
    package init(signal: Int32) { self.signal = signal }

    package var code: String { "run.interrupted" }
    package var message: String {
        "stopped by \(signal == SIGINT ? "Ctrl-C" : "a signal (SIGTERM)")"
    }
    package var hints: [Hint] { [.check("run the same command again when you are ready")] }
    package var exit: ExitCode { signal == SIGINT ? .interrupted : .terminated }
}

extension Fault {
    /// The signal that ended the work; nil where something else did, whatever signal came afterwards.
    package var interruption: Interruption? {
        switch exit {
        case .interrupted: Interruption(signal: SIGINT)
        case .terminated: Interruption(signal: SIGTERM)
        default: nil
        }
    }
}
