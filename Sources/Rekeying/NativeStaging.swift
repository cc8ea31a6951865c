import Crypto
package import InfisicalData
import InfisicalStore
import InfisicalTables
package import Postgres
import Secrets

/// Prepares Infisical's own rotation (S8): a second wrap of the root key that an instance which starts with the new key takes
/// into use by itself (format specification, 4.3, 12.3).
///
/// Values past the KMS stay under the old key, which the database keeps for them.
package struct NativeStaging: Sendable {
    /// What became of the wrap.
    package enum State: String, Sendable, CaseIterable {
        /// It lies there, and no instance has started with the new key.
        case staged
        /// The new key is in force.
        case promoted
        /// There is none: a server collects those that are older than 30 days.
        case gone
    }

    private let rekeying: Rekeying

    /// - Parameters:
    ///   - old: the keys in force first.
    ///   - replacesStaged: whether what somebody else prepared is dropped.
    package init(old: [EnvironmentKeys], new: EnvironmentKeys, replacesStaged: Bool = false) {
        var rekeying = Rekeying(old: old, new: new)
        rekeying.replacesStaged = replacesStaged
        self.rekeying = rekeying
    }

    /// Refuses what cannot be prepared; changes nothing.
    ///
    /// - Parameter reader: a session outside any transaction.
    package func survey(_ reader: Connection, migrationIsOver: Bool = false) throws {
        try Rekeying.reading(reader) {
            try rekeying.refuseKeys()
            let opening = try open(reader)
            try rekeying.refuseState(opening, reader, migrationIsOver)
        }
    }

    /// Puts the wrap there, in a transaction that the caller has begun and commits; one that is there already stays.
    ///
    /// - Returns: the label of the new key.
    @discardableResult
    package func stage(_ writer: Connection) throws -> String {
        guard writer.transactionStatus == .inTransaction else { throw RekeyingFault.noTransaction }
        try rekeying.refuseUnusable()
        try writer.query("SELECT pg_catalog.pg_advisory_xact_lock(\(raw: String(Rekeying.rootLock)))")
        let opening = try open(writer), keys = opening.keys
        guard let wrapping = rekeying.new.rootCandidate, let root = keys.root, let inForce = rekeying.old.first else {
            throw RekeyingFault.unusableKey(rekeying.new.problems.map(\.message))
        }
        if try NativeStaging.state(keys.samples.rootWraps ?? [], wrapping.key) != .gone { return wrapping.label }
        // A first start with the new key would otherwise record it as that of all values past the KMS.
        try RootConfiguration(opening.database.facts, writer, TriggerSwitch(writer))
            .writeSnapshot(keys.samples, inForce, root: root, isKept: true)
        try writer.query(
            "DELETE FROM public.kms_root_config WHERE id <> \(RootWrap.sentinelID) AND \"activatedAt\" IS NULL AND \"supersededAt\" IS NULL"
        )
        try writer.query(
            """
            INSERT INTO public.kms_root_config (id, "encryptedRootKey", "encryptionStrategy", "kekLabel", "activatedAt")
            VALUES (pg_catalog.gen_random_uuid(), \(bytes: RootConfiguration.seal(root, wrapping.key)), 'SOFTWARE',
                \(wrapping.label), NULL)
            """)
        return wrapping.label
    }

    /// Whether the wrap of the new key is there, or in force.
    package func state(_ connection: Connection) throws -> State {
        guard let wrapping = rekeying.new.rootCandidate else {
            throw RekeyingFault.unusableKey(rekeying.new.problems.map(\.message))
        }
        return try NativeStaging.state(InfisicalDatabase(connection).rootWraps() ?? [], wrapping.key)
    }

    private static func state(_ wraps: [RootWrap], _ key: Secret) throws -> State {
        var cipher = try AESGCM()
        for (role, state) in [(RootWrap.Role.sentinel, State.promoted), (.staged, .staged)] {
            for wrap in wraps where wrap.role == role {
                if try RootConfiguration.open(wrap.blob, key, &cipher) != nil { return state }
            }
        }
        return .gone
    }

    private func open(_ connection: Connection) throws -> Rekeying.Opening {
        let opening = try rekeying.open(connection)
        guard opening.database.era >= .s8 else {
            throw RekeyingFault.noNativeRotation(
                "this database is of the era \(opening.database.era.rawValue), and servers know it since S8")
        }
        // A first snapshot has to hold what is in force, and that is what opens the root key.
        let label = opening.keys.opened.report[.rootWrap]?.label
        let isPromoted = label == rekeying.new.rootCandidate?.label
        guard isPromoted || label == rekeying.old.first?.rootCandidate?.label else {
            throw RekeyingFault.wrongKey("the key in force is not the first that was given")
        }
        return opening
    }
}
