import Crypto
import Secrets

/// A root key that came out of its wrap, and the key that opened it.
struct OpenedRoot {
    let key: Secret
    let use: KeyUse
}

/// The work of one trial: the cipher and the keys that are tried.
struct TrialBench: ~Copyable {
    /// A key on trial with the name it is reported under.
    struct Entry {
        let key: Secret
        let use: KeyUse

        init(_ candidate: KeyCandidate, of holder: String) {
            key = candidate.key
            use = KeyUse(label: candidate.label, holder: holder, source: candidate.source)
        }
    }

    var cipher: AESGCM
    let holders: [KeyHolder]
    /// Keys of before, tried on wraps that stay closed.
    let earlier: [Secret]
    /// A key that opens the root key and does not count, because the server takes another one.
    private(set) var ignoredKey: KeyUse?

    init(cipher: consuming AESGCM, holders: [KeyHolder], earlier: [Secret] = []) {
        self.cipher = cipher
        self.holders = holders
        self.earlier = earlier
    }

    // MARK: Root key

    /// Tries the keys that count on the wraps; the sentinel's root key is preferred to a staged or retained one's.
    ///
    /// - Parameter isNeeded: whether the database holds what only the root key opens.
    mutating func tryWraps(
        _ wraps: [RootWrap]?, isNeeded: Bool
    ) throws(CryptoFault) -> ([RoleTrial], OpenedRoot?) {
        guard let wraps else {
            let outcome: RoleTrial.Outcome =
                isNeeded ? .doesNotOpen(failing: [TrialBench.lostRoot], by: []) : .notChecked(.noKMS)
            return ([RoleTrial(role: .rootWrap, outcome: outcome, samples: 0)], nil)
        }
        var trials: [RoleTrial] = [], root: OpenedRoot?
        for (kind, role) in [(RootWrap.Role.sentinel, .rootWrap), (.staged, .stagedWrap), (.retained, .retainedWrap)]
            as [(RootWrap.Role, RoleTrial.Role)]
        {
            let rows = wraps.filter { $0.role == kind }
            if rows.isEmpty, kind == .sentinel, isNeeded || !wraps.isEmpty {
                trials.append(
                    RoleTrial(role: role, outcome: .doesNotOpen(failing: [TrialBench.lostRoot], by: []), samples: 0))
                continue
            }
            if rows.isEmpty, kind != .sentinel { continue }
            let (outcome, opened) = try tryWraps(of: rows)
            trials.append(RoleTrial(role: role, outcome: outcome, samples: rows.count))
            root = root ?? opened
        }
        return (trials, root)
    }

    private mutating func tryWraps(of rows: [RootWrap]) throws(CryptoFault) -> (RoleTrial.Outcome, OpenedRoot?) {
        if rows.isEmpty { return (.notChecked(.noRows), nil) }
        if rows.contains(where: \.isInHardware) { return (.notChecked(.hardware), nil) }
        guard holders.contains(where: { !$0.keys.given.isEmpty }) else {
            return (.notChecked(.keyNotGiven(variable: KeySource.encryptionKeyUTF8.variable)), nil)
        }
        let entries = holders.compactMap { holder in holder.keys.rootCandidate.map { Entry($0, of: holder.name) } }
        var opened: OpenedRoot?, uses: [KeyUse] = [], failed = false
        for row in rows {
            if let root = try open(row.blob, with: entries) {
                if !uses.contains(root.use) { uses.append(root.use) }
                opened = opened ?? root
            } else {
                failed = true
                if ignoredKey == nil {
                    let all = holders.flatMap { holder in holder.keys.candidates.map { Entry($0, of: holder.name) } }
                    ignoredKey = try open(row.blob, with: all)?.use
                }
            }
        }
        return (failed ? .doesNotOpen(failing: ["kms_root_config.encryptedRootKey"], by: uses) : .opens(uses), opened)
    }

    /// What is said where the sentinel's row is gone and something needs it.
    static let lostRoot =
        "kms_root_config has no row \(RootWrap.sentinelID): a server that starts on this database silently creates a "
        + "new root key, and all that is under the old one is lost"

    private mutating func open(_ blob: [UInt8], with entries: [Entry]) throws(CryptoFault) -> OpenedRoot? {
        for entry in entries {
            if let key = try open(blob, key: entry.key) { return OpenedRoot(key: key, use: entry.use) }
        }
        return nil
    }

    mutating func open(_ blob: [UInt8], key: Secret) throws(CryptoFault) -> Secret? {
        do throws(CryptoFault) {
            return try KMSBlob.open(blob, key: key, with: &cipher)
        } catch .notAuthentic { return nil }
    }

    // MARK: Legacy key snapshot

    mutating func trySnapshot(
        _ blob: [UInt8]?, under root: OpenedRoot?
    ) throws(CryptoFault) -> (RoleTrial, LegacySnapshot?) {
        let trial = { RoleTrial(role: .legacySnapshot, outcome: $0, samples: blob == nil ? 0 : 1) }
        guard let blob else { return (trial(.notChecked(.noRows)), nil) }
        guard let root else { return (trial(.notChecked(.rootKeyClosed)), nil) }
        let origin = "kms_legacy_encryption_keys.encryptedKeySnapshot"
        guard root.key.count == 32, let json = try open(blob, key: root.key) else {
            return (trial(.doesNotOpen(failing: [origin], by: [])), nil)
        }
        guard let snapshot = LegacySnapshot(json: json) else {
            return (
                trial(.doesNotOpen(failing: ["\(origin): opened, but its content is not a key snapshot"], by: [])), nil
            )
        }
        return (trial(.opens([root.use])), snapshot)
    }

    // MARK: Legacy tier

    /// Tries the keys that the server would use on values of the legacy tier: with a snapshot only its own. A value
    /// that opens with another key at hand stays closed for the server, and is named as such.
    mutating func tryTriples(
        _ samples: [KeySamples.Triple], _ encoding: KeyEncoding, _ snapshot: LegacySnapshot?
    ) throws(CryptoFault) -> RoleTrial {
        let role: RoleTrial.Role = encoding == .utf8 ? .utf8Triples : .base64Triples
        let trial = { RoleTrial(role: role, outcome: $0, samples: samples.count) }
        if samples.isEmpty { return trial(.notChecked(.noRows)) }
        if let missing = missingKey(for: encoding, snapshot) { return trial(.notChecked(missing)) }
        var uses: [KeyUse] = [], failing: [String] = []
        for sample in samples {
            if let opened = try open(sample, snapshot) {
                if !uses.contains(opened.use) { uses.append(opened.use) }
                continue
            }
            var name = sample.origin
            if snapshot != nil, let other = try open(sample, nil) {
                name +=
                    " (opens with \(other.use.text), which does not count: the server reads it with the keys in its "
                    + "legacy key snapshot)"
            }
            if !failing.contains(name) { failing.append(name) }
        }
        return trial(failing.isEmpty ? .opens(uses) : .doesNotOpen(failing: failing, by: uses))
    }

    /// Why values of an encoding cannot be tried; nil where some key is meant for them.
    func missingKey(for encoding: KeyEncoding, _ snapshot: LegacySnapshot?) -> RoleTrial.Reason? {
        if let snapshot, !snapshot.candidates(for: encoding).isEmpty { return nil }
        if holders.contains(where: { $0.keys.isGiven(for: encoding) }) { return nil }
        let source: KeySource = encoding == .utf8 ? .encryptionKeyUTF8 : .rootEncryptionKeyBase64
        return .keyNotGiven(variable: source.variable)
    }

    /// Opens a value with a key of the snapshot, where there is one, else with one of the holders'.
    mutating func open(
        _ sample: KeySamples.Triple, _ snapshot: LegacySnapshot?
    ) throws(CryptoFault) -> (content: Secret, use: KeyUse)? {
        guard let triple = sample.value else { return nil }
        let encoding = sample.keyEncoding
        let entries =
            snapshot.map { $0.candidates(for: encoding).map { Entry($0, of: KeyTrial.snapshotHolder) } }
            ?? holders.flatMap { holder in holder.keys.candidates(for: encoding).map { Entry($0, of: holder.name) } }
        for entry in entries {
            if let content = try open(triple, key: entry.key) { return (content, entry.use) }
        }
        return nil
    }

    mutating func open(_ triple: LegacyTriple, key: Secret) throws(CryptoFault) -> Secret? {
        do throws(CryptoFault) {
            return try triple.open(key: key, with: &cipher)
        } catch .notAuthentic { return nil }
    }
}
