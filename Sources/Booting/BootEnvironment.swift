import Crypto
import HTTP
import Processes
import Secrets

/// All that a booted backend is told; what is not in this list it does not get.
struct BootEnvironment {
    let keys: BootKeys
    let database: String
    let user: String

    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    func variables() throws -> [String: EnvironmentValue] {
        let loopback = "127.0.0.1"
        var all: [String: EnvironmentValue] = [
            "PATH": .plain(BootEnvironment.path), "HOME": "/tmp",
            "NODE_ENV": "production", "HOST": "0.0.0.0", "PORT": .plain(String(BootPorts.backend)),
            "SITE_URL": .plain("http://\(loopback):\(BootPorts.backend)"),
            "DB_CONNECTION_URI": .plain(
                "postgresql://\(PercentEncoding.encoded(user)):drill@\(loopback):\(BootPorts.database)/"
                    + PercentEncoding.encoded(database)),
            "DB_HOST": .plain(loopback), "DB_PORT": .plain(String(BootPorts.database)), "DB_NAME": .plain(database),
            "DB_USER": .plain(user), "DB_PASSWORD": "drill",
            "REDIS_URL": .plain("redis://\(loopback):\(BootPorts.redis)"),
            "AUTH_SECRET": .secret(try BootEnvironment.authSecret()),
        ]
        if let key = keys.encryptionKey { all["ENCRYPTION_KEY"] = .secret(key) }
        if let key = keys.rootEncryptionKey { all["ROOT_ENCRYPTION_KEY"] = .secret(key) }
        if keys.isFIPS { all["FIPS_ENABLED"] = "true" }
        return all
    }

    /// A fresh one: no token of the instance is accepted by the copy, nor the reverse.
    private static func authSecret() throws -> Secret {
        let random = try Random.secret(count: 32)
        var text = random.withBytes { Array(Base64.encode($0).utf8) }
        return Secret(consuming: &text)
    }
}
