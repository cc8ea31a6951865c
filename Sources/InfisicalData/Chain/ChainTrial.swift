import Crypto
import Secrets

/// What came of the values of one role.
private struct Tally {
    var samples = 0
    var uses: [KeyUse] = []
    var failing: [String] = []
    var unproven: [String] = []
    var isUnreached = false

    mutating func opened(by use: KeyUse) {
        samples += 1
        if !uses.contains(use) { uses.append(use) }
    }

    mutating func failed(_ name: String) {
        samples += 1
        failing.append(name)
    }

    func trial(_ role: RoleTrial.Role) -> RoleTrial {
        let outcome: RoleTrial.Outcome =
            if !failing.isEmpty {
                .doesNotOpen(failing: failing, by: uses)
            } else if isUnreached {
                .notChecked(.keyClosed)
            } else if !uses.isEmpty {
                .opens(uses)
            } else {
                .notChecked(unproven.isEmpty ? .noRows : .notProvable)
            }
        return RoleTrial(role: role, outcome: outcome, samples: samples, unproven: unproven)
    }
}

/// The keys of a chain that were opened on the way down, and those that cannot be.
struct ChainKeys {
    var opened: [KeyChain.Sealer: (key: Secret, use: KeyUse)] = [:]
    /// Not provable here: kept by an external service, or by people. With the reason, as a clause.
    var unprovable: [KeyChain.Sealer: String] = [:]

    static let usersOwn = "only the passwords of its users open the key of the project"
}

private let keyLength = 32

extension TrialBench {
    /// Follows the chain from the root key to its end. What lies below a key that stays closed is not tried: the link
    /// that does not open is the one to name.
    mutating func tryChain(
        _ chain: KeyChain, under root: OpenedRoot?, isInHardware: Bool, _ snapshot: LegacySnapshot?,
        _ keys: inout ChainKeys
    ) throws(CryptoFault) -> [RoleTrial] {
        var trials: [RoleTrial] = []
        if let root {
            trials.append(try tryRootValues(chain, root))
            trials.append(try tryKMSKeys(chain, root, &keys))
            trials.append(try tryDataKeys(chain, root, &keys))
            trials.append(try tryValues(chain, .dataValues, keys))
        } else {
            let rootValues = chain.values.count { $0.sealer == .rootKey }
            let reason: RoleTrial.Reason = isInHardware ? .hardware : .rootKeyClosed
            for (role, count) in [
                (RoleTrial.Role.rootValues, rootValues), (.kmsKeys, chain.kmsKeys.count),
                (.dataKeys, chain.dataKeys.count { $0.wrapped != nil }),
                (.dataValues, chain.values.count { $0.isUnderDataKey }),
            ] {
                trials.append(
                    RoleTrial(role: role, outcome: .notChecked(count == 0 ? .noRows : reason), samples: 0))
            }
        }
        trials.append(try tryLegacyKeys(chain, snapshot, &keys))
        trials.append(try tryValues(chain, .legacyValues, keys))
        return trials
    }

    private mutating func tryRootValues(_ chain: KeyChain, _ root: OpenedRoot) throws(CryptoFault) -> RoleTrial {
        var tally = Tally()
        for value in chain.values where value.sealer == .rootKey {
            guard case .bytes(let blob) = value.form, root.key.isCipherKey, try open(blob, key: root.key) != nil else {
                tally.failed(value.place.text)
                continue
            }
            tally.opened(by: root.use)
        }
        return tally.trial(.rootValues)
    }

    private mutating func tryKMSKeys(
        _ chain: KeyChain, _ root: OpenedRoot, _ keys: inout ChainKeys
    ) throws(CryptoFault) -> RoleTrial {
        var tally = Tally()
        for kmsKey in chain.kmsKeys {
            switch kmsKey.material {
            case .wrapped(let blob):
                guard root.key.isCipherKey, let key = try open(blob, keys: [root.key] + earlier) else {
                    tally.failed(kmsKey.place.text)
                    continue
                }
                keys.opened[.kmsKey(kmsKey.id)] = (key, root.use)
                tally.opened(by: root.use)
            case .external(let provider):
                keys.unprovable[.kmsKey(kmsKey.id)] = "the external KMS \(provider) has the key"
                tally.unproven.append("\(kmsKey.place.row) (external: \(provider))")
            case .missing: tally.failed("\(kmsKey.place.text), which is missing")
            }
        }
        return tally.trial(.kmsKeys)
    }

    private mutating func tryDataKeys(
        _ chain: KeyChain, _ root: OpenedRoot, _ keys: inout ChainKeys
    ) throws(CryptoFault) -> RoleTrial {
        var tally = Tally()
        let known = Set(chain.kmsKeys.map(\.id)), needed = Set(chain.values.map(\.sealer))
        for dataKey in chain.dataKeys {
            guard let wrapped = dataKey.wrapped else {
                if needed.contains(dataKey.owner) {
                    tally.failed("\(dataKey.place.text), which is missing: a server would silently create a new one")
                }
                continue
            }
            guard let id = dataKey.kmsKey, known.contains(id) else {
                // Not missing, perhaps, but in a table that could not be read.
                if !chain.unread.isEmpty {
                    tally.isUnreached = true
                    continue
                }
                tally.failed("\(dataKey.place.text): its KMS key is missing")
                continue
            }
            if let reason = keys.unprovable[.kmsKey(id)] {
                keys.unprovable[dataKey.owner] = reason
                tally.unproven.append(dataKey.place.text)
            } else if let kmsKey = keys.opened[.kmsKey(id)] {
                guard let key = try openVersioned(wrapped, keys: [kmsKey.key] + earlier), key.count == keyLength else {
                    tally.failed(dataKey.place.text)
                    continue
                }
                keys.opened[dataKey.owner] = (key, kmsKey.use)
                tally.opened(by: kmsKey.use)
            } else {
                tally.isUnreached = true
            }
        }
        return tally.trial(.dataKeys)
    }

    private mutating func tryValues(
        _ chain: KeyChain, _ role: RoleTrial.Role, _ keys: ChainKeys
    ) throws(CryptoFault) -> RoleTrial {
        var tally = Tally()
        let known = Set(chain.dataKeys.map(\.owner) + chain.legacyKeys.map(\.owner))
            .union(chain.kmsKeys.map { .kmsKey($0.id) })
        var earlier: [KeyChain.Sealer: [Secret]] = [:]
        for key in chain.kmsKeys {
            guard let id = key.earlierOf, let opened = keys.opened[.kmsKey(key.id)] else { continue }
            earlier[.kmsKey(id), default: []].append(opened.key)
        }
        for value in chain.values where role == .dataValues ? value.isUnderDataKey : value.isUnderLegacyKey {
            guard let sealer = keys.opened[value.sealer] else {
                if keys.unprovable[value.sealer] != nil {
                    tally.unproven.append(value.place.text)
                } else if known.contains(value.sealer) {
                    tally.isUnreached = true
                } else if case .kmsKey(let id) = value.sealer, chain.unread.isEmpty {
                    tally.failed("\(value.place.text): the KMS key \(id) is missing")
                }
                // A value whose organization or project is gone is of no use to any server.
                continue
            }
            var content: Secret? =
                switch value.form {
                case .bytes(let bytes): try openVersioned(bytes, key: sealer.key)
                case .triple(let triple?): try open(triple, key: sealer.key)
                case .triple(nil): nil
                }
            // What was sealed before its key was rotated.
            for key in earlier[value.sealer] ?? [] where content == nil {
                if case .bytes(let bytes) = value.form { content = try openVersioned(bytes, key: key) }
            }
            if content == nil { tally.failed(value.place.text) } else { tally.opened(by: sealer.use) }
        }
        return tally.trial(role)
    }

    private mutating func open(_ blob: [UInt8], keys: [Secret]) throws(CryptoFault) -> Secret? {
        for key in keys { if let content = try open(blob, key: key) { return content } }
        return nil
    }

    private mutating func openVersioned(_ bytes: [UInt8], keys: [Secret]) throws(CryptoFault) -> Secret? {
        for key in keys { if let content = try openVersioned(bytes, key: key) { return content } }
        return nil
    }

    private mutating func openVersioned(_ bytes: [UInt8], key: Secret) throws(CryptoFault) -> Secret? {
        guard key.isCipherKey else { return nil }
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(CryptoFault) in try VersionedBlob.open(bytes, key: key, with: &cipher) }
        }
        do throws(CryptoFault) { return try result.get() } catch .notAuthentic { return nil }
    }

    // MARK: Past the KMS

    private mutating func tryLegacyKeys(
        _ chain: KeyChain, _ snapshot: LegacySnapshot?, _ keys: inout ChainKeys
    ) throws(CryptoFault) -> RoleTrial {
        var tally = Tally(), missing: RoleTrial.Reason?
        // Where a project has no usable bot, each of its members may be the way to the key.
        var closed: [KeyChain.Sealer: String] = [:]
        for legacyKey in chain.legacyKeys where keys.opened[legacyKey.owner] == nil {
            guard let sealed = legacyKey.sealed else {
                keys.unprovable[legacyKey.owner] = ChainKeys.usersOwn
                tally.unproven.append("\(legacyKey.place.row), which has no key that a server can use")
                continue
            }
            if let reason = missingKey(for: sealed.keyEncoding, snapshot) {
                missing = reason
                continue
            }
            let opened = try open(sealed, snapshot)
            switch try opened.map({ (opened) throws(CryptoFault) in try key(of: legacyKey, opened.content) }) {
            case .opened(let key)?:
                guard let use = opened?.use else { continue }
                keys.opened[legacyKey.owner] = (key, use)
                tally.opened(by: use)
            case .closed?, nil:
                if legacyKey.isFallback {
                    closed[legacyKey.owner] = legacyKey.place.row
                } else {
                    tally.failed(legacyKey.place.text)
                }
            }
        }
        for (owner, row) in closed.sorted(by: { $0.value < $1.value }) where keys.opened[owner] == nil {
            keys.unprovable[owner] = ChainKeys.usersOwn
            tally.unproven.append("\(row), which has no key that a server can use")
        }
        let trial = tally.trial(.legacyKeys)
        guard let missing, tally.failing.isEmpty else { return trial }
        return RoleTrial(role: .legacyKeys, outcome: .notChecked(missing), samples: 0, unproven: tally.unproven)
    }

    private enum LegacyOutcome {
        case opened(Secret)
        case closed
    }

    /// The key itself: for a bot the decoded text, for a project what its box holds.
    private mutating func key(of legacyKey: LegacyKey, _ content: Secret) throws(CryptoFault) -> LegacyOutcome {
        guard let decoded = decodedKey(content) else { return .closed }
        guard let box = legacyKey.box else { return decoded.count == keyLength ? .opened(decoded) : .closed }
        guard let sender = box.senderPublicKey, let publicKey = Base64.decode(sender),
            let ciphertext = Base64.decode(box.ciphertext), let nonce = Base64.decode(box.nonce),
            nonce.count == NaClBox.nonceSize
        else { return .closed }
        if publicKey.count == FIPSBox.publicKeySize {
            do throws(CryptoFault) {
                let key = try FIPSBox.open(
                    ciphertext, nonce: nonce, publicKey: publicKey, privateKey: decoded, with: &cipher)
                return key.count == keyLength ? .opened(key) : .closed
            } catch .notAuthentic { return .closed }
        }
        guard publicKey.count == NaClBox.keySize, decoded.count == NaClBox.keySize else { return .closed }
        let result = ciphertext.withUnsafeBytes { ciphertext in
            nonce.withUnsafeBytes { nonce in
                publicKey.withUnsafeBytes { publicKey in
                    Result { () throws(CryptoFault) in
                        try NaClBox.open(ciphertext, nonce: nonce, publicKey: publicKey, privateKey: decoded)
                    }
                }
            }
        }
        do throws(CryptoFault) {
            let key = try result.get()
            return key.count == keyLength ? .opened(key) : .closed
        } catch .notAuthentic { return .closed }
    }

    /// The bytes of a key that is kept as base64 text.
    private func decodedKey(_ text: Secret) -> Secret? {
        var count: Int?
        let room = text.count / 4 * 3
        let decoded = Secret(count: room) { target in
            count = text.withBytes { Base64.decode($0, padded: true, into: target) }
        }
        return count.map { decoded.slice(0..<$0) }
    }
}

extension Secret {
    /// Whether it has the length of an AES key; KMS keys of users may be of other kinds.
    fileprivate var isCipherKey: Bool { count == 32 || count == 16 }
}

extension KeyChain.Value {
    fileprivate var isUnderDataKey: Bool {
        switch sealer {
        case .kmsKey, .organization, .project: true
        case .rootKey, .legacyProject, .organizationBot: false
        }
    }

    fileprivate var isUnderLegacyKey: Bool {
        switch sealer {
        case .legacyProject, .organizationBot: true
        case .rootKey, .kmsKey, .organization, .project: false
        }
    }
}
