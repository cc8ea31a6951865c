package import Faults

/// A known cause of trouble, recognised in what a container printed. The texts are those of real servers; of a line
/// nothing is repeated but what names a host, a database or a label.
package struct LogCause: Sendable, Equatable {
    /// Stable word for scripts.
    package let code: String
    package let condition: Condition
    package let words: String
    package let hints: [Hint]

    /// - Parameter lines: what was printed since the last start, oldest first.
    package static func find(in lines: [String], of role: InstanceContainers.Role) -> LogCause? {
        // Without mail every start complains about it; that is harmless.
        let lines = lines.filter { !$0.contains(":587") && !$0.contains("\"port\":587") && !$0.contains("SMTP") }
        let known = role == .backend ? backend : role == .database ? database : redis
        // A later line tells more of what is the matter now.
        for line in lines.reversed() {
            for sign in known where sign.texts.allSatisfy({ line.contains($0) }) {
                return sign.cause
            }
        }
        return nil
    }

    private struct Sign: Sendable {
        let texts: [String]
        let cause: LogCause

        init(_ texts: [String], _ code: String, _ condition: Condition, _ words: String, _ hints: [Hint]) {
            self.texts = texts
            cause = LogCause(code: code, condition: condition, words: words, hints: hints)
        }
    }

    private static let show = Hint.command(["infisical-ops", "config", "show"])
    private static let recreate = Hint.command(["infisical-ops", "restart", "--recreate", "--service", "backend"])
    private static func restart(_ service: String) -> Hint {
        .command(["infisical-ops", "restart", "--service", service])
    }

    /// Recorded from servers of 2024, and for S8 the format specification, section 4.2.
    private static let backend: [Sign] = [
        Sign(
            ["does not decrypt this database's root key"], "wrong-key", .wrongKey,
            "its ENCRYPTION_KEY does not open the root key of this database",
            [.command(["infisical-ops", "status"]), .check("put back the key with the label that the database notes")]),
        Sign(
            ["Unsupported state or unable to authenticate data"], "wrong-key", .wrongKey,
            "its ENCRYPTION_KEY does not open the root key of this database",
            [.command(["infisical-ops", "status"]), .check("put back the key that the last backup was taken with")]),
        Sign(
            ["Invalid key length"], "key-length", .wrongKey, "its ENCRYPTION_KEY is not 32 characters long",
            [.check("ENCRYPTION_KEY is 16 random bytes as 32 hexadecimal digits"), recreate]),
        Sign(
            ["Root encryption key not found"], "key-missing", .wrongKey, "it has no ENCRYPTION_KEY",
            [.check("ENCRYPTION_KEY in the env file and in the compose file"), recreate]),
        Sign(
            ["\"path\":[\"AUTH_SECRET\"]"], "auth-secret-missing", .crashLoop, "it has no AUTH_SECRET",
            [.check("AUTH_SECRET in the env file and in the compose file"), recreate]),
        Sign(
            ["\"path\":[\"REDIS_URL\"]"], "redis-url-missing", .crashLoop, "it has no REDIS_URL",
            [.check("REDIS_URL in the env file and in the compose file"), recreate]),
        Sign(
            ["Invalid environment variables"], "environment", .crashLoop, "its environment is not valid",
            [.command(["infisical-ops", "logs", "--tail", "20"]), recreate]),
        Sign(
            ["password authentication failed"], "wrong-password", .wrongPassword,
            "the database does not accept its password",
            [.check("the password in the env file must be the one that the role has in the database"), show]),
        Sign(
            ["Migration table is already locked"], "migration-lock", .crashLoop,
            "the migration lock is held: another instance migrates, or one was killed while it did",
            [
                .check(
                    "if no instance is migrating, set is_locked to 0 in infisical_migrations_lock, then restart"),
                restart("backend"),
            ]),
        Sign(
            ["ENOTFOUND"], "host-unknown", .crashLoop, "it does not find the host of the database or of Redis",
            [.check("the host in DB_CONNECTION_URI and REDIS_URL, and the networks of the containers"), show]),
        Sign(
            ["\"code\":\"3D000\""], "database-missing", .crashLoop, "its database does not exist",
            [.check("the database's name in the env file"), show]),
        Sign(
            ["relation", "super_admin", "does not exist"], "not-migrated", .crashLoop,
            "the database has no tables of Infisical: no migration has run",
            [.command(["infisical-ops", "restore", "--in-place"]), restart("backend")]),
        Sign(
            ["EADDRINUSE"], "port-taken", .crashLoop, "its port is taken by another process",
            [.command(["ss", "--listening", "--tcp", "--processes"])]),
        Sign(
            ["[ioredis]", "ECONNREFUSED"], "redis-unreachable", .crashLoop, "it cannot reach Redis",
            [restart("redis")]),
        Sign(
            ["Plugin did not start in time"], "redis-unreachable", .crashLoop,
            "it gave up while it waited for Redis", [restart("redis")]),
        Sign(
            ["\"syscall\":\"connect\"", "ECONNREFUSED"], "database-unreachable", .crashLoop,
            "it cannot reach the database", [restart("db")]),
        Sign(
            ["JavaScript heap out of memory"], "heap", .outOfMemory, "its own memory limit was too small",
            [.check("the limit of the container and NODE_OPTIONS=--max-old-space-size"), restart("backend")]),
    ]

    private static let database: [Sign] = [
        Sign(
            ["No space left on device"], "disk-full", .diskFull, "the disk of the database is full",
            [.command(["docker", "system", "df"]), .check("make room on the disk that holds the database's volume")]),
        Sign(
            ["database files are incompatible with server"], "other-version", .crashLoop,
            "its files were written by another major version of PostgreSQL",
            [.check("put back the image of the version that wrote them; a new version needs a dump or a restore")]),
        Sign(
            ["superuser password is not specified"], "no-password", .crashLoop,
            "it has no POSTGRES_PASSWORD to make the database with",
            [.check("POSTGRES_PASSWORD in the env file and in the compose file")]),
        Sign(
            ["could not locate a valid checkpoint record"], "damaged", .crashLoop, "its files are damaged",
            [.command(["infisical-ops", "list"]), .check("restore the newest backup into a new volume")]),
        Sign(
            ["could not bind", "address already in use"], "port-taken", .crashLoop, "its port is taken",
            [.command(["ss", "--listening", "--tcp", "--processes"])]),
    ]

    private static let redis: [Sign] = [
        Sign(
            ["No space left on device"], "disk-full", .diskFull, "the disk of Redis is full",
            [.command(["docker", "system", "df"]), .check("make room on the disk that holds its volume")]),
        Sign(
            ["Bad file format reading the append only file"], "damaged", .crashLoop, "its files are damaged",
            [.check("remove its volume: Infisical keeps nothing there that cannot be made again")]),
        Sign(
            ["Address already in use"], "port-taken", .crashLoop, "its port is taken",
            [.command(["ss", "--listening", "--tcp", "--processes"])]),
    ]
}
