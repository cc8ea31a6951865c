import Instance
package import Secrets
import Settings

extension InstanceAccess {
    /// Takes everything of the instance that must not be shown out of what its containers print.
    package func secretMask() -> SecretMask {
        var secrets: [Secret] = []
        for file in configuration.instance.files {
            secrets += SecretVariables.secrets(in: file.entries.map { ($0.name, $0.value) })
        }
        for container in (containers?.containers ?? [:]).values {
            secrets += SecretVariables.secrets(in: container.environment.map { ($0.key, $0.value) })
        }
        for target in [configuration.database, configuration.auditLogs].compactMap({ $0 }) {
            if let password = target.password { secrets.append(password) }
        }
        return SecretMask(secrets)
    }
}
