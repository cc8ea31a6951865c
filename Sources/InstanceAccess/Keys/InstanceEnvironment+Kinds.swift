package import InfisicalData
package import Secrets
package import Settings

extension InstanceEnvironment {
    /// What is set as such a key or secret.
    package func value(of kind: KeyKind) -> Secret? {
        switch kind {
        case .encryptionKey: encryptionKey?.value
        case .rootEncryptionKey: rootEncryptionKey?.value
        case .authSecret: authSecret?.value
        case .postgresPassword: databaseTarget.password
        }
    }

    /// Those that are set, by Infisical's variable.
    ///
    /// - Parameter other: what counts where none of the keys is set here.
    package func values(of kinds: [KeyKind], or other: InstanceEnvironment?) -> [String: Secret] {
        var values: [String: Secret] = [:]
        for kind in kinds { values[kind.variable] = value(of: kind)?.trimmed() }
        return values.isEmpty ? other?.values(of: kinds, or: nil) ?? [:] : values
    }
}
