import Crypto
import Secrets

/// Tries the keys that people hold on ciphertexts of a database: what a key opens is proven, not believed.
package enum KeyTrial {
    /// The name under which keys out of the legacy key snapshot appear as a holder.
    package static let snapshotHolder = "the legacy key snapshot in the database"

    /// Tries every holder's keys, in the order given, on every sample.
    ///
    /// A key that opens nothing is a result; this throws only when the crypto library does not work.
    package static func run(
        _ samples: KeySamples, with holders: [KeyHolder]
    ) throws(InfisicalDataFault) -> KeyTrialReport {
        do throws(CryptoFault) {
            var bench = TrialBench(cipher: try AESGCM(), holders: holders)
            let (wraps, root) = try bench.tryWraps(samples.rootWraps)
            let (snapshotTrial, snapshot) = try bench.trySnapshot(samples.legacySnapshot, under: root)
            var triples: [RoleTrial] = []
            for encoding in KeyEncoding.allCases {
                let trial = try bench.tryTriples(
                    samples.triples.filter { $0.keyEncoding == encoding }, encoding, snapshot)
                triples.append(keysAreInHardware(samples) ? trial.withoutDisproof : trial)
            }
            let sentinel = samples.rootWraps?.first { $0.role == .sentinel }
            return KeyTrialReport(
                roles: wraps + triples + [snapshotTrial], holders: holders, storedLabel: sentinel?.label,
                rootKey: root.map { RootKeyFingerprint.of($0.key) })
        } catch {
            throw .crypto(error)
        }
    }

    /// Whether the keys of the legacy tier are in a snapshot that only a hardware security module can open.
    private static func keysAreInHardware(_ samples: KeySamples) -> Bool {
        samples.legacySnapshot != nil && (samples.rootWraps ?? []).contains { $0.role == .sentinel && $0.isInHardware }
    }
}

extension RoleTrial {
    /// The same, but failing to open counts as not tried: the key that belongs to it was not at hand.
    fileprivate var withoutDisproof: RoleTrial {
        guard case .doesNotOpen = outcome else { return self }
        return RoleTrial(role: role, outcome: .notChecked(.rootKeyClosed), samples: samples)
    }
}

/// A root key that came out of its wrap, and the key that opened it.
private struct OpenedRoot {
    let key: Secret
    let use: KeyUse
}

/// The work of one trial: the cipher and the keys that are tried.
private struct TrialBench: ~Copyable {
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

    // MARK: Root key

    /// Tries all keys on the wraps; the sentinel's root key is preferred to a staged or retained one's.
    mutating func tryWraps(_ wraps: [RootWrap]?) throws(CryptoFault) -> ([RoleTrial], OpenedRoot?) {
        guard let wraps else { return ([RoleTrial(role: .rootWrap, outcome: .notChecked(.noKMS), samples: 0)], nil) }
        var trials: [RoleTrial] = [], root: OpenedRoot?
        for (kind, role) in [(RootWrap.Role.sentinel, .rootWrap), (.staged, .stagedWrap), (.retained, .retainedWrap)]
            as [(RootWrap.Role, RoleTrial.Role)]
        {
            let rows = wraps.filter { $0.role == kind }
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
        let entries = holders.flatMap { holder in holder.keys.candidates.map { Entry($0, of: holder.name) } }
        var opened: OpenedRoot?, uses: [KeyUse] = [], failed = false
        for row in rows {
            if let root = try open(row.blob, with: entries) {
                if !uses.contains(root.use) { uses.append(root.use) }
                opened = opened ?? root
            } else {
                failed = true
            }
        }
        return (failed ? .doesNotOpen(failing: ["kms_root_config.encryptedRootKey"], by: uses) : .opens(uses), opened)
    }

    private mutating func open(_ blob: [UInt8], with entries: [Entry]) throws(CryptoFault) -> OpenedRoot? {
        for entry in entries {
            if let key = try open(blob, key: entry.key) { return OpenedRoot(key: key, use: entry.use) }
        }
        return nil
    }

    private mutating func open(_ blob: [UInt8], key: Secret) throws(CryptoFault) -> Secret? {
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

    /// Tries the snapshot's keys, then the holders'. With a snapshot the server would use only the former; a value that
    /// opens with the latter alone is still readable with what the holders have, and the report shows the holder.
    mutating func tryTriples(
        _ samples: [KeySamples.Triple], _ encoding: KeyEncoding, _ snapshot: LegacySnapshot?
    ) throws(CryptoFault) -> RoleTrial {
        let role: RoleTrial.Role = encoding == .utf8 ? .utf8Triples : .base64Triples
        let trial = { RoleTrial(role: role, outcome: $0, samples: samples.count) }
        if samples.isEmpty { return trial(.notChecked(.noRows)) }
        let fromSnapshot = (snapshot?.candidates(for: encoding) ?? []).map { Entry($0, of: KeyTrial.snapshotHolder) }
        let entries =
            fromSnapshot
            + holders.flatMap { holder in holder.keys.candidates(for: encoding).map { Entry($0, of: holder.name) } }
        if entries.isEmpty, !holders.contains(where: { $0.keys.isGiven(for: encoding) }) {
            let source: KeySource = encoding == .utf8 ? .encryptionKeyUTF8 : .rootEncryptionKeyBase64
            return trial(.notChecked(.keyNotGiven(variable: source.variable)))
        }
        var uses: [KeyUse] = [], failing: [String] = []
        for sample in samples {
            if let use = try open(sample, with: entries) {
                if !uses.contains(use) { uses.append(use) }
            } else if !failing.contains(sample.origin) {
                failing.append(sample.origin)
            }
        }
        return trial(failing.isEmpty ? .opens(uses) : .doesNotOpen(failing: failing, by: uses))
    }

    private mutating func open(_ sample: KeySamples.Triple, with entries: [Entry]) throws(CryptoFault) -> KeyUse? {
        guard let triple = sample.value else { return nil }
        for entry in entries {
            do throws(CryptoFault) {
                _ = try triple.open(key: entry.key, with: &cipher)
                return entry.use
            } catch .notAuthentic { continue }
        }
        return nil
    }
}
