import CLibPQ
import Effects

/// A statement that the server works on while its caller does something else.
extension Connection {
    /// Sends a statement and does not wait for its end. Until `finishRunning` the session runs no other.
    package func start(_ sql: SQL) throws(PostgresFault) {
        let during = sql.verb
        try effects.perform(.statement, during, failure: injected(during)) { () throws(PostgresFault) in
            let handle = try open(during)
            try send(handle, sql, during: during)
        }
    }

    /// Waits for the end of the statement that was started, and gives its rows.
    package func finishRunning() throws(PostgresFault) -> Rows {
        let handle = try open("statement")
        return try rows(handle, during: "statement", until: Deadline(seconds: nil))
    }
}
