/// A fault with what was being done when it happened, and the faults of the clean-up that followed it.
package struct Failure: Fault {
    /// The fault that ended the work.
    package let cause: any Fault
    /// What was being done, outermost first: `backup of database "infisical"`, `table "public"."users"`.
    package let context: [String]
    /// Faults of the clean-up; they never hide the cause.
    package let cleanup: [any Fault]

    package init(_ cause: any Fault, context: [String] = [], cleanup: [any Fault] = []) {
        if let inner = cause as? Failure {
            self.cause = inner.cause
            self.context = context + inner.context
            self.cleanup = inner.cleanup + cleanup
        } else {
            self.cause = cause
            self.context = context
            self.cleanup = cleanup
        }
    }

    package var code: String { cause.code }
    package var message: String { (context + [cause.message]).joined(separator: ": ") }
    package var hints: [Hint] { cause.hints }
    package var exit: ExitCode { cause.exit }
    package var excerpt: Excerpt? { cause.excerpt }
}

/// An error that is no fault by itself and can say what it is without showing data.
package protocol ExplainedError: Error {
    var explanation: String { get }
}

/// A fault for an error that no leaf foresaw; reaching it is a defect, but it is told all the same.
package struct UnforeseenFault: Fault {
    package let message: String
    package var code: String { "internal.unforeseen" }
    package var hints: [Hint] { [.check("please report this with the command and what it printed")] }

    package init(_ error: any Error) {
        let explanation = (error as? any ExplainedError)?.explanation ?? String(describing: type(of: error))
        message = "an unexpected error: \(explanation)"
    }
}

extension Fault where Self == UnforeseenFault {
    /// Any error as a fault.
    package static func of(_ error: any Error) -> any Fault {
        (error as? any Fault) ?? UnforeseenFault(error)
    }
}

/// Runs `body`; a fault it throws gets `context` in front of its message.
package func within<T>(_ context: @autoclosure () -> String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw Failure(.of(error), context: [context()]) }
}
