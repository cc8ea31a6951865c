/// The columns that are encrypted with the environment's key itself, past the KMS: one row of the tier's table.
///
/// The single declaration of the legacy tier: sampling, census and rotation all read it.
package struct LegacyColumns: Sendable, Equatable {
    /// Where the server keeps the value since its move to the KMS; from then on the triple is residue, which the server
    /// no longer reads but which still opens with the old key.
    package struct Successor: Sendable, Equatable {
        package let column: String
        package let since: Era
    }

    package let table: String
    package let ciphertext: String
    package let iv: String
    package let tag: String
    /// The column that names the key (`utf8`, `base64`); `webhooks` has one for both of its triples.
    package let encoding: String
    /// Whether the oldest databases of S1 have it already. The others came before S3; the catalog says when.
    package let isInOldestSchema: Bool
    /// Whether a row may lack the value. After a move the columns of the others became nullable too.
    package let isOptional: Bool
    package let successor: Successor?

    /// `webhooks.urlCipherText`: the name under which findings list the value.
    package var name: String { "\(table).\(ciphertext)" }

    /// Whether the database has the triple.
    package func exists(in facts: CatalogFacts) -> Bool {
        facts.has(table, all: [ciphertext, iv, tag, encoding])
    }

    /// Whether the server still reads the triple.
    package func isLive(in facts: CatalogFacts) -> Bool {
        guard exists(in: facts) else { return false }
        guard let successor else { return true }
        return !facts.has(table, successor.column)
    }
}

/// Everything that Infisical encrypts directly with the environment's key.
package enum LegacyTier {
    package static let columns: [LegacyColumns] = [
        LegacyColumns(
            table: "project_bots", ciphertext: "encryptedPrivateKey", iv: "iv", tag: "tag", encoding: "keyEncoding",
            isInOldestSchema: true, isOptional: false, successor: nil),
        LegacyColumns(
            table: "org_bots", ciphertext: "encryptedSymmetricKey", iv: "symmetricKeyIV", tag: "symmetricKeyTag",
            encoding: "symmetricKeyKeyEncoding", isInOldestSchema: true, isOptional: false, successor: nil),
        LegacyColumns(
            table: "org_bots", ciphertext: "encryptedPrivateKey", iv: "privateKeyIV", tag: "privateKeyTag",
            encoding: "privateKeyKeyEncoding", isInOldestSchema: true, isOptional: false, successor: nil),
        LegacyColumns(
            table: "secret_blind_indexes", ciphertext: "encryptedSaltCipherText", iv: "saltIV", tag: "saltTag",
            encoding: "keyEncoding", isInOldestSchema: true, isOptional: false, successor: nil),
        LegacyColumns(
            table: "user_encryption_keys", ciphertext: "serverEncryptedPrivateKey", iv: "serverEncryptedPrivateKeyIV",
            tag: "serverEncryptedPrivateKeyTag", encoding: "serverEncryptedPrivateKeyEncoding",
            isInOldestSchema: false, isOptional: true, successor: nil),
        LegacyColumns(
            table: "webhooks", ciphertext: "encryptedSecretKey", iv: "iv", tag: "tag", encoding: "keyEncoding",
            isInOldestSchema: true, isOptional: true, successor: .init(column: "encryptedPassKey", since: .s6)),
        LegacyColumns(
            table: "webhooks", ciphertext: "urlCipherText", iv: "urlIV", tag: "urlTag", encoding: "keyEncoding",
            isInOldestSchema: false, isOptional: true, successor: .init(column: "encryptedUrl", since: .s6)),
        LegacyColumns(
            table: "secret_rotations", ciphertext: "encryptedData", iv: "encryptedDataIV", tag: "encryptedDataTag",
            encoding: "keyEncoding", isInOldestSchema: true, isOptional: true,
            successor: .init(column: "encryptedRotationData", since: .s6)),
        LegacyColumns(
            table: "dynamic_secrets", ciphertext: "inputCiphertext", iv: "inputIV", tag: "inputTag",
            encoding: "keyEncoding", isInOldestSchema: false, isOptional: false,
            successor: .init(column: "encryptedInput", since: .s6)),
        LegacyColumns(
            table: "audit_log_streams", ciphertext: "encryptedHeadersCiphertext", iv: "encryptedHeadersIV",
            tag: "encryptedHeadersTag", encoding: "encryptedHeadersKeyEncoding", isInOldestSchema: false,
            isOptional: true, successor: .init(column: "encryptedCredentials", since: .s7)),
    ]

    /// The part of the tier that the server of this database still reads.
    package static func live(in facts: CatalogFacts) -> [LegacyColumns] { columns.filter { $0.isLive(in: facts) } }

    /// The part of the tier that the server left behind when it moved to the KMS.
    package static func residue(in facts: CatalogFacts) -> [LegacyColumns] {
        columns.filter { $0.exists(in: facts) && !$0.isLive(in: facts) }
    }
}
