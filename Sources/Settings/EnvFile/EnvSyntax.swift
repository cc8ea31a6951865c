/// Whose rules an env file follows: nothing in the file itself says so, and the same line means different things.
package enum EnvSyntax: String, Sendable, CaseIterable {
    /// Docker Compose: quotes, escapes, ` #` comments, and `${…}` references.
    case compose
    /// systemd's `EnvironmentFile=`: quotes and escapes like a shell's, no references, comments only as whole lines.
    case systemd
    /// `docker run --env-file`: everything behind the first `=` is the value, quotes and blanks too.
    case docker
}
