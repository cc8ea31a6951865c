import InstanceAccess
import Operations
import SecretExport
import Settings

/// The instance's own keys as they are in force: what people store of them inside Infisical is exported only if it is the
/// same.
struct InForce {
    let keys: InstanceKeys

    /// Those of the instance's env files and containers; on a host that has none, those that the backup keeps.
    init(_ workplace: Workplace, _ data: OpenedData) {
        let configuration = workplace.configuration
        let own = configuration.instance.hasKey ? configuration.instance : configuration.running
        guard let environment = own ?? data.environment else {
            keys = InForce.named(nil, other: nil)
            return
        }
        // What a backup keeps beside the instance as it is now may be from before a rotation.
        keys = InForce.named(environment, other: own == nil ? nil : data.environment)
    }

    /// The guide's names, and the plain ones where the instance itself reads those.
    private static func named(_ environment: InstanceEnvironment?, other: InstanceEnvironment?) -> InstanceKeys {
        let names = InstanceKeys.guideNames, isPlain = environment.map { !$0.usesGuideNames } ?? false
        let both = { (name: String, plain: String) in isPlain ? [name, plain] : [name] }
        return InstanceKeys([
            .init(
                names: both(names.encryptionKey, "ENCRYPTION_KEY"), inForce: environment?.encryptionKey?.value,
                others: [other?.encryptionKey?.value].compactMap(\.self)),
            .init(
                names: both(names.rootEncryptionKey, "ROOT_ENCRYPTION_KEY"),
                inForce: environment?.rootEncryptionKey?.value,
                others: [other?.rootEncryptionKey?.value].compactMap(\.self)),
            .init(
                names: both(names.authSecret, "AUTH_SECRET"), inForce: environment?.authSecret?.value,
                others: [other?.authSecret?.value].compactMap(\.self)),
            .init(
                names: both(names.databasePassword, "POSTGRES_PASSWORD"),
                inForce: environment?.databaseTarget.password),
        ])
    }
}
