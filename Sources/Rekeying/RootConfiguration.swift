import Census
import Crypto
import InfisicalData
import Postgres
import Secrets

/// The rows that hold the root key and, on S8, the environment's keys: written apart from all others, because they are few
/// and each has its own rules (format specification, 4).
struct RootConfiguration {
    private let facts: CatalogFacts
    private let writer: Connection
    private let triggers: TriggerSwitch

    private static let table = "kms_root_config"
    private static let history = "kms_kek_history"
    private static let snapshots = "kms_legacy_encryption_keys"

    init(_ facts: CatalogFacts, _ writer: Connection, _ triggers: TriggerSwitch) {
        self.facts = facts
        self.writer = writer
        self.triggers = triggers
    }

    /// Wraps the root key with the new key, and leaves no other wrap.
    ///
    /// - Parameter root: the one that the wrap will hold.
    /// - Returns: whether anything was written.
    func write(_ samples: KeySamples, root: Secret, wrapping: KeyCandidate) throws -> Bool {
        guard let wraps = samples.rootWraps, let sentinel = wraps.first(where: { $0.role == .sentinel }) else {
            throw RekeyingFault.sentinelMissing
        }
        var cipher = try AESGCM()
        let knowsRoles = facts.has(RootConfiguration.table, all: ["kekLabel", "activatedAt", "supersededAt"])
        let isDone =
            try RootConfiguration.open(sentinel.blob, wrapping.key, &cipher)?.equals(root) ?? false
            && (!knowsRoles || sentinel.label == wrapping.label)
        guard !isDone || wraps.count > 1 else { return false }
        try triggers.turnOff(RootConfiguration.table)
        if !isDone {
            let blob = try RootConfiguration.seal(root, wrapping.key)
            let roles: SQL =
                knowsRoles
                ? """
                UPDATE public.kms_root_config SET "encryptedRootKey" = \(bytes: blob), "kekLabel" = \(wrapping.label),
                    "activatedAt" = pg_catalog.now(), "supersededAt" = NULL, "lastResolvedAt" = NULL
                WHERE id = \(RootWrap.sentinelID)
                """
                : """
                UPDATE public.kms_root_config SET "encryptedRootKey" = \(bytes: blob) WHERE id = \(RootWrap.sentinelID)
                """
            let changed = try writer.query(roles).affected
            guard changed == 1 else {
                throw RekeyingFault.changedMeanwhile(table: RootConfiguration.table, rows: changed, expected: 1)
            }
        }
        // They hold the same root key under keys that are to be of no use any more.
        try writer.query("DELETE FROM public.kms_root_config WHERE id <> \(RootWrap.sentinelID)")
        try closeHistory(wrapping.label)
        return true
    }

    /// The entries of all earlier keys are closed, and the key in force has an open one.
    private func closeHistory(_ label: String) throws(PostgresFault) {
        let table = RootConfiguration.history
        guard facts.has(table, all: ["id", "kekLabel", "activatedAt", "supersededAt", "retiredAt"]) else { return }
        try triggers.turnOff(table)
        try writer.query(
            """
            UPDATE public.kms_kek_history SET "supersededAt" = COALESCE("supersededAt", pg_catalog.now()),
                "retiredAt" = COALESCE("retiredAt", pg_catalog.now())
            WHERE ("supersededAt" IS NULL OR "retiredAt" IS NULL) AND NOT ("kekLabel" = \(label) AND "supersededAt" IS NULL)
            """)
        try writer.query(
            """
            INSERT INTO public.kms_kek_history (id, "kekLabel", "activatedAt")
            SELECT pg_catalog.gen_random_uuid(), \(label), pg_catalog.now()
            WHERE NOT EXISTS (
                SELECT FROM public.kms_kek_history WHERE "kekLabel" = \(label) AND "supersededAt" IS NULL)
            """)
    }

    /// Writes the environment's keys into the snapshot that S8 reads values of the legacy tier with.
    ///
    /// - Parameters:
    ///   - root: the one that it is sealed with.
    ///   - isKept: whether a snapshot that is there stays.
    func writeSnapshot(
        _ samples: KeySamples, _ keys: EnvironmentKeys, root: Secret, isKept: Bool = false
    ) throws {
        let table = RootConfiguration.snapshots
        guard facts.has(table, all: ["id", "encryptedKeySnapshot"]) else { return }
        let content = LegacySnapshot.json(keys)
        if let blob = samples.legacySnapshot {
            if isKept { return }
            var cipher = try AESGCM()
            if try RootConfiguration.open(blob, root, &cipher)?.equals(content) ?? false { return }
        }
        try triggers.turnOff(table)
        let blob = try RootConfiguration.seal(content, root)
        let changed = try writer.query(
            """
            UPDATE public.kms_legacy_encryption_keys SET "encryptedKeySnapshot" = \(bytes: blob)
            WHERE id = \(LegacySnapshot.rowID)
            """
        ).affected
        if changed == 0 {
            try writer.query(
                """
                INSERT INTO public.kms_legacy_encryption_keys (id, "encryptedKeySnapshot")
                VALUES (\(LegacySnapshot.rowID), \(bytes: blob))
                """)
        }
    }

    static func seal(_ content: Secret, _ key: Secret) throws -> [UInt8] {
        var sealer = try ValueSealer()
        let part = try content.withBytes {
            try sealer.blob($0, key: key, mark: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return Array(sealer.room[part])
    }

    /// Nil where the key is another one.
    static func open(_ blob: [UInt8], _ key: Secret, _ cipher: inout AESGCM) throws -> Secret? {
        guard key.count == 32 else { return nil }
        do throws(CryptoFault) {
            return try KMSBlob.open(blob, key: key, with: &cipher)
        } catch .notAuthentic { return nil }
    }
}
