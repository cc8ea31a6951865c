/// What a command gives, whole: the one object of `--json`, from which the text for people is taken where it says the
/// same, and what a message to somebody else is made of.
///
/// The members of a schema are stable (`docs/scripting.md`): they may be added to, and a member without a value is absent.
package protocol CommandResult: Encodable, Sendable {
    /// `infisical-ops/<command>/1`.
    var schema: String { get }
}
