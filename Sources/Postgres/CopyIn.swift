import CLibPQ
import Effects
import Glibc

/// A `COPY … FROM STDIN` in progress.
///
/// Memory stays flat however slow the server is: what was put is handed to the socket before `put` returns. Ends with
/// `finish` or `fail`; until then the connection runs no other statement.
package final class CopyIn {
    /// The most that libpq is given at once, in bytes.
    private static let largestPiece = 64 * 1024

    private let connection: Connection
    private let handle: OpaquePointer
    private var isOpen = true
    /// Set when the server sent an answer in the middle of the copy: it only does so to report a failure.
    private var serverSpoke = false

    fileprivate init(connection: Connection, handle: OpaquePointer) {
        self.connection = connection
        self.handle = handle
    }

    deinit { if isOpen { connection.close() } }

    /// Sends the next piece of the COPY stream; it may be cut anywhere.
    package func put(_ piece: UnsafeRawBufferPointer) throws(PostgresFault) {
        try connection.effects.perform(.copyIn, "COPY", failure: connection.injected("COPY")) {
            () throws(PostgresFault) in
            var at = 0
            while at < piece.count {
                let part = UnsafeRawBufferPointer(rebasing: piece[at..<min(piece.count, at + Self.largestPiece)])
                let status = PQputCopyData(
                    handle, part.bindMemory(to: CChar.self).baseAddress, Int32(part.count))
                if status < 0 { throw connection.lost("COPY") }
                try flush()
                if serverSpoke { throw try failure() }
                if status == 1 { at += part.count }
            }
        }
    }

    /// Ends the stream.
    ///
    /// - Returns: the number of rows that the server stored.
    package func finish() throws(PostgresFault) -> Int64 {
        isOpen = false
        guard PQputCopyEnd(handle, nil) >= 0 else { throw connection.lost("COPY") }
        try connection.flush(handle, during: "COPY", until: Deadline(seconds: nil))
        return try connection.endCopy(handle)
    }

    /// Gives up: the server drops the rows, and an open transaction is aborted.
    package func fail(_ reason: String) throws(PostgresFault) {
        guard isOpen else { return }
        do throws(PostgresFault) { _ = try end(saying: reason) } catch {
            // The server answers with the failure that was asked for.
            if case .cancelled = error { return }
            throw error
        }
    }

    /// Takes the failure that the server reported in the middle of the stream.
    private func failure() throws(PostgresFault) -> PostgresFault {
        _ = try end(saying: "the server sent an answer in the middle of the copy")
        return .unexpectedAnswer("it ended a COPY without a reason")
    }

    private func end(saying reason: String) throws(PostgresFault) -> Rows {
        isOpen = false
        guard PQputCopyEnd(handle, reason) >= 0 else { throw connection.lost("COPY") }
        // A run that was interrupted still has to leave a usable session behind.
        let soon = Deadline(seconds: 10)
        return try connection.rows(handle, during: "COPY", until: soon)
    }

    private func flush() throws(PostgresFault) {
        while true {
            let left = PQflush(handle)
            if left < 0 { throw connection.lost("COPY") }
            let ready: Int32
            do {
                ready = try connection.cancellation.wait(
                    for: PQsocket(handle), events: POLLIN | (left == 0 ? 0 : POLLOUT), milliseconds: left == 0 ? 0 : -1)
            } catch {
                isOpen = false
                connection.stop(handle)
                throw .interrupted(error)
            }
            if ready & POLLIN != 0 {
                guard PQconsumeInput(handle) == 1 else { throw connection.lost("COPY") }
                serverSpoke = true
                return
            }
            if left == 0 { return }
        }
    }
}

extension Connection {
    /// Starts a `COPY … FROM STDIN`.
    package func copyIn(_ sql: String) throws(PostgresFault) -> CopyIn {
        let handle = try open("COPY")
        return try effects.perform(.copyIn, "COPY", failure: injected("COPY")) { () throws(PostgresFault) -> CopyIn in
            try begin(handle, sql, expecting: PGRES_COPY_IN)
            return CopyIn(connection: self, handle: handle)
        }
    }

    /// Runs a `COPY … FROM STDIN` around `body`, which puts the stream; when it throws, the server drops the rows.
    ///
    /// - Returns: the number of rows that the server stored.
    package func copyIn(_ sql: String, _ body: (CopyIn) throws -> Void) throws -> Int64 {
        let copy = try copyIn(sql)
        do { try body(copy) } catch {
            do throws(PostgresFault) { try copy.fail("the reader of the backup failed") } catch { close() }
            throw error
        }
        return try copy.finish()
    }
}
