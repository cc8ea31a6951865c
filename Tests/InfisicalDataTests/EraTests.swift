import InfisicalData
import Testing

@Suite struct EraTests {
    /// What each era added, in order; a database of an era has everything up to its line.
    private static let steps: [(Era, [(String, [String])])] = [
        (.s1, [("infisical_migrations", ["id"]), ("organizations", ["id"]), ("webhooks", ["iv"])]),
        (.s2, [("kms_root_config", ["encryptedRootKey"]), ("kms_keys", ["encryptedKey"])]),
        (.s3, [("internal_kms", ["encryptedKey"])]),
        (.s4, [("secrets_v2", ["key"])]),
        (.s5, [("kms_root_config", ["encryptionStrategy"])]),
        (.s6, [("webhooks", ["encryptedPassKey"]), ("dynamic_secrets", ["encryptedInput"])]),
        (.s7, [("audit_log_streams", ["encryptedCredentials"])]),
        (.s8, [("kms_root_config", ["activatedAt"]), ("kms_legacy_encryption_keys", []), ("kms_kek_history", [])]),
    ]

    private static func facts(through era: Era) -> CatalogFacts {
        facts(of: steps.filter { $0.0 <= era }.flatMap(\.1))
    }

    private static func facts(of parts: [(String, [String])]) -> CatalogFacts {
        var tables: [String: [String: CatalogFacts.Column]] = [:]
        for (table, columns) in parts {
            for column in columns {
                tables[table, default: [:]][column] = .init(type: "text", isNullable: false)
            }
            if columns.isEmpty { tables[table] = tables[table] ?? [:] }
        }
        return CatalogFacts(tables: tables)
    }

    @Test(arguments: Era.allCases)
    func `each era is recognised by what it added`(era: Era) {
        #expect(Era.of(EraTests.facts(through: era)) == era)
    }

    @Test func `either of the two moved tables makes S6`() {
        let s5 = EraTests.steps.filter { $0.0 <= .s5 }.flatMap(\.1)
        #expect(Era.of(EraTests.facts(of: s5 + [("webhooks", ["encryptedPassKey"])])) == .s6)
        #expect(Era.of(EraTests.facts(of: s5 + [("dynamic_secrets", ["encryptedInput"])])) == .s6)
    }

    @Test func `a half-made S8 is still S7`() {
        let s7 = EraTests.steps.filter { $0.0 <= .s7 }.flatMap(\.1)
        #expect(Era.of(EraTests.facts(of: s7 + [("kms_root_config", ["activatedAt"])])) == .s7)
        #expect(Era.of(EraTests.facts(of: s7 + [("kms_kek_history", [])])) == .s7)
    }

    @Test func `a database of another program is none`() {
        #expect(Era.of(CatalogFacts(tables: [:])) == .none)
        #expect(Era.of(EraTests.facts(of: [("organizations", ["id"]), ("secrets_v2", ["key"])])) == .none)
        #expect(Era.of(EraTests.facts(of: [("infisical_migrations", ["id"])])) == .none)
    }

    @Test func `a KMS without the migrations table is still Infisical`() {
        #expect(Era.of(EraTests.facts(of: [("kms_root_config", ["encryptedRootKey"])])) == .s2)
    }

    @Test func `eras are ordered`() {
        #expect(Era.none < .s1 && Era.s1 < .s2 && Era.s7 < .s8)
    }
}
