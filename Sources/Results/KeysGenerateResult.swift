package import InfisicalData
import Secrets

/// A new secret. The only result that holds one, and only where it was asked for by name.
package struct KeysGenerateResult: CommandResult {
    package let schema = "infisical-ops/keys-generate/1"
    /// `encryption-key`, `root-encryption-key`, `auth-secret` or `postgres-password`.
    package let kind: String
    /// The plain name of the variable that it is for.
    package let variable: String
    package let form: String
    /// Absent for what is no key.
    package let label: String?
    package let value: String

    package init(_ key: GeneratedKey) {
        kind = key.kind.rawValue
        variable = key.kind.variable
        form = key.form
        label = key.label
        value = key.value.revealedText()
    }
}
