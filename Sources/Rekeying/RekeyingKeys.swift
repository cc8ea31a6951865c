import Census
import CopyFormat
import Crypto
import InfisicalData
import InfisicalTables
import Secrets

/// Every key at hand on one database, and what becomes of the values that each of them sealed.
final class RekeyingKeys {
    enum Fate: Sendable {
        /// They stay as they are.
        case keeps
        /// They are sealed with the key of this number on the rack.
        case becomes(Int)
        /// They are sealed with a key of the new environment.
        case environment
    }

    let samples: KeySamples
    let opened: OpenedKeys
    let index: OwnerIndex
    /// What the environment's snapshot in the database holds (S8); nil where there is none, or it stays closed.
    let snapshot: LegacySnapshot?
    private(set) var rack: KeyRack
    /// By the keys' numbers on the rack.
    private(set) var fates: [Fate]
    private(set) var retired = RetiredKeys()
    /// Contents that are keys themselves, and what is written in their place.
    private(set) var substitutes: [Digest32: Secret] = [:]
    /// The new keys by those that they replace.
    private var successors: [Digest32: Int] = [:]
    /// What this depth does not reach.
    private(set) var unreached: [String] = []

    /// The root key of before; nil on S1.
    let root: Secret?
    private(set) var newRoot: Secret?

    /// Opens all that the keys open.
    ///
    /// - Parameters:
    ///   - environments: the keys of environments, those in force first.
    ///   - earlier: keys that were replaced before.
    init(_ source: any TableSource, _ environments: [EnvironmentKeys], earlier: RetiredKeys) throws {
        samples = try HierarchyReader.read(source)
        var candidates: [KeyCandidate] = []
        for candidate in environments.flatMap(\.candidates) {
            let isKnown = candidates.contains { $0.source == candidate.source && $0.label == candidate.label }
            if !isKnown { candidates.append(candidate) }
        }
        let olds = earlier.pairs.map(\.old)
        let alone = { (keys: [KeyCandidate]) in keys.map { KeyHolder(name: "given", keys: EnvironmentKeys($0)) } }
        let wraps = KeySamples(rootWraps: samples.rootWraps, triples: [], legacySnapshot: nil)
        let root = try KeyTrial.open(wraps, with: alone(candidates)).root
        snapshot = try RekeyingKeys.snapshot(samples.legacySnapshot, [root].compactMap(\.self) + olds)
        // A server of S8 reads with these; a database that was half migrated may hold values under others, too.
        for candidate in [snapshot?.current, snapshot?.original].compactMap(\.self).flatMap(\.candidates) {
            let isKnown = candidates.contains { $0.source == candidate.source && $0.label == candidate.label }
            if !isKnown { candidates.append(candidate) }
        }
        opened = try KeyTrial.open(
            KeySamples(
                rootWraps: samples.rootWraps, triples: samples.triples, legacySnapshot: nil, chain: samples.chain),
            with: alone(candidates), earlier: olds)
        (rack, index) = try KeyRack.of(source, opened, samples)
        self.root = root
        newRoot = root
        fates = rack.keys.map { RekeyingKeys.isOfEnvironment($0.kind) ? .environment : .keeps }
        try retire(earlier)
        rack.insist(on: rack.keys.indices.filter { RekeyingKeys.isDecisive(rack.keys[$0].kind) })
    }

    /// The keys that a value must be tried with however many values of its column stayed closed: there are few of them, and
    /// their claim is that nothing opens with them any more.
    static func isDecisive(_ kind: KeyClass) -> Bool { isOfEnvironment(kind) || kind == .root }

    static func isOfEnvironment(_ kind: KeyClass) -> Bool { kind == .encryptionKey || kind == .rootEncryptionKey }

    private static func snapshot(_ blob: [UInt8]?, _ roots: [Secret]) throws -> LegacySnapshot? {
        guard let blob else { return nil }
        var cipher = try AESGCM()
        for root in roots where root.count == 32 {
            do throws(CryptoFault) {
                return LegacySnapshot(json: try KMSBlob.open(blob, key: root, with: &cipher))
            } catch .notAuthentic { continue }
        }
        return nil
    }

    static func id(_ key: Secret) -> Digest32 { key.withBytes { SHA256.hash($0) } }

    // MARK: - What is replaced

    /// Puts keys of before on the rack: what they open is sealed with those in their place.
    private func retire(_ earlier: RetiredKeys) throws {
        var byID: [Digest32: Int] = [:]
        for (number, key) in rack.keys.enumerated() where byID[RekeyingKeys.id(key.secret)] == nil {
            byID[RekeyingKeys.id(key.secret)] = number
        }
        for pair in earlier.pairs {
            // The key in its place may have been replaced since.
            var new = RekeyingKeys.id(pair.new), steps = 0
            while byID[new] == nil, steps < earlier.pairs.count {
                guard let next = earlier.pairs.first(where: { RekeyingKeys.id($0.old) == new }) else { break }
                new = RekeyingKeys.id(next.new)
                steps += 1
            }
            guard let successor = byID[new], new != RekeyingKeys.id(pair.old) else { continue }
            for number in rack.keys.indices where rack.keys[number].secret.equals(pair.old) {
                fates[number] = .becomes(successor)
            }
            add(pair.old, pair.kind, .becomes(successor))
            successors[RekeyingKeys.id(pair.old)] = successor
            substitute(pair.old, rack.keys[successor].secret, pair.kind)
        }
    }

    @discardableResult
    private func add(_ key: Secret, _ kind: KeyClass, _ fate: Fate) -> Int {
        fates.append(fate)
        return rack.add(key, kind)
    }

    /// Puts a new key in the place of another.
    private func replace(_ old: Secret, _ kind: KeyClass, with new: Secret) {
        let id = RekeyingKeys.id(old)
        guard successors[id] == nil else { return }
        let number = add(new, kind, .keeps)
        successors[id] = number
        retired.pairs.append(RetiredKeys.Pair(kind: kind, old: old, new: new))
        for (content, key) in substitutes where key.equals(old) { substitutes[content] = new }
        substitute(old, new, kind)
        for at in rack.keys.indices where at != number {
            // Keys that were replaced before lead to the one replaced now.
            if case .becomes(let target) = fates[at], rack.keys[target].secret.equals(old) {
                fates[at] = .becomes(number)
            }
            if rack.keys[at].secret.equals(old) { fates[at] = .becomes(number) }
        }
    }

    private func substitute(_ old: Secret, _ new: Secret, _ kind: KeyClass) {
        switch kind {
        case .kms, .organizationData, .projectData: substitutes[RekeyingKeys.id(old)] = new
        // It is kept as text.
        case .organizationBot:
            substitutes[RekeyingKeys.id(old.base64)] = new.base64
        case .root, .legacyProject, .encryptionKey, .rootEncryptionKey: break
        }
    }

    /// The new key in the place of another; nil where it stays.
    func successor(of key: Secret) -> Secret? { successors[RekeyingKeys.id(key)].map { rack.keys[$0].secret } }

    /// Makes the new keys of a depth.
    ///
    /// - Parameter projects: keys of version-1/2 projects that can be boxed anew.
    func makeKeys(_ depth: RekeyingDepth, _ source: any TableSource, projects: [Secret]) throws {
        guard depth >= .deep else { return }
        if let root {
            let new = try Random.secret(count: 32)
            newRoot = new
            replace(root, .root, with: new)
        }
        guard depth >= .rekey else { return }
        let reserved = try reservedKeys(source)
        var others = 0
        for key in samples.chain.kmsKeys where key.earlierOf == nil {
            guard case .opened(let material) = opened.state(of: .kmsKey(key.id)) else { continue }
            if reserved.contains(key.id), material.count == 32 {
                replace(material, .kms, with: try Random.secret(count: 32))
            } else {
                others += 1
            }
        }
        if others > 0 {
            unreached.append(
                "\(others) KMS keys of users keep their material: what they encrypted lies outside the database")
        }
        for key in samples.chain.dataKeys where key.wrapped != nil {
            switch (key.owner, opened.state(of: key.owner)) {
            case (.organization, .opened(let secret)):
                replace(secret, .organizationData, with: try Random.secret(count: 32))
            case (.project, .opened(let secret)): replace(secret, .projectData, with: try Random.secret(count: 32))
            case (_, .unprovable(let reason)): unreached.append("\(key.place.row) keeps its data key: \(reason)")
            default: continue
            }
        }
        for key in samples.chain.legacyKeys {
            switch (key.owner, opened.state(of: key.owner)) {
            case (.organizationBot, .opened(let secret)):
                replace(secret, .organizationBot, with: try Random.secret(count: 32))
            case (.legacyProject, .opened(let secret)):
                if projects.contains(where: secret.equals) {
                    replace(secret, .legacyProject, with: try Random.secret(count: 16).hex)
                } else if key.isFallback || successor(of: secret) == nil {
                    unreached.append("\(key.place.row) keeps its key: no private key at hand can box a new one")
                }
            default: continue
            }
        }
    }

    /// The KMS keys that are Infisical's own.
    private func reservedKeys(_ source: any TableSource) throws -> Set<String> {
        guard source.facts.has("kms_keys", all: ["id", "isReserved"]) else { return [] }
        var found: Set<String> = []
        try source.read("kms_keys", ["id", "isReserved"]) { (row) throws(CopyFault) in
            // NULL counts as the column's default, which is true.
            if let id = try row.identifier(0), try row.boolean(1) ?? true { found.insert(id) }
        }
        return found
    }

    // MARK: - Proof

    /// Puts keys on the rack that nothing may open with any more.
    ///
    /// - Returns: their numbers.
    static func addDead(_ dead: [(key: Secret, kind: KeyClass)], to rack: inout KeyRack) -> Set<Int> {
        var numbers: Set<Int> = []
        for (key, kind) in dead { numbers.insert(rack.add(key, kind)) }
        let decisive = numbers.filter { dead.count < 64 || isDecisive(rack.keys[$0].kind) }.sorted()
        rack.insist(on: decisive)
        return numbers
    }
}

extension RekeyingDepth: Comparable {
    package static func < (left: RekeyingDepth, right: RekeyingDepth) -> Bool { left.rank < right.rank }
    private var rank: Int { RekeyingDepth.allCases.firstIndex(of: self) ?? 0 }
}

extension Secret {
    /// The bytes as padded base64.
    var base64: Secret {
        Secret(count: Base64.encodedSize(count, padded: true)) { target in
            withBytes { _ = Base64.encode($0, padded: true, into: target) }
        }
    }

    /// The bytes as hexadecimal characters in lower case.
    var hex: Secret {
        Secret(count: count * 2) { target in
            withBytes { bytes in
                for (at, byte) in bytes.enumerated() {
                    for (half, nibble) in [byte >> 4, byte & 15].enumerated() {
                        target[2 * at + half] =
                            nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
                    }
                }
            }
        }
    }
}
