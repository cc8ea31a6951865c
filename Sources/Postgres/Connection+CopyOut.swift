import CLibPQ
import Effects
import Glibc

/// What one COPY TO delivered.
package struct CopyOutSummary: Sendable, Equatable {
    /// Rows by the server's own count.
    package var rows: UInt64
    /// Bytes of the COPY stream.
    package var bytes: UInt64
}

extension Connection {
    /// How long the reader of a TCP socket sleeps when it is empty, in microseconds. Sleeping lets the server fill the
    /// socket, so that one wake-up takes many rows; a wake-up per packet is what costs.
    ///
    /// A Unix socket holds some 200 KB, which the server fills in less than the shortest sleep and then stands still: it
    /// is read without pause.
    package static let copyPause = 500

    /// Runs a `COPY … TO STDOUT` and lends every message to `message`.
    ///
    /// PostgreSQL sends one row per message. In the binary format the first message begins with the 19-byte header, which
    /// may have a row or the trailer behind it, and the trailer is otherwise a message of two bytes; the messages one
    /// after another are the COPY stream. The bytes are valid during the call only.
    ///
    /// - Parameter pause: microseconds to sleep when the socket is empty; nil for what suits its kind.
    ///
    /// When `message` throws, the COPY is cancelled, the session stays usable, and the error is passed on.
    @discardableResult
    package func copyOut(
        _ sql: String, pause: Int? = nil, message: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> CopyOutSummary {
        let handle = try open("COPY")
        return try effects.perform(.copyOut, "COPY", failure: { injected("COPY")($0) as any Error }) {
            try begin(handle, sql, expecting: PGRES_COPY_OUT)
            var bytes: UInt64 = 0
            do {
                try receive(handle, pause: pause ?? suitablePause(PQsocket(handle))) { row in
                    bytes += UInt64(row.count)
                    try message(row)
                }
            } catch {
                if PQstatus(handle) == CONNECTION_OK {
                    stop(handle)
                    // It may have been at its end already.
                    do throws(PostgresFault) { try setEncodingBack() } catch { close() }
                }
                throw error
            }
            return CopyOutSummary(rows: UInt64(try endCopy(handle)), bytes: bytes)
        }
    }

    /// Sends a COPY statement and waits until the server has switched to the copy protocol.
    ///
    /// The stream is in the server's encoding. Where the session has another one, that is changed in the same message as
    /// the COPY: the server has converted the whole text, with all names in it, before it runs the first statement.
    func begin(_ handle: OpaquePointer, _ sql: String, expecting status: ExecStatusType) throws(PostgresFault) {
        let change = foreignEncoding(handle).map { "SET client_encoding TO \(Quoting.literal($0)); " } ?? ""
        guard PQsendQuery(handle, change + sql) == 1 else { throw lost("COPY") }
        let forEver = Deadline(seconds: nil)
        try flush(handle, during: "COPY", until: forEver)
        var results = change.isEmpty ? 1 : 2
        while let result = try nextResult(handle, during: "COPY", until: forEver) {
            defer { PQclear(result) }
            results -= 1
            if results == 0 && PQresultStatus(result) == status { return }
            if results > 0 && PQresultStatus(result) == PGRES_COMMAND_OK { continue }
            let failure = fault(of: result, during: "COPY")
            stop(handle)
            throw failure
        }
        throw lost("COPY")
    }

    /// Takes the server's answer to a COPY that is at its end.
    ///
    /// - Returns: the number of rows.
    func endCopy(_ handle: OpaquePointer) throws(PostgresFault) -> Int64 {
        let rows = try rows(handle, during: "COPY", until: Deadline(seconds: nil)).affected
        try setEncodingBack()
        return rows
    }

    /// After a COPY that succeeded; one that failed has undone the change of encoding itself.
    private func setEncodingBack() throws(PostgresFault) {
        guard let handle, foreignEncoding(handle) != nil, [.idle, .inTransaction].contains(transactionStatus) else {
            return
        }
        try query("SET client_encoding TO 'UTF8'")
    }

    /// The server's encoding, where the session's own is another one outside of COPY.
    func foreignEncoding(_ handle: OpaquePointer) -> String? {
        guard let name = PQparameterStatus(handle, "server_encoding") else { return nil }
        let encoding = String(cString: name)
        return ["UTF8", "SQL_ASCII"].contains(encoding) ? nil : encoding
    }

    private func receive(
        _ handle: OpaquePointer, pause: Int, message: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let socket = PQsocket(handle)
        var buffer: UnsafeMutablePointer<CChar>?
        // Whether a message came since the socket was found empty.
        var cameSince = true
        while true {
            let length = PQgetCopyData(handle, &buffer, 1)
            if length > 0 {
                defer { PQfreemem(buffer) }
                cameSince = true
                try message(UnsafeRawBufferPointer(start: buffer, count: Int(length)))
                continue
            }
            if length == -1 { return }
            if length < -1 {
                let isOpen = PQstatus(handle) == CONNECTION_OK
                throw lost("COPY", reason: isOpen ? "there is no memory left for a row" : nil)
            }
            if let interruption = interruption { throw PostgresFault.interrupted(interruption) }
            if !cameSince {
                // Asleep until the server has sent something at all, then a little longer, so that it can send more.
                do { _ = try cancellation.wait(for: socket, events: POLLIN) } catch {
                    throw PostgresFault.interrupted(error)
                }
                if pause > 0 { sleepBriefly(microseconds: pause) }
            }
            cameSince = false
            if PQconsumeInput(handle) == 0 { throw lost("COPY") }
        }
    }

    private func suitablePause(_ socket: Int32) -> Int {
        var domain = AF_UNIX, size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size)
        return domain == AF_UNIX ? 0 : Connection.copyPause
    }

    private var interruption: Interruption? { cancellation.signal.map { Interruption(signal: $0) } }

    private func sleepBriefly(microseconds: Int) {
        var time = timespec(tv_sec: 0, tv_nsec: microseconds * 1_000)
        nanosleep(&time, nil)
    }
}
