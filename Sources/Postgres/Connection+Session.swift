import CLibPQ
import Effects

/// Makes sure that a session is what it was asked to be.
///
/// Until the search path is known to be empty, statements hold nothing that a database could have another meaning for:
/// `SHOW`, `SET`, and functions named with `pg_catalog` and called without arguments.
extension Connection {
    /// Reads every pin back, and sets those that could not be set while the session began.
    ///
    /// - Throws: `pooler`, `settingRefused`, `settingDangerous`.
    func verify(_ use: SessionUse, seconds: Int) throws(PostgresFault) {
        let pins = SessionPin.atStart(use)
        var shown = try ask(["SELECT pg_catalog.pg_backend_pid()"] + shows(SessionPin.superuserOnly + pins), seconds)
        guard Int32(shown.removeFirst()) == backendPID else {
            throw .pooler(server: endpoint.server, sign: .otherProcess, direct: endpoint.direct)
        }
        try refuseDangerous(shown)
        var missed = zip(pins, shown.dropFirst(SessionPin.superuserOnly.count)).filter { !$0.holds($1) }.map(\.0)
        // libpq sends these of its own accord, behind the options.
        let settled = missed.filter { Connection.environmentPins.contains($0.name) }
        missed.removeAll { Connection.environmentPins.contains($0.name) }
        if let missed = missed.first { throw refused(missed) }
        let later = settled + SessionPin.afterStart(use, serverVersion, serverEncoding: serverEncoding)
        if later.isEmpty { return }
        let answers = try ask([SessionPin.statement(later, isLocal: false)] + shows(later), seconds)
        for (pin, answer) in zip(later, answers) where !pin.holds(answer) { throw refused(pin) }
    }

    /// Begins a transaction in which a pooled session is pinned: whatever is set ends with it, and the pooler keeps the
    /// session for us until then.
    func visit(seconds: Int) throws(PostgresFault) {
        let pins =
            (SessionPin.atStart(.reading)
            + SessionPin.afterStart(.reading, serverVersion, serverEncoding: serverEncoding)).filter { !$0.isForStart }
        do throws(PostgresFault) {
            _ = try ask(["BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"], seconds)
        } catch {
            if case .connectionLost = error {
                throw .pooler(server: endpoint.server, sign: .noTransactions, direct: endpoint.direct)
            }
            throw error
        }
        let shown = try ask(
            [SessionPin.statement(pins, isLocal: true)] + shows(SessionPin.superuserOnly + pins), seconds)
        try refuseDangerous(shown)
        let pinned = shown.dropFirst(SessionPin.superuserOnly.count)
        for (pin, answer) in zip(pins, pinned) where !pin.holds(answer) { throw refused(pin) }
    }

    private func shows(_ pins: [SessionPin]) -> [String] { pins.map { "SHOW \($0.name)" } }

    private func refuseDangerous(_ shown: [String]) throws(PostgresFault) {
        for (pin, answer) in zip(SessionPin.superuserOnly, shown) where !pin.holds(answer) {
            throw .settingDangerous(name: pin.name, value: answer, server: endpoint.server)
        }
    }

    private func refused(_ pin: SessionPin) -> PostgresFault {
        .settingRefused(name: pin.name, value: pin.value, server: endpoint.server)
    }

    /// The encoding of the database.
    package var serverEncoding: String? {
        handle.flatMap { PQparameterStatus($0, "server_encoding") }.map { String(cString: $0) }
    }

    /// The encoding of what is sent and read.
    var clientEncoding: String? {
        handle.flatMap { PQparameterStatus($0, "client_encoding") }.map { String(cString: $0) }
    }

    /// What `PGDATESTYLE` and `PGTZ` set.
    private static let environmentPins: Set = ["datestyle", "timezone"]

    /// Runs statements in one round trip.
    ///
    /// - Returns: the first value of each that has rows.
    private func ask(_ statements: [String], _ seconds: Int) throws(PostgresFault) -> [String] {
        let during = "SHOW"
        return try effects.perform(.statement, during, failure: injected(during)) {
            () throws(PostgresFault) -> [String] in
            let handle = try open(during)
            guard PQsendQuery(handle, statements.joined(separator: "; ")) == 1 else { throw lost(during) }
            let deadline = Deadline(seconds: Double(seconds))
            try flush(handle, during: during, until: deadline)
            var answers: [String] = [], failure: PostgresFault?
            while let result = try nextResult(handle, during: during, until: deadline) {
                defer { PQclear(result) }
                switch PQresultStatus(result) {
                case PGRES_TUPLES_OK:
                    guard PQntuples(result) == 1, let value = PQgetvalue(result, 0, 0) else {
                        failure = failure ?? .unexpectedAnswer("no value for a setting")
                        continue
                    }
                    answers.append(String(cString: value))
                case PGRES_COMMAND_OK: continue
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    stop(handle)
                    throw .unexpectedAnswer("a COPY where rows were expected")
                default: failure = failure ?? fault(of: result, during: during)
                }
            }
            if let failure { throw failure }
            let wanted = statements.count { !$0.hasPrefix("SET ") && !$0.hasPrefix("BEGIN") }
            guard answers.count == wanted else {
                throw .unexpectedAnswer("\(answers.count) values where \(wanted) were asked for")
            }
            return answers
        }
    }
}
