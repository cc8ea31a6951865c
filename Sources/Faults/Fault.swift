/// An error that a person may meet: what, where, why, and what to do now.
///
/// Leaf targets declare one plain enum each that conforms to this; from `Operations` upward errors are thrown untyped.
/// A message starts in lower case, has no full stop, and never contains a secret.
package protocol Fault: Error, Sendable {
    /// Stable identifier for scripts: `area.kind`, lower case with dashes, such as `postgres.connection-refused`.
    var code: String { get }
    /// What failed, where, and why.
    var message: String { get }
    /// What to do now; never empty for a fault that a user can meet.
    var hints: [Hint] { get }
    /// The exit code of a run that ends with this fault.
    var exit: ExitCode { get }
    /// Where a text that somebody wrote is wrong; nil where it is about none.
    var excerpt: Excerpt? { get }
}

extension Fault {
    package var exit: ExitCode { .failed }
    package var excerpt: Excerpt? { nil }
}
