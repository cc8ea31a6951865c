import Faults
import FoundationEssentials
import TestSupport
import Testing

@testable import Instance

@Suite struct LogCauseTests {
    /// The logs of real servers, one file a cause, and what each must be taken for.
    @Test(arguments: [
        ("auth-missing", "auth-secret-missing", Condition.crashLoop), ("db-host-unknown", "host-unknown", .crashLoop),
        ("db-missing", "database-missing", .crashLoop), ("db-not-migrated", "not-migrated", .crashLoop),
        ("db-unreachable", "database-unreachable", .crashLoop), ("key-64-hex", "key-length", .wrongKey),
        ("key-missing", "key-missing", .missingKey), ("port-taken", "port-taken", .crashLoop),
        ("redis-unreachable", "redis-unreachable", .crashLoop), ("redis-url-missing", "redis-url-missing", .crashLoop),
        ("wrong-key", "wrong-key", .wrongKey),
        ("s7-auth-missing", "auth-secret-missing", .crashLoop),
        ("s7-db-certificate-unknown", "certificate", .crashLoop),
        ("s7-db-emptied", "settings-missing", .unhealthy), ("s7-db-host-unknown", "database-host-unknown", .crashLoop),
        ("s7-db-lost", "database-unreachable", .crashLoop), ("s7-db-missing", "database-missing", .crashLoop),
        ("s7-db-no-tls", "database-no-tls", .crashLoop), ("s7-db-password-wrong", "wrong-password", .wrongPassword),
        ("s7-db-unreachable", "database-unreachable", .crashLoop),
        ("s7-history-mismatch", "history-mismatch", .crashLoop), ("s7-key-64-hex", "key-length", .wrongKey),
        ("s7-key-missing", "key-missing", .missingKey), ("s7-migration-lock", "migration-lock", .crashLoop),
        ("s7-port-taken", "port-taken", .crashLoop), ("s7-redis-host-unknown", "redis-host-unknown", .crashLoop),
        ("s7-redis-lost", "redis-unreachable", .crashLoop),
        ("s7-redis-password-missing", "redis-password", .wrongPassword),
        ("s7-redis-password-wrong", "redis-password", .wrongPassword),
        ("s7-redis-unreachable", "redis-unreachable", .crashLoop),
        ("s7-redis-url-missing", "redis-url-missing", .crashLoop), ("s7-schema-missing", "schema-missing", .crashLoop),
        ("s7-site-url-invalid", "invalid-url", .crashLoop), ("s7-tables-emptied", "tables-emptied", .crashLoop),
        ("s7-wrong-key", "wrong-key", .wrongKey), ("s7-wrong-key-migrating", "wrong-key", .wrongKey),
    ])
    func `every cause of a real server is recognised`(file: String, code: String, condition: Condition) throws {
        let cause = try #require(LogCause.find(in: try lines(file), of: .backend))
        #expect(cause.code == code && cause.condition == condition && !cause.text.hasSuffix("."))
        #expect(cause.hints.contains { if case .command = $0 { true } else { false } })
    }

    /// On these the server starts and serves.
    @Test(arguments: ["ok", "s7-ok", "s7-first-start", "s7-newer-database", "s7-startup-lock-held"])
    func `a healthy start has no cause, in spite of its complaint about mail`(file: String) throws {
        #expect(LogCause.find(in: try lines(file), of: .backend) == nil)
        #expect(LogCause.find(in: [], of: .backend) == nil)
    }

    @Test func `newer servers say in words that the key is wrong`() {
        let line = "Error: the key 0011 does not decrypt this database's root key; known: 2233"
        #expect(LogCause.find(in: ["x", line, "y"], of: .backend)?.code == "wrong-key")
    }

    @Test func `what does not come from the fixtures is recognised as well`() {
        let cases: [(InstanceContainers.Role, String, String)] = [
            (.backend, "migration-lock", "MigrationLocked: Migration table is already locked"),
            (.backend, "wrong-password", "password authentication failed for user \"infisical\""),
            (.backend, "heap", "FATAL ERROR: Reached heap limit - JavaScript heap out of memory"),
            (.database, "disk-full", "PANIC:  could not write to file: No space left on device"),
            (.database, "other-version", "FATAL:  database files are incompatible with server"),
            (.database, "no-password", "Error: Database is uninitialized and superuser password is not specified."),
            (.redis, "port-taken", "# Warning: Could not create server TCP listening socket: Address already in use"),
        ]
        for (role, code, line) in cases {
            let cause = LogCause.find(in: [line], of: role)
            #expect(cause?.code == code && cause?.hints.isEmpty == false)
        }
        // The last line that says something counts.
        let both = ["getaddrinfo ENOTFOUND h", "Unsupported state or unable to authenticate data"]
        #expect(LogCause.find(in: both, of: .backend)?.code == "wrong-key")
    }

    private func lines(_ name: String) throws -> [String] {
        let data = try Data(contentsOf: URL(filePath: Fixtures.path("server-logs/\(name).log")))
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
