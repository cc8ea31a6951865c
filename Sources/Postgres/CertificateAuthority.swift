/// The certificates of those who may have signed a server's certificate, as text in memory. libpq reads them from files
/// only, so they are lent to it as a file without a name.
package struct CertificateAuthority: Sendable {
    /// Certificates in PEM form; whatever is no certificate makes each connection fail.
    package let pem: [UInt8]
    /// Where they come from, for messages.
    package let origin: String

    package init(pem: [UInt8], origin: String) {
        self.pem = pem
        self.origin = origin
    }

    /// The file in which Debian keeps the authorities that browsers trust.
    package static let publicFile = "/etc/ssl/certs/ca-certificates.crt"
}
