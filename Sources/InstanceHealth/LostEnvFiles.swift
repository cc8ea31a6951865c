package import Instance
package import InstanceAccess
import Settings

extension HealthFinding {
    /// Env files that the configuration names and that are gone: the backend may run on, and would not start again.
    package static func lostEnvFiles(_ instance: InstanceAccess) -> [HealthFinding] {
        instance.configuration.envFileFaults.map { HealthFinding("env-file-missing", $0.message, hints: $0.hints) }
    }
}
