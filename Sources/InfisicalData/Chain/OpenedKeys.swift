package import Secrets

/// The keys of one database as they came out of their wraps: what its values are opened with.
package struct OpenedKeys: Sendable {
    /// What is known of the key that seals a value.
    package enum State: Sendable {
        case opened(Secret)
        /// It stays closed with the keys at hand, or is missing; a clause.
        case closed(String)
        /// Nothing at hand can ever open it; the reason as a clause.
        case unprovable(String)
    }

    /// A key of the environment, or of the copy that S8 keeps in the database.
    package struct EnvironmentKey: Sendable {
        package let key: Secret
        package let source: KeySource
    }

    package let report: KeyTrialReport
    /// The KMS root key; nil where it stays closed, and on S1.
    package let root: Secret?
    private let isRootInHardware: Bool
    private static let inHardware = "a hardware security module (HSM) keeps the root key"
    private let snapshot: LegacySnapshot?
    private let holders: [KeyHolder]
    private let keys: ChainKeys
    private let known: Set<KeyChain.Sealer>
    /// By KMS key: the earlier keys under the same id.
    private let earlier: [String: [Secret]]

    init(
        report: KeyTrialReport, root: Secret?, isRootInHardware: Bool, snapshot: LegacySnapshot?, holders: [KeyHolder],
        chain: KeyChain, keys: ChainKeys
    ) {
        self.report = report
        self.root = root
        self.isRootInHardware = isRootInHardware
        self.snapshot = snapshot
        self.holders = holders
        self.keys = keys
        known = Set(chain.dataKeys.filter { $0.wrapped != nil }.map(\.owner) + chain.legacyKeys.map(\.owner))
            .union(chain.kmsKeys.filter { !$0.isMissing }.map { .kmsKey($0.id) })
        var earlier: [String: [Secret]] = [:]
        for key in chain.kmsKeys {
            guard let current = key.earlierOf, let opened = keys.opened[.kmsKey(key.id)] else { continue }
            earlier[current, default: []].append(opened.key)
        }
        self.earlier = earlier
    }

    /// What became of the key that seals a value.
    package func state(of sealer: KeyChain.Sealer) -> State {
        if sealer == .rootKey {
            if let root { return .opened(root) }
            return isRootInHardware ? .unprovable(OpenedKeys.inHardware) : .closed("the root key stays closed")
        }
        if let opened = keys.opened[sealer] { return .opened(opened.key) }
        if let reason = keys.unprovable[sealer] { return .unprovable(reason) }
        if isRootInHardware { return .unprovable(OpenedKeys.inHardware) }
        return .closed(known.contains(sealer) ? "its key stays closed" : "its key is missing")
    }

    /// The owners whose keys were opened, with the keys.
    package var opened: [(sealer: KeyChain.Sealer, key: Secret)] { keys.opened.map { ($0.key, $0.value.key) } }

    /// The earlier keys of a KMS key that was rotated, whose values still name the same key.
    package func earlierKeys(ofKMSKey id: String) -> [Secret] { earlier[id] ?? [] }

    /// The keys that the server would try on a value of the legacy tier, in its order: those of the snapshot where there
    /// is one, else the environment's.
    package func environmentKeys(for encoding: KeyEncoding) -> [EnvironmentKey] {
        let candidates =
            snapshot?.candidates(for: encoding) ?? holders.flatMap { $0.keys.candidates(for: encoding) }
        return candidates.map { EnvironmentKey(key: $0.key, source: $0.source) }
    }

    /// The keys that may have wrapped the root key, of every holder.
    package var wrappingKeys: [EnvironmentKey] {
        holders.flatMap(\.keys.candidates).map { EnvironmentKey(key: $0.key, source: $0.source) }
    }
}
