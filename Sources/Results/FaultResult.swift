package import Faults

/// What went wrong; on standard error, in place of a result.
package struct FaultResult: Encodable, Sendable {
    /// Stable, such as `postgres.wrong-password`.
    package let code: String
    package let message: String
    /// Those that are commands begin with `run: `.
    package let hints: [String]
    /// What could not be tidied up after it.
    package let cleanup: [String]
    package let exit: Int32

    package init(_ fault: any Fault) {
        code = fault.code
        message = fault.message
        hints = fault.hints.map { FaultRenderer.text($0) }
        cleanup = (fault as? Failure)?.cleanup.map(\.message) ?? []
        exit = fault.exit.rawValue
    }
}
