import CopyFormat
import InfisicalData
import InfisicalTables
import Secrets

/// Reads the rows of the tables of secrets and of their versions, in both generations.
struct SecretRowReader {
    /// What a row holds beside its value.
    struct Head {
        let id: String
        let folder: RowID?
        /// The secret that a version belongs to.
        let secret: RowID?
        let type: SecretType
        let user: RowID?
    }

    let columns: TableColumns
    private let storage: Project.Storage
    private let opener: ValueOpener

    /// - Parameter isVersions: whether the rows are earlier values.
    init(
        _ facts: CatalogFacts, _ storage: Project.Storage, isVersions: Bool = false, _ opener: ValueOpener
    ) throws(SecretExportFault) {
        let sealed =
            switch storage {
            case .kms: ["key", "encryptedValue"]
            case .legacy:
                ["secretKey", "secretValue"].flatMap { name in ["Ciphertext", "IV", "Tag"].map { name + $0 } }
            }
        let comment =
            switch storage {
            case .kms: ["encryptedComment"]
            case .legacy: ["Ciphertext", "IV", "Tag"].map { "secretComment" + $0 }
            }
        columns = try TableColumns(
            facts, SecretRowReader.table(storage, isVersions: isVersions),
            needed: ["id", "folderId", "type", "version"] + (isVersions ? ["secretId"] : []) + sealed,
            optional: comment + ["userId", "skipMultilineEncoding", "isRedacted", "createdAt", "updatedAt"])
        self.storage = storage
        self.opener = opener
    }

    static func table(_ storage: Project.Storage, isVersions: Bool = false) -> String {
        switch (storage, isVersions) {
        case (.kms, false): "secrets_v2"
        case (.kms, true): "secret_versions_v2"
        case (.legacy, false): "secrets"
        case (.legacy, true): "secret_versions"
        }
    }

    /// The unsealed part of a row; nil for one without an id.
    func head(_ row: borrowing RowFields) throws(CopyFault) -> Head? {
        guard let id = try row.identifier(columns["id"]) else { return nil }
        return Head(
            id: id, folder: columns.id("folderId", row), secret: columns.id("secretId", row),
            type: try row.text(columns["type"]) == SecretType.personal.rawValue ? .personal : .shared,
            user: columns.id("userId", row))
    }

    /// Opens the value alone; nil where no key at hand does.
    func value(_ row: borrowing RowFields) throws(CopyFault) -> Secret? {
        switch storage {
        case .kms: SecretRowReader.content(try opener.blob(columns["encryptedValue"], row))
        case .legacy: SecretRowReader.content(try opener.triple("secretValue", columns, row))
        }
    }

    /// Opens the rest of a row.
    func secret(_ head: Head, in folder: RowID, _ row: borrowing RowFields) throws(CopyFault) -> StoredSecret? {
        guard let key = try name(row), let value = try value(row),
            let comment = SecretRowReader.content(
                try storage == .kms
                    ? opener.blob(columns.optional("encryptedComment"), row)
                    : opener.triple("secretComment", columns, row))
        else { return nil }
        return StoredSecret(
            id: head.id, folder: folder, key: key, type: head.type, user: head.user, value: value, comment: comment,
            version: try Int(clamping: columns.integer("version", row) ?? 1),
            skipsMultilineEncoding: try columns.boolean("skipMultilineEncoding", row) ?? false,
            createdAt: try columns.timestamp("createdAt", row), updatedAt: try columns.timestamp("updatedAt", row))
    }

    /// The name; nil where it is sealed and does not open, or is no text.
    func name(_ row: borrowing RowFields) throws(CopyFault) -> String? {
        guard storage == .legacy else { return try row.text(columns["key"]) }
        guard case .opened(let name) = try opener.triple("secretKey", columns, row) else { return nil }
        return name.withBytes { String(validating: $0, as: UTF8.self) }
    }

    /// A value that was created empty is NULL.
    private static func content(_ outcome: ValueOpener.Outcome) -> Secret? {
        switch outcome {
        case .absent: Secret(count: 0) { _ in }
        case .opened(let content): content
        case .closed: nil
        }
    }
}
