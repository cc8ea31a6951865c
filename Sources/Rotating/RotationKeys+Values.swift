import InPlace
import InfisicalData
import InstanceAccess
import Postgres
import Repository
import Rotation
import Secrets

extension EnvironmentKeys {
    /// The label of the key that a variable gives; nil where it gives none.
    func label(of variable: String) -> String? { candidates.first { $0.source.variable == variable }?.label }
}

extension RotationKeys {
    /// The keys of one side, or of earlier days.
    func keys(_ values: [String: Secret]) -> EnvironmentKeys { EnvironmentKeys(values, fips: isFIPS) }

    /// What says of a container's value in which form it is read, without the database.
    var flag: FIPSMode.DatabaseFlag { isFIPS ? .row(true) : .noColumn }

    /// Which keys become which, sorted by variable.
    var changes: [RotationWork.Change] {
        let before = keys(old.environment), after = keys(new.environment)
        return new.environment.keys.sorted().compactMap { variable in
            let old = before.label(of: variable), new = after.label(of: variable)
            return old == new ? nil : .init(variable: variable, old: old, new: new)
        }
    }

    /// The values that are exchanged, by Infisical's variable.
    var changed: [String: (old: Secret, new: Secret)] {
        var changed: [String: (old: Secret, new: Secret)] = [:]
        for (variable, new) in new.environment {
            if let old = old.environment[variable], !old.equals(new) { changed[variable] = (old, new) }
        }
        return changed
    }
}

extension DatabaseServer {
    /// The one that a session is with.
    static func of(_ connection: Connection, _ instance: InstanceAccess) throws -> DatabaseServer {
        DatabaseServer(
            identifier: try ServerFacts.identifier(connection),
            address: try DatabaseConnections(instance).endpoint(.main).server)
    }
}
