package import Faults

/// What went wrong; on standard error, in place of a result.
package struct FaultResult: Encodable, Sendable {
    package struct Obstacle: Encodable, Sendable {
        package let code: String
        package let message: String
        package let hints: [String]
    }

    /// Stable, such as `postgres.wrong-password`.
    package let code: String
    package let message: String
    /// Those that are commands begin with `run: `; where several things stand in the way, those of all of them.
    package let hints: [String]
    /// Where several things stand in the way: each by itself, with its own hints; absent otherwise.
    package let obstacles: [Obstacle]?
    /// What could not be tidied up after it.
    package let cleanup: [String]
    package let exit: Int32

    package init(_ fault: any Fault) {
        code = fault.code
        message = fault.message
        hints = fault.hints.map { FaultRenderer.text($0) }
        obstacles = SeveralFaults.of(fault)?.faults.map { fault in
            Obstacle(
                code: fault.code, message: fault.message, hints: fault.hints.map { FaultRenderer.text($0) })
        }
        cleanup = (fault as? Failure)?.cleanup.map(\.message) ?? []
        exit = fault.exit.rawValue
    }
}
