package import Faults

extension Repository {
    /// Publishes a backup, and remembers it. From the moment at which the manifest has its name the backup exists,
    /// whatever fails afterwards.
    ///
    /// - Parameter changes: what the manifest says of our own changes, which the host need not remember any more.
    /// - Returns: what failed then.
    package func publish(
        _ manifest: Manifest, escrow: Escrow.Sealed?, forgetting changes: [Manifest.OwnChange], signer: Signer
    ) throws -> [any Fault] {
        var unfinished: [any Fault] = []
        do { try ManifestStore.publish(manifest, escrow: escrow, signer: signer, repository: self) } catch {
            guard try ManifestStore.isPublished(manifest, self) else { throw error }
            unfinished.append(.of(error))
        }
        do {
            try host.remember(sequence: manifest.sequence)
            try host.forget(changes: changes)
        } catch { unfinished.append(.of(error)) }
        return unfinished
    }
}
