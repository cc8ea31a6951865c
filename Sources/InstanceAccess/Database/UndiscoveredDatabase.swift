package import Faults
package import Postgres

/// A database that does not answer where the env file says, and whose container does not lead to it either.
package struct UndiscoveredDatabase: Fault {
    /// Why the container is of no help.
    package enum Reason: Sendable {
        /// It could not be looked at.
        case notFound(any Fault)
        /// It does not run, as one clause.
        case notRunning(container: String, String)
    }

    package let cause: PostgresFault
    package let reason: Reason

    package var code: String { cause.code }
    package var message: String {
        switch reason {
        case .notFound(let fault):
            "\(cause.message); its address could not be read from the container: \(fault.message)"
        case .notRunning(let container, let text): "the database's container \(container) is not running: \(text)"
        }
    }
    package var hints: [Hint] {
        switch reason {
        case .notFound(let fault): fault.hints + cause.hints
        case .notRunning:
            [.command(["infisical-ops", "restart", "--service", "db"]), .command(["infisical-ops", "health"])]
        }
    }
    package var exit: ExitCode { cause.exit }
}
