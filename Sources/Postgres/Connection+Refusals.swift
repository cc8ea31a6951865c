import CLibPQ
import Effects

/// Statements that the server may refuse without harm.
extension Connection {
    /// Runs a text of several statements, all or none of them; their rows are dropped.
    ///
    /// - Returns: why the server refused; nil when it did not.
    /// - Throws: what is about the server, the session or the run, and not about what the statements make.
    package func attempt(_ script: [UInt8]) throws(PostgresFault) -> Refusal? {
        let during = "script"
        return try effects.perform(.statement, during, failure: injected(during)) {
            () throws(PostgresFault) -> Refusal? in
            let handle = try open(during), text = script + [0]
            let sent = text.withUnsafeBytes { PQsendQuery(handle, $0.bindMemory(to: CChar.self).baseAddress) }
            guard sent == 1 else { throw lost(during) }
            let deadline = Deadline(seconds: nil)
            try flush(handle, during: during, until: deadline)
            var refusal: Refusal?, failure: PostgresFault?, hasAnswer = false
            while let result = try nextResult(handle, during: during, until: deadline) {
                hasAnswer = true
                defer { PQclear(result) }
                switch PQresultStatus(result) {
                case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: continue
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    stop(handle)
                    throw .unexpectedAnswer("a COPY where rows were expected")
                default:
                    refusal = refusal ?? self.refusal(of: result)
                    if refusal == nil { failure = failure ?? fault(of: result, during: during) }
                }
            }
            if let failure { throw failure }
            guard hasAnswer else { throw lost(during) }
            return refusal
        }
    }

    package func attempt(_ sql: String) throws(PostgresFault) -> Refusal? { try attempt(Array(sql.utf8)) }

    private func refusal(of result: OpaquePointer) -> Refusal? {
        guard let state = field(clibpq_field_sqlstate, of: result), Refusal.isOfObject(state),
            !Refusal.isOfStorage(source: field(clibpq_field_source, of: result))
        else { return nil }
        return Refusal(
            sqlState: state, reason: reason(of: result, state),
            isAboutRole: Refusal.isAboutRole(raisedBy: field(clibpq_field_function, of: result)))
    }

    /// Data exceptions quote values; violated constraints do so in DETAIL only.
    private func reason(of result: OpaquePointer, _ state: String) -> String {
        if Refusal.isRaised(by: field(clibpq_field_function, of: result)) { return Refusal.raised }
        let place = place(in: result)
        if ["21", "22", "2F", "38", "39", "44"].contains(state.prefix(2)) {
            return "a value is refused" + (place.isEmpty ? "" : " (\(place))")
        }
        let primary = field(clibpq_field_message, of: result) ?? "no reason given"
        guard state.hasPrefix("23"), let detail = field(clibpq_field_detail, of: result).flatMap(Refusal.masked) else {
            return primary
        }
        return "\(primary): \(detail.hasSuffix(".") ? String(detail.dropLast()) : detail)"
    }
}
