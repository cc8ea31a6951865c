package import Faults
package import InfisicalData
import Repository
import Settings

/// What came of a look for the backup that keeps the right key, in the configured repository.
package struct KeptKeySearch: Sendable {
    package let key: KeptKey?
    /// Why nobody knows whether a backup has one, as a clause; nil where the repository could be read.
    package let obstacle: String?
    /// That the database is of another instance than the backups, as a clause: then none of them has its key.
    let other: String?

    /// For a database on which keys were tried. That the repository cannot be read hinders nothing but the advice.
    package init(_ instance: InstanceAccess, of server: String? = nil, after trial: KeyTrialReport) {
        self.init(
            instance, of: server, needed: trial[.rootWrap]?.label ?? trial.storedLabel, closed: trial.closedLabels)
    }

    /// - Parameters:
    ///   - needed: label of the key that is needed; nil where it is not known.
    ///   - closed: labels of keys that opened nothing.
    package init(
        _ instance: InstanceAccess, of server: String? = nil, needed: String? = nil, closed: Set<String> = []
    ) {
        let configuration = instance.configuration
        do {
            let repository = try Repository(
                path: try configuration.requiredRepository(), stateFolder: configuration.stateFolder,
                pinned: configuration.signer, files: instance.surroundings.files)
            let inventory = try Inventory(repository), history = try BackupHistory(inventory, repository)
            let own = history.newestGood(of: inventory.entries)?.manifest.infisical?.instance
            if let server, let own, own != server, try repository.host.changes().isEmpty {
                (key, obstacle) = (nil, nil)
                other = "the database is of another instance (\(server)) than the backups (\(own))"
                return
            }
            let keepers = KeyKeepers(inventory, history)
            key = keepers.best(of: server, needed: needed, closed: closed).map { entry in
                KeptKey(entry).named(
                    configuration.instance.keyVariable, in: configuration.envFiles, Self.restart(configuration))
            }
            (obstacle, other) = (nil, nil)
        } catch { (key, obstacle, other) = (nil, Failure(.of(error)).message, nil) }
    }

    /// What to do where there is no such key, or nobody knows.
    package var noneHints: [Hint] {
        guard let obstacle else { return KeptKey.noneHints }
        return [KeptKey.unknown(obstacle), .check("look for an older env file of this instance as well")]
    }

    private static func restart(_ configuration: ResolvedConfiguration) -> Hint {
        guard configuration.containers == .none else { return .command(["infisical-ops", "restart", "--recreate"]) }
        // Nothing is there to recreate: what starts the backend reads its env file again.
        let isControlled = !configuration.stopCommand.isEmpty && !configuration.startCommand.isEmpty
        return isControlled ? .command(["infisical-ops", "restart"]) : .check("then restart the backend")
    }
}
