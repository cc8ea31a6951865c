import CLibPQ
package import Effects
import Glibc

/// One session with a PostgreSQL server.
///
/// A class, because a COPY in progress, a snapshot and a lock monitor each hold on to it; not `Sendable`, so that the
/// compiler keeps every connection on the thread that opened it. `deinit` closes it.
package final class Connection {
    /// The state of the session's transaction, as the server reported it last.
    package enum TransactionStatus: Sendable {
        case idle, active, inTransaction, failed, unknown
    }

    package let endpoint: Endpoint
    package let effects: Effects
    package let cancellation: Cancellation
    /// Nil once closed.
    private(set) var handle: OpaquePointer?
    /// Whether the session belongs to a pooler and is ours for one transaction only.
    package internal(set) var isVisit = false

    init(owning handle: OpaquePointer, endpoint: Endpoint, effects: Effects, cancellation: Cancellation) {
        self.handle = handle
        self.endpoint = endpoint
        self.effects = effects
        self.cancellation = cancellation
    }

    deinit { if let handle { PQfinish(handle) } }

    /// Ends the session; a transaction in progress is rolled back by the server.
    package func close() {
        guard let handle else { return }
        if isVisit {
            isVisit = false
            // A pooler throws a session away that is left in a transaction; one that cannot be ended is no loss.
            do throws(PostgresFault) { try query("ROLLBACK", deadline: 5) } catch {}
        }
        guard self.handle != nil else { return }
        // An injected failure of closing has nobody to report to: the session is over either way.
        _ = effects.call(.closeConnection, endpoint.server) {
            PQfinish(handle)
            return 0
        }
        self.handle = nil
    }

    package var transactionStatus: TransactionStatus {
        guard let handle else { return .unknown }
        switch PQtransactionStatus(handle) {
        case PQTRANS_IDLE: return .idle
        case PQTRANS_ACTIVE: return .active
        case PQTRANS_INTRANS: return .inTransaction
        case PQTRANS_INERROR: return .failed
        default: return .unknown
        }
    }

    package var serverVersion: ServerVersion { ServerVersion(handle.map { Int(PQserverVersion($0)) } ?? 0) }

    /// The server process that serves this session.
    package var backendPID: Int32 { handle.map { PQbackendPID($0) } ?? 0 }

    /// Whether the server asked for the password, so that a success proves it.
    package var usedPassword: Bool { handle.map { PQconnectionUsedPassword($0) == 1 } ?? false }

    // MARK: - Statements

    /// Runs one statement and returns its rows.
    ///
    /// - Parameter deadline: seconds after which the statement is cancelled on the server; nil waits for ever.
    @discardableResult
    package func query(_ sql: SQL, deadline: Double? = nil) throws(PostgresFault) -> Rows {
        let during = sql.verb
        return try effects.perform(.statement, during, failure: injected(during)) { () throws(PostgresFault) -> Rows in
            let handle = try open(during)
            try send(handle, sql, during: during)
            return try rows(handle, during: during, until: Deadline(seconds: deadline))
        }
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    package func transaction<Value>(_ begin: SQL = "BEGIN", _ body: () throws -> Value) throws -> Value {
        try query(begin)
        do {
            let value = try body()
            try query("COMMIT")
            return value
        } catch {
            try rollBack(after: error)
            throw error
        }
    }

    /// Ends a transaction that failed with `error`; a lost connection needs no rollback.
    private func rollBack(after error: any Error) throws {
        guard [.inTransaction, .failed].contains(transactionStatus) else { return }
        do throws(PostgresFault) { try query("ROLLBACK") } catch {
            // The session cannot be trusted any more; closing it makes the server roll back.
            close()
        }
    }

    // MARK: - Shared by statements and COPY

    func open(_ during: String) throws(PostgresFault) -> OpaquePointer {
        guard let handle else {
            throw .connectionLost(server: endpoint.server, during: during, reason: "it was closed before")
        }
        return handle
    }

    func injected(_ during: String) -> (Errno) -> PostgresFault {
        let server = endpoint.server
        return { .connectionLost(server: server, during: during, reason: $0.text) }
    }

    func lost(_ during: String, reason: String? = nil) -> PostgresFault {
        .connectionLost(server: endpoint.server, during: during, reason: reason)
    }

    func send(_ handle: OpaquePointer, _ sql: SQL, during: String) throws(PostgresFault) {
        let sent = withCStrings(sql.values) { values in
            PQsendQueryParams(handle, sql.text, Int32(sql.values.count), nil, values, nil, nil, 0)
        }
        guard sent == 1 else { throw lost(during) }
        try flush(handle, during: during, until: Deadline(seconds: nil))
    }

    /// Takes all results of the statement that was sent; the last one's rows, or the first failure.
    func rows(
        _ handle: OpaquePointer, during: String, until deadline: Deadline
    ) throws(PostgresFault) -> Rows {
        var last: Rows?, failure: PostgresFault?
        while let result = try nextResult(handle, during: during, until: deadline) {
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                last = Rows(owning: result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(result)
                stop(handle)
                throw .unexpectedAnswer("a COPY where rows were expected")
            default:
                failure = failure ?? fault(of: result, during: during)
                PQclear(result)
            }
        }
        if let failure { throw failure }
        guard let last else { throw lost(during) }
        return last
    }

    /// Waits for the next result; nil after the last.
    func nextResult(
        _ handle: OpaquePointer, during: String, until deadline: Deadline
    ) throws(PostgresFault) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            try wait(handle, for: POLLIN, during: during, until: deadline)
            // A failure to read shows in the next result.
            if PQconsumeInput(handle) == 0 { break }
        }
        return PQgetResult(handle)
    }

    /// Sends what libpq still holds.
    func flush(_ handle: OpaquePointer, during: String, until deadline: Deadline) throws(PostgresFault) {
        while true {
            let left = PQflush(handle)
            if left == 0 { return }
            if left < 0 { throw lost(during) }
            // The server may be waiting for us to read before it reads on.
            let ready = try wait(handle, for: POLLIN | POLLOUT, during: during, until: deadline)
            if ready & POLLIN != 0, PQconsumeInput(handle) == 0 { throw lost(during) }
        }
    }

    /// Waits for the socket. When the deadline passes or the run is cancelled, the statement is cancelled too.
    @discardableResult
    func wait(
        _ handle: OpaquePointer, for events: Int32, during: String, until deadline: Deadline
    ) throws(PostgresFault) -> Int32 {
        do {
            let ready = try cancellation.wait(
                for: PQsocket(handle), events: events, milliseconds: deadline.millisecondsLeft)
            if ready != 0 || !deadline.hasPassed { return ready }
        } catch {
            stop(handle)
            throw .interrupted(error)
        }
        stop(handle)
        throw .deadlinePassed(during: during, seconds: deadline.seconds)
    }

    /// Cancels the running statement on the server and takes its answers, so that the session can be used again. If it
    /// does not end within five seconds, the session is closed.
    func stop(_ handle: OpaquePointer) {
        let deadline = Deadline(seconds: 5)
        requestCancel(handle, until: deadline)
        while !deadline.hasPassed {
            if PQisBusy(handle) == 1 {
                var polled = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
                poll(&polled, 1, deadline.millisecondsLeft)
                if PQconsumeInput(handle) == 0 { break }
                continue
            }
            guard let result = PQgetResult(handle) else { return }
            let status = PQresultStatus(result)
            PQclear(result)
            if status == PGRES_COPY_OUT { drainCopy(handle, until: deadline) }
            if status == PGRES_COPY_IN { PQputCopyEnd(handle, "stopped") }
        }
        close()
    }

    /// libpq's request is a connection of its own that knows no deadline: a server that is gone, or stands still, would
    /// hold it up for minutes.
    private func requestCancel(_ handle: OpaquePointer, until deadline: Deadline) {
        guard let request = PQgetCancel(handle) else { return }
        nonisolated(unsafe) let owned = request
        Threads.attempt(milliseconds: deadline.millisecondsLeft) {
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(owned, &message, Int32(message.count))
            PQfreeCancel(owned)
        }
    }

    private func drainCopy(_ handle: OpaquePointer, until deadline: Deadline) {
        var row: UnsafeMutablePointer<CChar>?
        while !deadline.hasPassed {
            let length = PQgetCopyData(handle, &row, 1)
            if let row { PQfreemem(row) }
            if length < 0 { return }
            if length == 0 {
                var polled = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
                poll(&polled, 1, deadline.millisecondsLeft)
                if PQconsumeInput(handle) == 0 { return }
            }
        }
    }
}

/// Lends an array of C strings; nil stays a null pointer.
private func withCStrings<Result>(
    _ values: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    let copies = values.map { $0.flatMap { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { body($0.baseAddress) }
}
