import DurableFiles
import Repository
import Settings

extension EnvFileCopy {
    /// Looks for it in the configured repository. A backup that is shrunk, of another instance, or whose key opened nothing
    /// keeps files that would not bring this one back.
    init(_ configuration: ResolvedConfiguration, _ files: Files) {
        self = .unknown
        // That the repository cannot be read is a matter of other commands.
        guard let path = configuration.repository,
            let repository = try? Repository(
                path: path, stateFolder: configuration.stateFolder, pinned: configuration.signer, files: files),
            let inventory = try? Inventory(repository), let history = try? BackupHistory(inventory, repository)
        else { return }
        self = history.newestWithKey(of: inventory.entries).map { .backup($0.id.text) } ?? .none
    }
}
