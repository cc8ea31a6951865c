import CopyFormat
import Effects
import Faults
import Glibc
import LiveSupport
import Postgres
import TestSupport
import Testing

/// The fault that `body` throws; records an issue and returns nil when it throws none.
func fault(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> PostgresFault? {
    do { try body() } catch let fault as PostgresFault { return fault }
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return nil
}

/// The code of the fault that `body` throws.
func code(sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) throws -> String? {
    try fault(sourceLocation: sourceLocation, body)?.code
}

/// Asks again and again, 200 times a second, until the answer is yes.
func wait(
    for what: String, seconds: Double = 20, sourceLocation: SourceLocation = #_sourceLocation,
    until isTrue: () throws -> Bool
) throws {
    let clock = SystemClock(), end = clock.monotonic() + UInt64(seconds * 1e9)
    while try !isTrue() {
        guard clock.monotonic() < end else { throw TestProblem("waited \(seconds) s in vain for \(what)") }
        usleep(5_000)
    }
}

extension Connection {
    /// The one number that a statement returns, in the column `n`.
    func number(_ sql: SQL) throws -> Int { try query(sql).only().integer("n") }

    /// The one text that a statement returns, in the column `t`.
    func text(_ sql: SQL) throws -> String? { try query(sql).only().stringIfAny("t") }

    /// The messages of a COPY.
    func messages(_ sql: String) throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        try copyOut(sql, pause: 0) { messages.append(Array($0)) }
        return messages
    }

    /// Writes a whole COPY stream.
    func load(_ stream: [UInt8], _ sql: String) throws -> Int64 {
        try copyIn(sql) { copy in try stream.withUnsafeBytes { try copy.put($0) } }
    }

    /// Waits until the session `pid` waits for something of this kind (`pg_stat_activity.wait_event_type`).
    func waitUntil(_ pid: Int32, waitsFor kind: String) throws {
        try wait(for: "session \(pid) to wait for \(kind)") {
            try number(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = \(pid)::int AND wait_event_type = \(kind)") == 1
        }
    }

    /// The relation of that name in the schema `public`.
    func relation(_ name: String) throws -> Relation {
        try #require(try Catalog.relations(self).first { $0.schema == "public" && $0.name == name })
    }
}
