/// The schema generation of an Infisical database, which says where its keys are and what they encrypt.
///
/// There is one release line, so a later era has the tables of the earlier ones.
package enum Era: String, Sendable, CaseIterable, Comparable {
    /// The database does not look like Infisical's.
    case none
    /// Until June 2024: no KMS, the environment's key encrypts directly.
    case s1 = "S1"
    /// First KMS; key material lies in `kms_keys`.
    case s2 = "S2"
    /// Key material lies in `internal_kms`.
    case s3 = "S3"
    /// Secrets are encrypted through the KMS (`secrets_v2`).
    case s4 = "S4"
    /// The root key may be kept by a hardware security module.
    case s5 = "S5"
    /// Most of the legacy tier moved to the KMS.
    case s6 = "S6"
    /// The last configuration table of the legacy tier moved.
    case s7 = "S7"
    /// Infisical rotates its encryption key itself: staged and retained wraps, legacy key snapshot, history.
    case s8 = "S8"

    /// The table that every era has and nobody else makes.
    package static let migrationsTable = "infisical_migrations"

    /// The era of a database with these tables and columns.
    package static func of(_ facts: CatalogFacts) -> Era {
        guard looksLikeInfisical(facts) else { return .none }
        return newestFirst.first { $0.isProven(facts) }?.era ?? .s1
    }

    package static func < (left: Era, right: Era) -> Bool { left.rank < right.rank }

    private var rank: Int { Era.allCases.firstIndex(of: self) ?? 0 }

    /// The migrations' own table together with one that every era has; or the KMS, which nobody else has.
    private static func looksLikeInfisical(_ facts: CatalogFacts) -> Bool {
        (facts.has(migrationsTable) && facts.has("organizations"))
            || facts.has("kms_root_config", "encryptedRootKey")
    }

    /// What an era's first migration left in the catalog.
    private struct Mark: Sendable {
        let era: Era
        let isProven: @Sendable (CatalogFacts) -> Bool
    }

    // Each mark asks for the root table too: a database that lost it must not pass for a late era.
    private static let newestFirst: [Mark] = [
        Mark(era: .s8) {
            $0.has("kms_root_config", "activatedAt") && $0.has("kms_legacy_encryption_keys")
                && $0.has("kms_kek_history")
        },
        Mark(era: .s7) { $0.has("kms_root_config") && $0.has("audit_log_streams", "encryptedCredentials") },
        Mark(era: .s6) {
            $0.has("kms_root_config")
                && ($0.has("webhooks", "encryptedPassKey") || $0.has("dynamic_secrets", "encryptedInput"))
        },
        Mark(era: .s5) { $0.has("kms_root_config", "encryptionStrategy") },
        Mark(era: .s4) { $0.has("kms_root_config") && $0.has("secrets_v2") },
        Mark(era: .s3) { $0.has("kms_root_config") && $0.has("internal_kms") },
        Mark(era: .s2) { $0.has("kms_root_config") },
    ]
}
