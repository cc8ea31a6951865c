import Postgres
package import Secrets

/// The address of Redis, as `REDIS_URL` writes it: `redis://user:password@host:port/number`, `rediss://` for TLS.
package struct RedisURL: Sendable {
    package let host: String
    package let port: Int
    package let user: String?
    package let password: Secret?
    /// Number of the database, from 0.
    package let database: Int
    package let usesTLS: Bool

    /// Nil for a text that is no such address.
    package init?(_ text: Secret) {
        let schemes = [("redis://", false), ("rediss://", true)]
        let rewritten = text.withBytes { bytes -> (Secret, Bool)? in
            guard let (scheme, usesTLS) = schemes.first(where: { bytes.starts(with: $0.0.utf8) }) else { return nil }
            // The same form as PostgreSQL's, which is taken apart elsewhere.
            let buffer = SecretBuffer(capacity: bytes.count + 8)
            for byte in "postgresql://".utf8 { buffer.append(byte) }
            buffer.append(UnsafeRawBufferPointer(rebasing: bytes[scheme.utf8.count...]))
            return (buffer.secret(), usesTLS)
        }
        guard let (address, usesTLS) = rewritten, let url = try? PostgresURL(address, .node), let host = url.host,
            let database = Int(url.name ?? "0"), database >= 0
        else { return nil }
        self.host = host
        port = url.port ?? 6379
        user = url.user
        password = url.password
        self.database = database
        self.usesTLS = usesTLS
    }
}
