import Age
import DurableFiles
import Effects
package import Faults
import Glibc
package import Repository

/// The identity file of this host, for whoever opens no backup with it.
package enum HostIdentity {
    /// The same for whoever shows warnings: one sentence without full stop. Backups can be written without the identity, and
    /// nobody would know that they cannot be read.
    package static func warning(_ path: String?, _ repository: Repository) throws -> String? {
        try doubt(path, repository).map { LiveStanding.sentence($0.message, $0.hints) }
    }

    /// Why the identity on this host opens no backup, as far as its file tells; nil where it does, where it is kept elsewhere
    /// on purpose, and where nobody can tell: one with a passphrase, and one that this user may not read.
    ///
    /// - Parameter path: where it should be; nil for elsewhere.
    package static func doubt(_ path: String?, _ repository: Repository) throws -> (any Fault)? {
        guard let path else { return nil }
        let files = repository.files
        guard try files.status(path, followingLinks: true) != nil else {
            return RepositoryFault.identityMissing(path: path)
        }
        do {
            let file = try files.readSecret(path, limit: 1 << 20)
            if AgeIdentityFile.isSealed(file) { return nil }
            let recipients = repository.keyring.recipients
            let isOne = try AgeIdentityFile.parse(file).contains { recipients.contains(try $0.recipient().text ?? "") }
            return isOne ? nil : RepositoryFault.identityOpensNothing(file: path)
        } catch let fault as AgeFault {
            return Failure(fault, context: [path])
        } catch let fault as FileFault {
            return fault.errno?.code == EACCES ? nil : fault
        }
    }
}
