package import Faults

/// A database server that does not answer a command that changes the whole instance: for it the instance is not healthy.
package struct UnreachableInstance: Fault {
    package let cause: any Fault

    /// What to throw for an error of a first connection.
    package static func of(_ error: any Error) -> any Error {
        let fault: any Fault = .of(error)
        return fault.exit == .failed ? UnreachableInstance(cause: fault) : error
    }

    package var code: String { cause.code }
    package var message: String { cause.message }
    package var hints: [Hint] { cause.hints }
    package var exit: ExitCode { .unhealthy }
}
