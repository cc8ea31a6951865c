import DurableFiles

/// What proofs of this host are signed with, or why none can be written down.
package enum ProofSigner {
    case signer(Signer)
    /// `isMeant` on a host that only looks, and never had the key.
    case none(RepositoryFault?, reason: String, isMeant: Bool)

    package init(_ repository: Repository) throws {
        guard let signer = try repository.host.signer() else {
            // A host that remembers the repository had its keys.
            guard try repository.host.memory() != nil else {
                self = .none(nil, reason: "this host has no signing key for the repository", isMeant: true)
                return
            }
            let loss = RepositoryFault.hostKeysMissing(folder: repository.host.folder)
            self = .none(loss, reason: loss.message, isMeant: false)
            return
        }
        if try repository.files.isReadOnly(at: repository.layout.root) {
            self = .none(nil, reason: "the repository is read-only", isMeant: false)
        } else {
            self = .signer(signer)
        }
    }
}
