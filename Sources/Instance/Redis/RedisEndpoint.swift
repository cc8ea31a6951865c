package import Secrets

/// Where a Redis is, and what it is told first.
package struct RedisEndpoint: Sendable {
    package let host: String
    package let port: Int
    package let user: String?
    package let password: Secret?
    /// Number of the database, from 0.
    package let database: Int
    package let usesTLS: Bool
    /// The name that its certificate is for, where it is reached in another way than by that; nil for the host's own.
    package let certificateName: String?
    /// A file of the certificate authorities to trust; nil for those of this host.
    package let authorities: String?
    /// What such a file would hold, in its place.
    package let certificates: [UInt8]?
    /// What to say of authorities that should count and do not, where its certificate is not trusted.
    package let authorityNote: String?

    package init(
        host: String, port: Int, user: String?, password: Secret?, database: Int, usesTLS: Bool,
        certificateName: String? = nil, authorities: String? = nil, certificates: [UInt8]? = nil,
        authorityNote: String? = nil
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.usesTLS = usesTLS
        self.certificateName = certificateName
        self.authorities = authorities
        self.certificates = certificates
        self.authorityNote = authorityNote
    }

    /// `HOST:PORT`, for messages.
    package var server: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
