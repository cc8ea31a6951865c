package import InfisicalData

/// Which columns of a database hold ciphertext, and with whose key each should open: everything that the actual catalog
/// has, by what the format's specification (7, 7.4) says of it.
package struct CensusPlan {
    /// Whose key should open a value.
    package enum Sealing: Sendable {
        /// The environment's, as wrap of the root key.
        case wrappingKey
        case rootKey
        /// The KMS key that a column of the row names.
        case kmsKey(column: String)
        /// What the row leads to; the first way that the catalog shows.
        case owner([CiphertextColumns.Path])
        /// A key of the hierarchy; the row does not say which.
        case anyKey
        /// The environment's, by what the row's column says.
        case environment(encoding: String)
        /// The key in the box of the project that the row leads to, or of any where it leads nowhere.
        case legacyProject(CiphertextColumns.Path?)
        case organizationBot(owner: String)
        /// Nothing at hand opens it.
        case unprovable(String)
        case notCiphertext
        case unknown
    }

    /// Where in a row a value lies.
    package enum Form: Sendable {
        case bytes(column: String)
        case triple(TripleShape)
        /// A text in base64, the member of this name in the column's JSON, wherever it stands.
        case member(column: String, name: String)
    }

    package struct Value: Sendable {
        package let form: Form
        package let sealing: Sealing

        /// The column's name as it is reported.
        package var name: String {
            switch form {
            case .bytes(let column): column
            case .triple(let shape): shape.ciphertext
            case .member(let column, let name): "\(column)[].\(name)"
            }
        }

        var kind: CensusColumn.Kind {
            switch sealing {
            case .notCiphertext: .notCiphertext
            case .unknown: .unknown
            default: .expected
            }
        }
    }

    package struct Table: Sendable {
        package let name: String
        package let values: [Value]

        /// The same with some of its values; nil where none of them is meant.
        package func only(_ isMeant: (Value) -> Bool) -> Table? {
            let meant = values.filter(isMeant)
            return meant.isEmpty ? nil : Table(name: name, values: meant)
        }
    }

    package let tables: [Table]

    /// - Parameter roots: partitions and the tables whose meaning they share.
    package init(_ facts: CatalogFacts, roots: [String: String]) {
        tables = facts.tables.keys.sorted().compactMap { name in
            let columns = facts.tables[name] ?? [:]
            let values = CensusPlan.values(of: roots[name] ?? name, columns)
            return values.isEmpty ? nil : Table(name: name, values: values)
        }
    }

    /// The values of a table by the name that the specification knows it under.
    private static func values(of table: String, _ columns: [String: CatalogFacts.Column]) -> [Value] {
        var values: [Value] = []
        for (column, description) in columns.sorted(by: { $0.key < $1.key }) {
            switch description.type {
            case "bytea":
                values.append(Value(form: .bytes(column: column), sealing: sealing(of: table, column)))
            case "jsonb", "json":
                guard let member = members[table]?[column] else { continue }
                values.append(
                    Value(
                        form: .member(column: column, name: member.name), sealing: .owner(member.paths)))
            default: break
            }
        }
        let texts = columns.filter { $0.value.type == "text" || $0.value.type.hasPrefix("character varying") }.keys
        return values + triples(of: table, Set(texts))
    }

    // MARK: - Bytes

    private static func sealing(of table: String, _ column: String) -> Sealing {
        if notCiphertext[table]?.contains(column) == true { return .notCiphertext }
        switch (table, column) {
        case ("kms_root_config", "encryptedRootKey"): return .wrappingKey
        case ("internal_kms", "encryptedKey"), ("internal_kms_key_version", "encryptedKey"),
            ("kms_keys", "encryptedKey"), ("kms_key_versions", "encryptedKey"),
            ("kms_legacy_encryption_keys", "encryptedKeySnapshot"):
            return .rootKey
        case ("super_admin", _) where CiphertextColumns.settings.contains(column): return .rootKey
        case ("organizations", "kmsEncryptedDataKey"): return .kmsKey(column: "kmsDefaultKeyId")
        case ("projects", "kmsSecretManagerEncryptedDataKey"): return .kmsKey(column: "kmsSecretManagerKeyId")
        case ("pam_session_event_chunks", "encryptedEventsBlob"):
            return .unprovable("a gateway sealed it with the key of its session, in a form that is not known here")
        case ("secrets_v2", "encryptedValue"), ("secrets_v2", "encryptedComment"),
            ("secret_versions_v2", "encryptedValue"), ("secret_versions_v2", "encryptedComment"):
            return .owner([CiphertextColumns.ofFolder])
        default: break
        }
        if CiphertextColumns.underRootKey.contains(table), column.hasPrefix("encrypted") { return .rootKey }
        if let declared = CiphertextColumns.all.first(where: { $0.table == table && $0.columns.contains(column) }) {
            return .owner(declared.paths)
        }
        return elsewhere[table]?.contains(column) == true ? .anyKey : .unknown
    }

    /// Columns that the specification (7.4) names without the way from a row to its key.
    private static let elsewhere: [String: Set<String>] = [
        "secret_approval_requests_secrets_v2": ["encryptedValue", "encryptedComment"],
        "app_connection_credential_rotations": [
            "encryptedGeneratedCredentials", "encryptedStrategyConfig", "encryptedLastRotationMessage",
        ],
        "org_relay_config": [
            "encryptedRelayPkiClientCaPrivateKey", "encryptedRelayPkiClientCaCertificate",
            "encryptedRelayPkiClientCaCertificateChain", "encryptedRelayPkiServerCaPrivateKey",
            "encryptedRelayPkiServerCaCertificate", "encryptedRelayPkiServerCaCertificateChain",
            "encryptedRelaySshClientCaPrivateKey", "encryptedRelaySshClientCaPublicKey",
            "encryptedRelaySshServerCaPrivateKey", "encryptedRelaySshServerCaPublicKey",
        ],
        "ssh_certificate_bodies": ["encryptedCertificate"],
        "ai_mcp_server_user_credentials": ["encryptedCredentials"],
        "pam_account_dependencies": ["encryptedLastSyncMessage"],
        "pam_session_event_batches": ["encryptedEventsBlob"],
        "certificate_template_est_configs": ["encryptedCaChain"],
        "external_certificate_authorities": ["credentials"],
        "certificate_requests": ["encryptedPrivateKey"],
        "pki_est_enrollment_configs": ["encryptedCaChain"],
        "pki_acme_enrollment_configs": ["encryptedEabSecret"],
        "pki_scep_enrollment_configs": ["encryptedRaPrivateKey"],
        "pki_signer_certificate_issuance_jobs": ["encryptedCsr", "encryptedPrivateKey"],
    ]

    /// Tables whose rows stay when what they belong to is deleted: no constraint leads from them to their folder (5.2).
    static let outliveOwner: Set<String> = ["secret_versions", "secret_versions_v2"]

    /// Bytes that are no ciphertext (7.4).
    private static let notCiphertext: [String: Set<String>] = [
        "certificate_authority_secret": ["hsmPublicKeySpki"],
        "certificates": ["hsmPublicKeySpki"],
        "pki_signer_certificate_issuance_jobs": ["hsmPublicKeySpki"],
        "organization_assets": ["data"],
        "pam_sessions": ["gatewayUploadTokenHash"],
        "pam_session_event_chunks": ["ciphertextSha256", "iv"],
        "pki_scep_transactions": ["senderNonce", "signerCertDer"],
    ]

    /// Members of JSON that hold ciphertext (5.2).
    private static let members: [String: [String: (name: String, paths: [CiphertextColumns.Path])]] = [
        "secret_versions_v2": ["metadata": ("encryptedValue", [CiphertextColumns.ofFolder])],
        "secret_approval_requests_secrets_v2": ["secretMetadata": ("encryptedValue", [])],
    ]
}
