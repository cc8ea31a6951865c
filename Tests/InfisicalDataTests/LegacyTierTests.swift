import InfisicalData
import Testing

@Suite struct LegacyTierTests {
    private let all: CatalogFacts = {
        var tables: [String: [String: CatalogFacts.Column]] = [:]
        for group in LegacyTier.columns {
            for name in [group.ciphertext, group.iv, group.tag, group.encoding] {
                tables[group.table, default: [:]][name] = .init(type: "text", isNullable: group.isOptional)
            }
        }
        return CatalogFacts(tables: tables)
    }()

    private func adding(_ column: String, to table: String) -> CatalogFacts {
        var tables = all.tables
        tables[table]?[column] = .init(type: "bytea", isNullable: true)
        return CatalogFacts(tables: tables)
    }

    @Test func `the tier has ten triples in eight tables`() {
        #expect(LegacyTier.columns.count == 10)
        #expect(Set(LegacyTier.columns.map(\.name)).count == 10)
        #expect(Set(LegacyTier.columns.map(\.table)).count == 8)
        #expect(LegacyTier.columns.filter(\.isInOldestSchema).count == 6)
    }

    @Test func `both triples of a webhook share the column that names the key`() {
        let webhooks = LegacyTier.columns.filter { $0.table == "webhooks" }
        #expect(webhooks.map(\.encoding) == ["keyEncoding", "keyEncoding"])
        #expect(webhooks.map(\.name) == ["webhooks.encryptedSecretKey", "webhooks.urlCipherText"])
    }

    @Test func `before the moves everything is live and nothing is residue`() {
        #expect(LegacyTier.live(in: all) == LegacyTier.columns)
        #expect(LegacyTier.residue(in: all).isEmpty)
    }

    @Test func `a moved table leaves residue`() {
        let facts = adding("encryptedInput", to: "dynamic_secrets")
        #expect(LegacyTier.residue(in: facts).map(\.name) == ["dynamic_secrets.inputCiphertext"])
        #expect(!LegacyTier.live(in: facts).contains { $0.table == "dynamic_secrets" })
    }

    @Test func `the two triples of a webhook move one by one`() {
        let facts = adding("encryptedUrl", to: "webhooks")
        #expect(LegacyTier.residue(in: facts).map(\.name) == ["webhooks.urlCipherText"])
        #expect(LegacyTier.live(in: facts).contains { $0.name == "webhooks.encryptedSecretKey" })
    }

    @Test func `a triple that lacks a column does not exist`() {
        var tables = all.tables
        tables["webhooks"]?["urlTag"] = nil
        let facts = CatalogFacts(tables: tables)
        #expect(!LegacyTier.live(in: facts).contains { $0.name == "webhooks.urlCipherText" })
        #expect(LegacyTier.residue(in: facts).isEmpty)
    }
}
