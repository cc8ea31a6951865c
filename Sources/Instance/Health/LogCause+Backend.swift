import Faults

/// What the backend prints when it does not start, or while it cannot work: recorded from servers of 2024, 2025 and 2026, and
/// for S8 from the format specification, section 4.2.
extension LogCause {
    private static let show = Hint.command(["infisical-ops", "config", "show"])
    private static let recreate = Hint.command(["infisical-ops", "restart", "--recreate", "--service", "backend"])
    private static func restart(_ service: String) -> Hint {
        .command(["infisical-ops", "restart", "--service", service])
    }

    /// The first one of these that a line fits counts, so what names its cause more exactly comes first.
    static let backend: [Sign] = keys + settings + databases + redisServers + others

    private static let keys: [Sign] =
        [
            Sign(
                ["does not decrypt this database's root key"], "wrong-key", .wrongKey,
                "its ENCRYPTION_KEY does not open the root key of this database",
                [
                    .command(["infisical-ops", "list"]),
                    .check("put back the key with the label that the database records"),
                ]),
            Sign(
                ["Unsupported state or unable to authenticate data"], "wrong-key", .wrongKey,
                "its ENCRYPTION_KEY does not open something that it reads when it starts",
                [
                    .command(["infisical-ops", "list"]),
                    .check("put back the key of the newest backup that its key opened"),
                ]),
            Sign(
                ["Invalid key length"], "key-length", .wrongKey, "its ENCRYPTION_KEY is not 32 characters long",
                [.check("ENCRYPTION_KEY is 16 random bytes as 32 hexadecimal digits"), recreate]),
        ]
        + [
            "Root encryption key not found", "Root KMS encryption strategy is set to software",
            "Either ENCRYPTION_KEY or ROOT_ENCRYPTION_KEY must be defined",
        ].map {
            Sign(
                [$0], "key-missing", .missingKey, "it has no ENCRYPTION_KEY",
                [.check("ENCRYPTION_KEY in the env file and in the compose file"), recreate])
        }

    private static let settings: [Sign] =
        ["\"path\":[\"AUTH_SECRET\"]", "path: [ 'AUTH_SECRET' ]"].map {
            Sign(
                [$0], "auth-secret-missing", .crashLoop, "it has no AUTH_SECRET",
                [.check("AUTH_SECRET in the env file and in the compose file"), recreate], isFinal: true)
        }
        + ["\"path\":[\"REDIS_URL\"]", "Either REDIS_URL, REDIS_SENTINEL_HOSTS or REDIS_CLUSTER_HOSTS"].map {
            Sign(
                [$0], "redis-url-missing", .crashLoop, "it has no REDIS_URL",
                [.check("REDIS_URL in the env file and in the compose file"), recreate], isFinal: true)
        } + [
            Sign(
                ["Invalid environment variables"], "environment", .crashLoop, "its environment is not valid",
                [.command(["infisical-ops", "logs", "--tail", "20"]), recreate], isFinal: true),
            Sign(
                ["ERR_INVALID_URL"], "invalid-url", .crashLoop, "one of its addresses is no URL: SITE_URL, most likely",
                [.check("SITE_URL in the env file: https://NAME, without quotes"), recreate], isFinal: true),
        ]

    private static let databases: [Sign] =
        [
            Sign(
                ["password authentication failed"], "wrong-password", .wrongPassword,
                "the database does not accept its password",
                [.check("the password in the env file must be the one that the role has in the database"), show]),
            Sign(
                ["Migration table is already locked"], "migration-lock", .crashLoop,
                "the migration lock is held: another instance is migrating, or one was killed while migrating",
                [
                    .check(
                        "if no instance is migrating, set is_locked to 0 in infisical_migrations_lock, then restart"),
                    restart("backend"),
                ]),
            Sign(
                ["migration history does not match this image"], "history-mismatch", .crashLoop,
                "its image is older than the database, which a later version has migrated",
                [
                    .check(
                        "run the image that the database was last used with, or restore a backup that was taken with this version"
                    ),
                    .command(["infisical-ops", "list"]),
                ]),
            Sign(
                ["no schema has been selected to create in"], "schema-missing", .crashLoop,
                "its database has no schema public, or its role may not use it",
                [
                    .check("CREATE SCHEMA public, or GRANT USAGE, CREATE ON SCHEMA public to the role of the env file"),
                    show,
                ]),
            Sign(
                ["Boot up migration failed", "already exists"], "tables-emptied", .crashLoop,
                "the list of its migrations is empty although its tables exist: the database was emptied",
                [.command(["infisical-ops", "list"]), .command(["infisical-ops", "restore", "latest", "--in-place"])]),
            Sign(
                ["Admin config not found"], "settings-missing", .unhealthy,
                "its settings (super_admin) are gone from the database",
                [.command(["infisical-ops", "list"]), .command(["infisical-ops", "restore", "latest", "--in-place"])]),
            Sign(
                ["The server does not support SSL connections"], "database-no-tls", .crashLoop,
                "it asks for TLS, which the database does not offer",
                [.check("sslmode in DB_CONNECTION_URI and DB_ROOT_CERT, or ssl = on in the server"), show]),
            Sign(
                ["\"code\":\"3D000\""], "database-missing", .crashLoop, "its database does not exist",
                [.check("the database's name in the env file"), show]),
            Sign(
                ["relation", "super_admin", "does not exist"], "not-migrated", .crashLoop,
                "the database has no tables of Infisical: no migration has run",
                [.command(["infisical-ops", "restore", "latest", "--in-place"]), restart("backend")]),
            Sign(
                ["Boot up migration failed", "ENOTFOUND"], "database-host-unknown", .crashLoop,
                "it cannot find the host of the database",
                [.check("the host in DB_CONNECTION_URI, and the networks of the containers"), show]),
            Sign(
                ["Boot up migration failed", "ECONNREFUSED"], "database-unreachable", .crashLoop,
                "it cannot reach the database", [restart("db")]),
        ]
        + [
            "unable to verify the first certificate", "self-signed certificate", "self signed certificate",
            "unable to get local issuer certificate", "certificate has expired",
            "does not match certificate's altnames",
        ].map {
            Sign(
                [$0], "certificate", .crashLoop, "it does not trust the certificate of the database",
                [.check("DB_ROOT_CERT is the certificate authority of the database, as base64 of PEM"), show])
        }

    private static let redisServers: [Sign] =
        ["WRONGPASS", "NOAUTH", "invalid password"].map {
            Sign(
                [$0], "redis-password", .wrongPassword, "Redis does not accept its password",
                [.check("the password in REDIS_URL must be the one that Redis was started with"), show])
        } + [
            Sign(
                ["[ioredis]", "ENOTFOUND"], "redis-host-unknown", .crashLoop, "it cannot find the host of Redis",
                [.check("the host in REDIS_URL, and the networks of the containers"), show]),
            Sign(
                ["Plugin did not start in time"], "redis-unreachable", .crashLoop,
                "it gave up waiting for Redis", [restart("redis")], isConsequence: true),
        ]
        + ["[ioredis]", "Redis", ":6379"].map {
            Sign(
                [$0, "ECONNREFUSED"], "redis-unreachable", .crashLoop, "it cannot reach Redis", [restart("redis")])
        }

    private static let others: [Sign] = [
        Sign(
            ["ENOTFOUND"], "host-unknown", .crashLoop, "it cannot find the host of the database or of Redis",
            [.check("the host in DB_CONNECTION_URI and REDIS_URL, and the networks of the containers"), show]),
        Sign(
            ["EADDRINUSE"], "port-taken", .crashLoop, "its port is taken by another process",
            [listeners]),
        Sign(
            ["\"syscall\":\"connect\"", "ECONNREFUSED"], "database-unreachable", .crashLoop,
            "it cannot reach the database", [restart("db")]),
        Sign(
            ["JavaScript heap out of memory"], "heap", .outOfMemory, "its own memory limit was too small",
            [.check("the limit of the container and NODE_OPTIONS=--max-old-space-size"), restart("backend")]),
    ]
}
