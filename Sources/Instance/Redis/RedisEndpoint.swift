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

    package init(host: String, port: Int, user: String?, password: Secret?, database: Int, usesTLS: Bool) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.usesTLS = usesTLS
    }

    /// `HOST:PORT`, for messages.
    package var server: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
