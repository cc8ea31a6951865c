import Instance
package import Secrets
import Settings

/// Where the password of the backend's role stands in the environment of the instance: plainly, or inside of a connection
/// URI.
package struct PasswordHolders {
    /// A value that changes with the password.
    package typealias Change = (old: Secret, new: Secret)

    /// The password itself, by the name under which Infisical reads it alone.
    package static let variable = "DB_PASSWORD"

    /// By Infisical's variable, the password itself always among them: what is said now, and what is to be said.
    package private(set) var values: [String: Change]
    /// By the names of definitions, the same without containers.
    package private(set) var named: [String: Change] = [:]
    /// The variables of the backend's container among them.
    package private(set) var ofBackend: [String] = []
    /// Definitions of the compose project that must change.
    package private(set) var targets: [KeyDefinitions.Target] = []

    /// Variables that give the same role and password for another server: they stay as they are.
    package private(set) var ofOtherServers: [String] = []

    private let holder: AddressPassword.Holder
    private let new: Secret

    private static let addresses = ["DB_CONNECTION_URI", "AUDIT_LOGS_DB_CONNECTION_URI", "DB_READ_REPLICAS"]

    /// - Parameter new: letters and digits alone.
    /// - Throws: `PasswordHolderFault`.
    package init(of instance: InstanceAccess, role: String, old: Secret, new: Secret) throws {
        let told = [instance.configuration.running, instance.configuration.instance].compactMap { $0?.databaseTarget }
            .first(where: \.isNamed)
        let address = told?.host.map { ($0, told?.port ?? 5432) }
        holder = AddressPassword.Holder(role: role, password: old, address: address)
        self.new = new
        values = [PasswordHolders.variable: (old, new)]
        if let containers = instance.containers, let backend = containers[.backend] {
            try read(backend.environment, of: backend)
            if let database = containers[.database] { readDatabase(database, beside: backend) }
            if ofBackend.isEmpty { throw PasswordHolderFault.none(container: backend.name) }
        } else {
            try read(instance.configuration.instance)
        }
    }

    /// The environment of the backend's container.
    private mutating func read(_ environment: [String: Secret], of container: Container) throws {
        guard let service = container.compose?.service else { return }
        for variable in [PasswordHolders.variable] + PasswordHolders.addresses {
            guard let value = environment[variable], let change = try change(of: variable, value) else { continue }
            values[variable] = change
            ofBackend.append(variable)
            targets.append(.init(service: service, variable: variable, old: change.old, new: change.new))
        }
    }

    /// What the image of the database makes a new volume with.
    private mutating func readDatabase(_ container: Container, beside backend: Container) {
        guard let compose = container.compose, compose.project == backend.compose?.project,
            let value = container.environment["POSTGRES_PASSWORD"], value.trimmed().equals(holder.password)
        else { return }
        targets.append(
            .init(service: compose.service, variable: "POSTGRES_PASSWORD", old: holder.password, new: new))
    }

    /// The env files, by the names under which the instance reads them.
    private mutating func read(_ environment: InstanceEnvironment) throws {
        var names = ["INFISICAL_POSTGRES_PASSWORD": PasswordHolders.variable]
        for variable in [PasswordHolders.variable, "POSTGRES_PASSWORD"] + PasswordHolders.addresses {
            let isOwn = PasswordHolders.addresses.contains(variable)
            let known = isOwn ? variable : PasswordHolders.variable
            if environment.usesGuideNames { names["INFISICAL_" + variable] = known }
            // The plain names of passwords belong to other services beside those of the guide.
            if !environment.usesGuideNames || isOwn { names[variable] = known }
        }
        for file in environment.files {
            for entry in file.entries {
                guard let variable = names[entry.name], let change = try change(of: variable, entry.value) else {
                    continue
                }
                if let other = named[entry.name], !other.old.equals(change.old) {
                    throw PasswordHolderFault.unclear(variable: entry.name)
                }
                if let other = values[variable], !other.old.equals(change.old) {
                    throw PasswordHolderFault.unclear(variable: entry.name)
                }
                named[entry.name] = change
                values[variable] = change
            }
        }
    }

    private var anywhere: AddressPassword.Holder { .init(role: holder.role, password: holder.password) }

    /// What a value becomes; nil for one that does not hold the password.
    private mutating func change(of variable: String, _ value: Secret) throws -> Change? {
        let value = value.trimmed()
        let outcome: AddressPassword.Outcome
        switch variable {
        case PasswordHolders.variable: return value.equals(holder.password) ? (value, new) : nil
        case "DB_READ_REPLICAS":
            // They are other hosts with the same roles.
            outcome = AddressPassword.replacingAll(anywhere, with: new, inList: value)
        default: outcome = AddressPassword.replacing(holder, with: new, in: value)
        }
        switch outcome {
        case .none:
            if case .none = AddressPassword.replacing(anywhere, with: new, in: value) { return nil }
            ofOtherServers.append(variable)
            return nil
        case .replaced(let changed): return (value, changed)
        case .unclear: throw PasswordHolderFault.unclear(variable: variable)
        }
    }
}
