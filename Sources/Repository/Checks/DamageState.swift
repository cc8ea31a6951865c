import DurableFiles

/// What became of damage that a check recorded: `repair` may have moved it aside since, and another copy or a new backup may
/// have brought it back. Only what is quickly seen counts; a check of everything is what decides.
package enum DamageState: Int, Sendable, Comparable, CaseIterable {
    /// All is there again, as far as that shows without a key: a check can say so.
    case replaced
    /// What was damaged is no longer in place, and nothing is there instead.
    case missing
    /// It may still lie where it was found.
    case inPlace

    /// Chunks that are looked at; where more were found damaged, the rest counts as being where it was.
    private static let most = 64

    package static func < (left: DamageState, right: DamageState) -> Bool { left.rawValue < right.rawValue }

    /// The worst of these backups' states.
    ///
    /// - Parameter entries: those in which damage was found, and that nothing has proven whole since.
    /// - Returns: nil where there is none.
    package static func worst(
        of entries: [InventoryEntry], _ inventory: Inventory, _ repository: Repository
    ) throws -> DamageState? {
        if entries.isEmpty { return nil }
        let around = RepositoryFilesCheck(repository: repository, inventory: inventory)
        var states = try around.escrow(of: entries).map(state), chunks: [ChunkName: ProofLevel] = [:]
        for entry in entries {
            guard let damage = try ProofStore.damage(of: entry, repository) else { continue }
            guard let names = damage.chunks else { return .inPlace }
            for name in names { chunks[name] = max(chunks[name] ?? .stored, damage.level) }
        }
        if chunks.count > most { return .inPlace }
        let records = inventory.records(), hasher = ChunkHasher(store: repository.store)
        let aside = try repository.list(repository.layout.quarantine).map(\.name)
        for (name, level) in chunks {
            do {
                try hasher.check(name, accepted: records[name] ?? [])
                // What only decrypting finds has the recorded bytes, too, unless it was written again since.
                let wasMoved = aside.contains { $0.contains(name.hex) }
                states.append(level == .stored || wasMoved ? .replaced : .inPlace)
            } catch let fault as RepositoryFault { states.append(state(fault)) }
        }
        return states.max() ?? .replaced
    }

    private static func state(_ finding: Finding) -> DamageState {
        if case .damage(let fault) = finding.kind { state(fault) } else { .replaced }
    }

    private static func state(_ fault: RepositoryFault) -> DamageState {
        switch fault {
        case .missing, .chunk(_, .missing): .missing
        default: .inPlace
        }
    }
}
