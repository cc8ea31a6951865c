/// A table whose columns hold ciphertext below the root key, and the way from a row to the key that seals it.
///
/// The single declaration of these columns: the trial reads it, and asks the catalog for each part of it.
package struct CiphertextColumns: Sendable {
    /// The way from a row to its organization or project.
    package struct Path: Sendable {
        package enum End: Sendable, Equatable {
            /// The organization's data key.
            case organization
            /// The project's data key.
            case project
            /// The project's where the row names one, else the organization's.
            case projectOrOrganization
            /// The KMS key for certificates of the project, without a data key.
            case certificateKey
        }

        /// A column that names a row of another table by `id`.
        package struct Step: Sendable {
            package let column: String
            package let table: String
        }

        package let steps: [Step]
        /// The column of the last table that names the organization or project.
        package let column: String
        package let end: End
    }

    package let table: String
    package let columns: [String]
    /// The ways that any era has; the first that the catalog shows is taken.
    package let paths: [Path]
}

extension CiphertextColumns {
    /// The columns of `super_admin`: newer servers do not start when one of them does not open.
    package static let settings = [
        "encryptedSlackClientId", "encryptedSlackClientSecret", "encryptedMicrosoftTeamsAppId",
        "encryptedMicrosoftTeamsClientSecret", "encryptedMicrosoftTeamsBotId", "encryptedGitHubAppConnectionClientId",
        "encryptedGitHubAppConnectionClientSecret", "encryptedGitHubAppConnectionSlug",
        "encryptedGitHubAppConnectionId", "encryptedGitHubAppConnectionPrivateKey", "encryptedEnvOverrides",
    ]

    /// Tables with values under the root key beside `super_admin`, and the names that their columns begin with.
    package static let underRootKey = [
        "totp_configs", "secret_sharing", "instance_relay_config", "kms_import_key_material_tokens",
    ]

    /// Values under data keys and certificate keys, without those of the secrets themselves.
    package static let all: [CiphertextColumns] =
        organization + projectOrOrganization + identity + project + environmentAndFolder + certificates

    private static let direct = Path(steps: [], column: "orgId", end: .organization)
    /// The project of a row that names it.
    package static let ofProject = Path(steps: [], column: "projectId", end: .project)

    private static let organization: [CiphertextColumns] = [
        .init(
            table: "external_kms", columns: ["encryptedProviderInputs"],
            paths: [.init(steps: [.init(column: "kmsKeyId", table: "kms_keys")], column: "orgId", end: .organization)]),
        .init(
            table: "slack_integrations", columns: ["encryptedBotAccessToken"],
            paths: [
                .init(
                    steps: [.init(column: "id", table: "workflow_integrations")], column: "orgId", end: .organization)
            ]),
        .init(
            table: "microsoft_teams_integrations", columns: ["encryptedAccessToken", "encryptedBotAccessToken"],
            paths: [
                .init(
                    steps: [.init(column: "id", table: "workflow_integrations")], column: "orgId", end: .organization)
            ]),
        .init(
            table: "saml_configs",
            columns: ["encryptedSamlEntryPoint", "encryptedSamlIssuer", "encryptedSamlCertificate"], paths: [direct]),
        .init(table: "oidc_configs", columns: ["encryptedOidcClientId", "encryptedOidcClientSecret"], paths: [direct]),
        .init(
            table: "ldap_configs",
            columns: [
                "encryptedLdapBindDN", "encryptedLdapBindPass", "encryptedLdapCaCertificate",
                "encryptedLdapClientCertificate", "encryptedLdapClientKeyCertificate",
            ], paths: [direct]),
        .init(table: "identity_auth_templates", columns: ["templateFields"], paths: [direct]),
        .init(table: "audit_log_streams", columns: ["encryptedCredentials"], paths: [direct]),
        .init(table: "github_org_sync_configs", columns: ["encryptedGithubOrgAccessToken"], paths: [direct]),
        .init(table: "external_migration_configs", columns: ["encryptedConfig"], paths: [direct]),
        .init(table: "honey_token_configs", columns: ["encryptedConfig"], paths: [direct]),
        .init(
            table: "kmip_org_configs",
            columns: [
                "encryptedRootCaCertificate", "encryptedRootCaPrivateKey", "encryptedServerIntermediateCaCertificate",
                "encryptedServerIntermediateCaChain", "encryptedServerIntermediateCaPrivateKey",
                "encryptedClientIntermediateCaCertificate", "encryptedClientIntermediateCaChain",
                "encryptedClientIntermediateCaPrivateKey",
            ], paths: [direct]),
        .init(
            table: "kmip_org_server_certificates", columns: ["encryptedCertificate", "encryptedChain"],
            paths: [direct]),
        .init(
            table: "org_gateway_config",
            columns: [
                "encryptedRootCaCertificate", "encryptedRootCaPrivateKey", "encryptedClientCaCertificate",
                "encryptedClientCaPrivateKey", "encryptedClientCertificate", "encryptedClientPrivateKey",
                "encryptedGatewayCaCertificate", "encryptedGatewayCaPrivateKey",
            ], paths: [direct]),
        .init(
            table: "org_gateway_config_v2",
            columns: [
                "encryptedRootGatewayCaPrivateKey", "encryptedRootGatewayCaCertificate",
                "encryptedGatewayServerCaPrivateKey", "encryptedGatewayServerCaCertificate",
                "encryptedGatewayServerCaCertificateChain", "encryptedGatewayClientCaPrivateKey",
                "encryptedGatewayClientCaCertificate", "encryptedGatewayClientCaCertificateChain",
            ], paths: [direct]),
        .init(table: "gateways_v2", columns: ["encryptedPamSessionKey"], paths: [direct]),
    ]

    private static let projectOrOrganization: [CiphertextColumns] = [
        ("app_connections", ["encryptedCredentials", "encryptedConfiguration"]),
        ("github_apps", ["encryptedClientSecret", "encryptedPrivateKey"]),
    ].map { table, columns in
        .init(
            table: table, columns: columns,
            paths: [.init(steps: [], column: "projectId", end: .projectOrOrganization), direct])
    }

    private static let identity: [CiphertextColumns] = [
        ("identity_kubernetes_auths", ["encryptedKubernetesTokenReviewerJwt", "encryptedKubernetesCaCertificate"]),
        ("identity_oidc_auths", ["encryptedCaCertificate"]),
        ("identity_jwt_auths", ["encryptedJwksCaCert", "encryptedPublicKeys"]),
        ("identity_ldap_auths", ["encryptedBindDN", "encryptedBindPass", "encryptedLdapCaCertificate"]),
        ("identity_tls_cert_auths", ["encryptedCaCertificate"]),
        (
            "identity_spiffe_auths",
            ["encryptedCaBundleJwks", "encryptedBundleEndpointCaCert", "encryptedCachedBundleJwks"]
        ),
        ("gateways", ["relayAddress"]),
    ].map { table, columns in
        .init(
            table: table, columns: columns,
            paths: [
                .init(
                    steps: [.init(column: "identityId", table: "identities")], column: "orgId", end: .organization)
            ])
    }

    private static let project: [CiphertextColumns] = [
        (
            "integration_auths",
            ["encryptedAccess", "encryptedAccessId", "encryptedRefresh", "encryptedAwsAssumeIamRoleArn"]
        ),
        ("secret_scanning_data_sources", ["encryptedCredentials"]),
        ("secret_validation_rules", ["encryptedInputs"]),
        ("honey_tokens", ["encryptedCredentials"]),
        ("hsm_connectors", ["encryptedCredentials"]),
        ("ai_mcp_servers", ["encryptedCredentials", "encryptedOauthConfig"]),
        ("pam_accounts", ["encryptedCredentials", "encryptedLastRotationMessage"]),
        ("pam_discovery_sources", ["encryptedDiscoveryCredentials"]),
        ("pam_domains", ["encryptedConnectionDetails"]),
        (
            "pam_resources",
            [
                "encryptedConnectionDetails", "encryptedRotationAccountCredentials", "encryptedResourceMetadata",
                "encryptedSessionSummaryConfig",
            ]
        ),
        ("pam_sessions", ["encryptedAiInsights", "encryptedLogsBlob", "encryptedSessionKey"]),
    ].map { .init(table: $0, columns: $1, paths: [ofProject]) }

    private static let environmentAndFolder: [CiphertextColumns] =
        [
            ("webhooks", ["encryptedPassKey", "encryptedUrl"], "envId"),
            ("secret_rotations", ["encryptedRotationData"], "envId"),
            ("dynamic_secrets", ["encryptedInput"], "folderId"),
            ("secret_rotations_v2", ["encryptedGeneratedCredentials", "encryptedLastRotationMessage"], "folderId"),
        ].map { table, columns, column in
            .init(table: table, columns: columns, paths: [column == "envId" ? ofEnvironment : ofFolder])
        } + [
            .init(
                table: "resource_metadata", columns: ["encryptedValue"],
                paths: [
                    .init(
                        steps: [.init(column: "secretId", table: "secrets_v2")] + ofFolder.steps, column: "projectId",
                        end: .project)
                ]),
            .init(
                table: "pki_alert_channels", columns: ["encryptedConfig"],
                paths: [
                    .init(steps: [.init(column: "alertId", table: "pki_alerts_v2")], column: "projectId", end: .project)
                ]
            ),
            .init(
                table: "ssh_certificate_authority_secrets", columns: ["encryptedPrivateKey"],
                paths: [
                    .init(
                        steps: [.init(column: "sshCaId", table: "ssh_certificate_authorities")], column: "projectId",
                        end: .project)
                ]),
        ]

    private static let ofEnvironment = Path(
        steps: [.init(column: "envId", table: "project_environments")], column: "projectId", end: .project)
    /// The project of a row that lies in a folder.
    package static let ofFolder = Path(
        steps: [.init(column: "folderId", table: "secret_folders")] + ofEnvironment.steps, column: "projectId",
        end: .project)

    private static let certificates: [CiphertextColumns] = [
        ("certificate_authority_secret", ["encryptedPrivateKey"], "caId"),
        ("certificate_authority_certs", ["encryptedCertificate", "encryptedCertificateChain"], "caId"),
        ("certificate_authority_crl", ["encryptedCrl"], "caId"),
        ("certificate_bodies", ["encryptedCertificate", "encryptedCertificateChain"], "certId"),
        ("certificate_secrets", ["encryptedPrivateKey"], "certId"),
    ].map { table, columns, column in
        let authority = Path.Step(column: "caId", table: "certificate_authorities")
        if column == "caId" {
            return .init(
                table: table, columns: columns,
                paths: [.init(steps: [authority], column: "projectId", end: .certificateKey)])
        }
        let certificate = Path.Step(column: "certId", table: "certificates")
        return .init(
            table: table, columns: columns,
            paths: [
                .init(steps: [certificate], column: "projectId", end: .certificateKey),
                .init(steps: [certificate, authority], column: "projectId", end: .certificateKey),
            ])
    }
}
