import CLibPQ
import Effects

/// A statement that the server works on while its caller does something else.
extension Connection {
    /// Sends a statement and does not wait for its end. Until `finishRunning` the session runs no other.
    package func start(_ sql: SQL) throws(PostgresFault) {
        let during = sql.verb
        try effects.perform(.statement, during, failure: injected(during)) { () throws(PostgresFault) in
            try send(open(during), sql, during: during)
        }
    }

    /// Waits for the end of the statement that was started, and gives its rows.
    package func finishRunning() throws(PostgresFault) -> Rows {
        try rows(open("statement"), during: "statement", until: Deadline(seconds: nil))
    }
}
