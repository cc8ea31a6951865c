import DurableFiles
import Faults
import Repository
import Settings

extension EnvFileCopy {
    /// Looks for it in the configured repository. A backup that is shrunk, of another instance, or whose key opened nothing
    /// keeps files that would not bring this one back.
    init(_ configuration: ResolvedConfiguration, _ files: Files) {
        do {
            let repository = try Repository(
                path: try configuration.requiredRepository(), stateFolder: configuration.stateFolder,
                pinned: configuration.signer, files: files)
            let inventory = try Inventory(repository)
            let keepers = KeyKeepers(inventory, try BackupHistory(inventory, repository))
            self = keepers.newestWhole.map { .backup($0.id.text) } ?? .none
        } catch {
            // What needs the repository says so itself; here it only hinders the advice.
            let fault: any Fault = .of(error)
            self = .unknown(reason: fault.message)
        }
    }
}
