import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import TestSupport
import Testing

/// What the tests share in which something happens while a backup runs.
extension OpsInstance {
    /// Runs the program on this thread and `other` beside it on a thread of its own.
    ///
    /// - Parameters:
    ///   - endpoint: the database, where it is not in the server that all tests share.
    ///   - other: is told by `Beside.isOver` when the program has ended.
    func run(
        _ arguments: [String], at endpoint: Endpoint? = nil, beside other: @escaping @Sendable (Beside) throws -> Void
    ) throws -> OpsResult {
        let beside = Beside(
            endpoint: try endpoint ?? LiveServer.get().endpoint(database: database), pgDumpFile: pgDumpFile)
        var result: OpsResult?
        try Threads.run(
            1,
            supervise: {
                defer { beside.end() }
                result = try run(arguments)
            }
        ) { _ in try other(beside) }
        return try #require(result)
    }

    /// Restores a backup and lends a session with what came out.
    func restored(_ id: String = "latest", _ body: (Connection) throws -> Void) throws {
        let name = "\(database)_restored"
        try ops("restore", id, "--to-database", name, "--yes").expect(0)
        defer { do { try LiveServer.drop(name) } catch { Issue.record("\(error)") } }
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: name))
        try body(connection)
        connection.close()
    }

    /// Ids of the backups there are, sorted.
    func backups() throws -> [String] {
        try stored("backups").filter { $0.hasSuffix(".json") }.map { String($0.dropFirst(8).dropLast(5)) }
    }

    /// Makes `pg_dump` a script that does `steps` and then becomes the real one; writes its process number into
    /// the file `pg_dump.pid` first.
    func replacePgDump(by steps: String) throws {
        unlink(pgDumpFile)
        for (name, body) in [("pg_dump", steps), ("pg_restore", "")] {
            let script = """
                #!/bin/sh
                case "$*" in *--version*) exec \(name) --version ;; esac
                \(name == "pg_dump" ? "echo $$ > \(pgDumpFile).new; mv \(pgDumpFile).new \(pgDumpFile)" : ":")
                \(body)
                exec \(name) "$@"
                """
            try write(Array(script.utf8), to: folder.path(name))
            chmod(folder.path(name), 0o755)
        }
    }
}

extension OpsInstance {
    fileprivate var pgDumpFile: String { folder.path("pg_dump.pid") }
}

/// The end of the program's run, and the way to its database.
final class Beside: Sendable {
    let endpoint: Endpoint
    private let pgDumpFile: String
    private let over = Cancellation()

    init(endpoint: Endpoint, pgDumpFile: String) {
        self.endpoint = endpoint
        self.pgDumpFile = pgDumpFile
    }

    var isOver: Bool { over.isCancelled }
    func end() { over.cancel() }

    func connect(_ role: String = "beside") throws -> Connection { try LiveServer.connect(endpoint, role: role) }

    /// Waits until `isTrue`, asking a thousand times a second.
    ///
    /// - Returns: false when the program ended before.
    @discardableResult
    func wait(until isTrue: () throws -> Bool) throws -> Bool {
        while try !isTrue() {
            if isOver { return false }
            usleep(1_000)
        }
        return true
    }

    /// How many sessions the program has for that purpose (`leader`, `worker`, `monitor`, `pg_dump`).
    func sessions(_ role: String, _ connection: Connection) throws -> Int {
        try connection.query(
            """
            SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = \("infisical-ops " + role)
            """
        ).count
    }

    @discardableResult
    func waitForSession(_ role: String, _ connection: Connection) throws -> Bool {
        try wait { try sessions(role, connection) > 0 }
    }

    /// Waits until the workers have read all rows and only `pg_dump` is left. A change that comes before is let through,
    /// and the backup starts over.
    func waitUntilRowsAreRead(_ connection: Connection) throws {
        try waitForPgDump()
        // They end when they have read; one may have come and gone between two looks.
        var isSeen = false, quiet = 0
        try wait {
            let workers = try sessions("worker", connection)
            isSeen = isSeen || workers > 0
            quiet = workers == 0 ? quiet + 1 : 0
            return quiet > (isSeen ? 50 : 2_000)
        }
    }

    /// Waits until the script in place of `pg_dump` runs; the leader has its locks then.
    ///
    /// - Returns: its process number.
    @discardableResult
    func waitForPgDump() throws -> Int32 {
        var number: Int32?
        try wait {
            guard access(pgDumpFile, F_OK) == 0 else { return false }
            let text = String(decoding: try Data(contentsOf: URL(filePath: pgDumpFile)), as: UTF8.self)
            number = Int32(text.prefix { $0.isNumber })
            return true
        }
        guard let number else { throw TestProblem("pg_dump was not started") }
        return number
    }
}

/// Seconds that something took.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = SystemClock(), start = clock.monotonic()
    try body()
    return Double(clock.monotonic() - start) / 1e9
}
