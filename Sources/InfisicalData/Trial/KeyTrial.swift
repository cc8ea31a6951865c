import Crypto
package import Secrets

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
        try open(samples, with: holders).report
    }

    /// The same, and what was opened on the way.
    ///
    /// - Parameter earlier: KMS root, KMS and data keys of before, for wraps that the present ones do not open.
    package static func open(
        _ samples: KeySamples, with holders: [KeyHolder], earlier: [Secret] = []
    ) throws(InfisicalDataFault) -> OpenedKeys {
        do throws(CryptoFault) {
            var bench = TrialBench(cipher: try AESGCM(), holders: holders, earlier: earlier)
            let (wraps, root) = try bench.tryWraps(samples.rootWraps, isNeeded: samples.chain.needsRootKey)
            let (snapshotTrial, snapshot) = try bench.trySnapshot(samples.legacySnapshot, under: root)
            var triples: [RoleTrial] = []
            for encoding in KeyEncoding.allCases {
                let trial = try bench.tryTriples(
                    samples.triples.filter { $0.keyEncoding == encoding }, encoding, snapshot)
                triples.append(keysAreInHardware(samples) ? trial.withoutDisproof : trial)
            }
            let sentinel = samples.rootWraps?.first { $0.role == .sentinel }
            let isInHardware = sentinel?.isInHardware ?? false
            var keys = ChainKeys()
            let chain = try bench.tryChain(
                samples.chain, under: root, isInHardware: isInHardware, snapshot, &keys)
            let report = KeyTrialReport(
                roles: wraps + triples + [snapshotTrial] + chain, holders: holders, storedLabel: sentinel?.label,
                rootKey: root.map { RootKeyFingerprint.of($0.key) }, ignoredKey: bench.ignoredKey,
                unread: samples.chain.unread, strategy: sentinel.flatMap(\.strategy))
            return OpenedKeys(
                report: report, root: root?.key, isRootInHardware: root == nil && isInHardware, snapshot: snapshot,
                holders: holders, chain: samples.chain, keys: keys)
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
