import CLibPQ
import Effects

/// Texts of several statements, whose rows are dropped.
extension Connection {
    /// Runs a text of several statements that the program itself wrote; their rows are dropped.
    package func execute(script: String, deadline: Double? = nil) throws(PostgresFault) {
        try run(script: Array(script.utf8) + [0], during: SQL(raw: script).verb, deadline: deadline)
    }

    /// Runs a text of several statements in the database's own encoding; their rows are dropped.
    package func execute(encoded sql: [UInt8]) throws(PostgresFault) {
        let encoding = handle.flatMap { foreignEncoding($0) }
        if let encoding { try query("SET client_encoding TO \(literal: encoding)") }
        do throws(PostgresFault) { try run(script: sql + [0], during: "script", deadline: nil) } catch {
            // As it was for whoever goes on with the session; a lost one is over anyway.
            if encoding != nil {
                do throws(PostgresFault) { try query("SET client_encoding TO 'UTF8'") } catch { close() }
            }
            throw error
        }
        if encoding != nil { try query("SET client_encoding TO 'UTF8'") }
    }

    private func run(script: [UInt8], during: String, deadline: Double?) throws(PostgresFault) {
        try effects.perform(.statement, during, failure: injected(during)) { () throws(PostgresFault) in
            let handle = try open(during)
            let sent = script.withUnsafeBytes { PQsendQuery(handle, $0.bindMemory(to: CChar.self).baseAddress) }
            guard sent == 1 else { throw lost(during) }
            let deadline = Deadline(seconds: deadline)
            try flush(handle, during: during, until: deadline)
            _ = try rows(handle, during: during, until: deadline)
        }
    }
}
