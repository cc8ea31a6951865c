import Faults
import FoundationEssentials
import TestSupport
import Testing

@testable import Instance

@Suite struct LogCauseTests {
    /// The logs of a real server, one file a cause, and what each must be taken for.
    @Test(arguments: [
        ("auth-missing", "auth-secret-missing", Condition.crashLoop), ("db-host-unknown", "host-unknown", .crashLoop),
        ("db-missing", "database-missing", .crashLoop), ("db-not-migrated", "not-migrated", .crashLoop),
        ("db-unreachable", "database-unreachable", .crashLoop), ("key-64-hex", "key-length", .wrongKey),
        ("key-missing", "key-missing", .wrongKey), ("port-taken", "port-taken", .crashLoop),
        ("redis-unreachable", "redis-unreachable", .crashLoop), ("redis-url-missing", "redis-url-missing", .crashLoop),
        ("wrong-key", "wrong-key", .wrongKey),
    ])
    func `every cause of a real server is recognised`(file: String, code: String, condition: Condition) throws {
        let cause = try #require(LogCause.find(in: try lines(file), of: .backend))
        #expect(cause.code == code && cause.condition == condition && !cause.words.hasSuffix("."))
        #expect(cause.hints.contains { if case .command = $0 { true } else { false } })
    }

    @Test func `a healthy start has no cause, in spite of its complaint about mail`() throws {
        #expect(LogCause.find(in: try lines("ok"), of: .backend) == nil)
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
