/// A table whose triples are under the key of an organization's bot until its values move to the KMS.
package struct BotColumns: Sendable {
    package let table: String
    /// The column that leads to the organization.
    package let owner: String
    /// Ciphertext, IV and tag.
    package let triples: [(ciphertext: String, iv: String, tag: String)]
    /// The column that says that the values have moved; the old ones stay filled.
    package let successor: String

    package static let all = [
        BotColumns(
            table: "saml_configs", owner: "orgId",
            triples: [
                ("encryptedEntryPoint", "entryPointIV", "entryPointTag"), ("encryptedIssuer", "issuerIV", "issuerTag"),
                ("encryptedCert", "certIV", "certTag"),
            ], successor: "encryptedSamlEntryPoint"),
        BotColumns(
            table: "ldap_configs", owner: "orgId",
            triples: [
                ("encryptedBindDN", "bindDNIV", "bindDNTag"), ("encryptedBindPass", "bindPassIV", "bindPassTag"),
                ("encryptedCACert", "caCertIV", "caCertTag"),
            ], successor: "encryptedLdapBindDN"),
        BotColumns(
            table: "oidc_configs", owner: "orgId",
            triples: [
                ("encryptedClientId", "clientIdIV", "clientIdTag"),
                ("encryptedClientSecret", "clientSecretIV", "clientSecretTag"),
            ], successor: "encryptedOidcClientId"),
        BotColumns(
            table: "identity_kubernetes_auths", owner: "identityId",
            triples: [
                ("encryptedCaCert", "caCertIV", "caCertTag"),
                ("encryptedTokenReviewerJwt", "tokenReviewerJwtIV", "tokenReviewerJwtTag"),
            ], successor: "encryptedKubernetesCaCertificate"),
        BotColumns(
            table: "identity_oidc_auths", owner: "identityId",
            triples: [("encryptedCaCert", "caCertIV", "caCertTag")], successor: "encryptedCaCertificate"),
    ]
}
