import Faults
package import Instance
package import InstanceAccess
import Settings

extension HealthFinding {
    /// What is about the instance as a whole, and keeps no part of it from working now.
    ///
    /// - Parameter unfinished: changes of it that were cut off, which have their own ways with containers.
    package static func ofInstance(
        _ instance: InstanceAccess, _ unfinished: [(code: String, text: String, command: [String])]
    ) throws -> [HealthFinding] {
        try unfinished.map { HealthFinding($0.code, $0.text, hints: [.command($0.command)]) } + lostEnvFiles(instance)
            + unkeptKeys(instance) + (unfinished.isEmpty ? restartPolicy(instance) : [])
    }

    /// Env files that the configuration names and that are gone: the backend may run on, and would not start again.
    private static func lostEnvFiles(_ instance: InstanceAccess) -> [HealthFinding] {
        instance.configuration.envFileFaults.map { HealthFinding("env-file-missing", $0.message, hints: $0.hints) }
    }

    private static func unkeptKeys(_ instance: InstanceAccess) throws -> [HealthFinding] {
        try UnfinishedChanges.unkeptKeys(instance).map {
            HealthFinding("unkept-key", $0, hints: [.command(["infisical-ops", "backup"])])
        }
    }

    /// A backend that stays down after a reboot, unlike its database: what a rotation or restore that was cut off leaves.
    private static func restartPolicy(_ instance: InstanceAccess) -> [HealthFinding] {
        guard let backend = instance.containers?[.backend], let database = instance.containers?[.database],
            backend.restartPolicy == "no", database.restartPolicy != "no"
        else { return [] }
        return [
            HealthFinding(
                "restart-policy",
                "the engine does not start \(backend.name) by itself, as it does \(database.name): after a reboot it would stay down",
                hints: [.command(["docker", "update", "--restart", database.restartPolicy, backend.name])])
        ]
    }
}
