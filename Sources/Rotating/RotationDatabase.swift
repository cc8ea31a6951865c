import Faults
import InfisicalData
import InfisicalStore
package import Postgres
package import Rekeying
import Rotation

/// The database's side of a rotation: it is closed to everybody else, goes over to other keys in one transaction, and can
/// be asked afterwards whether it did. Every step may be done again, by another process, too.
package final class RotationDatabase {
    /// Opens a session with the database, and one beside it, with another database of the same server.
    private let inside: () throws -> Connection
    private let beside: Connection
    private let fence: DatabaseFence
    /// Those that are inside while it is closed.
    private var sessions: [Connection] = []

    /// - Parameters:
    ///   - inside: opens a session with the database that writes.
    ///   - beside: a session with another database of the same server; this object closes it.
    package init(_ fence: DatabaseFence, inside: @escaping () throws -> Connection, beside: Connection) {
        self.fence = fence
        self.inside = inside
        self.beside = beside
    }

    deinit {
        leave()
        beside.close()
    }

    /// Gives the sessions inside up; a fence that stands keeps standing.
    private func leave() {
        for session in sessions { session.close() }
        sessions = []
    }

    /// Lets nobody in but the sessions that the next steps need.
    package func close() throws {
        leave()
        sessions = try fence.enclose(beside) {
            var opened: [Connection] = []
            do {
                for _ in 0..<3 { opened.append(try inside()) }
            } catch {
                for session in opened { session.close() }
                throw error
            }
            return opened
        }
    }

    /// Lets everybody in again.
    package func open() throws {
        leave()
        try fence.open(beside)
    }

    // MARK: - Over to the new keys

    /// Migrates everything, and commits when the keys are put away and the transaction can be found again.
    ///
    /// - Parameters:
    ///   - secure: puts away what only this run knows, before anything counts.
    ///   - mark: records by what the transaction is found again.
    package func migrate(
        _ exchange: KeyExchange, secure: (RekeyingReport) throws -> Void, mark: (TransactionMark) throws -> Void,
        progress: (Int) -> Void = { _ in }
    ) throws -> RekeyingReport {
        let (writer, reader, witness) = try enclosed()
        return try writer.transaction {
            let report = try exchange.forward.perform(writer: writer, reader: reader, progress: progress)
            try secure(report)
            try mark(try TransactionMark.take(writer, witness: witness))
            // Whoever came in all the same would go on with what it read before.
            let others = try fence.others(than: sessions, beside)
            if !others.isEmpty { throw PostgresFault.unknownClients(database: fence.database, others) }
            return report
        }
    }

    /// Puts everything back under the old keys, from the rows as they are now. What no key opens stays as it is and is named
    /// in the report: a way back stops at no value.
    package func migrateBack(
        _ exchange: KeyExchange, retired: RetiredKeys, progress: (Int) -> Void = { _ in }
    ) throws -> RekeyingReport {
        let (writer, reader, _) = try enclosed()
        var rekeying = exchange.back(retired: retired)
        rekeying.leaves = Set(try rekeying.survey(reader, migrationIsOver: true, progress: progress).closed.keys)
        return try writer.transaction {
            try rekeying.perform(writer: writer, reader: reader, progress: progress)
        }
    }

    /// Seals anew what a server wrote under the old keys meanwhile.
    ///
    /// - Returns: nil where there is nothing of it.
    package func sweep(_ exchange: KeyExchange, retired: RetiredKeys) throws -> RekeyingReport? {
        let reader = try inside(), writer = try inside()
        defer {
            reader.close()
            writer.close()
        }
        var rekeying = exchange.sweep(retired: retired)
        let survey = try rekeying.survey(reader, migrationIsOver: true)
        guard survey.rewritten > 0 else { return nil }
        rekeying.leaves.formUnion(survey.closed.keys)
        return try writer.transaction { try rekeying.perform(writer: writer, reader: reader) }
    }

    // MARK: - A staged key

    /// Puts the new key beside the old one, for the servers to take into use; the database stays open.
    ///
    /// - Parameter mark: records by what the transaction is found again.
    package func stage(_ staging: NativeStaging, mark: (TransactionMark) throws -> Void) throws {
        let writer = try inside(), witness = try inside()
        defer {
            writer.close()
            witness.close()
        }
        try writer.transaction {
            try staging.stage(writer)
            try mark(try TransactionMark.take(writer, witness: witness))
        }
    }

    /// Whether the new key is staged, or in use already. What an earlier run sent is awaited.
    package func isStaged(_ staging: NativeStaging) throws -> Bool {
        let session = try inside()
        defer { session.close() }
        return try session.transaction {
            try session.query("SELECT pg_catalog.pg_advisory_xact_lock(\(raw: String(Rekeying.rootLock)))")
            return try staging.state(session) != .gone
        }
    }

    private func enclosed() throws -> (writer: Connection, reader: Connection, witness: Connection) {
        guard sessions.count == 3 else {
            throw PostgresFault.unexpectedAnswer("the database \(fence.database) was not closed by this run")
        }
        return (sessions[0], sessions[1], sessions[2])
    }

    // MARK: - Whether it did

    /// Asks whether the transaction was committed, and then the rows.
    ///
    /// - Parameter mark: nil where none was recorded: no transaction came as far as its commit.
    /// - Throws: `RotationFault.disagrees` where the server and the rows say different things.
    package func isCommitted(_ mark: TransactionMark?, _ exchange: KeyExchange) throws -> Bool {
        try close()
        let session = sessions[0]
        // The rows can only be believed once nobody is left who could still commit.
        let fate = try mark?.fate(lock: Rekeying.rootLock, session) ?? .aborted
        defer { if mark != nil { release(session) } }
        let isNew = try opens(exchange.new, session), isOld = try opens(exchange.old, session)
        switch (fate, isNew, isOld) {
        case (.committed, _, false), (.unknown, true, false): return true
        case (.aborted, false, _), (.unknown, false, true): return false
        // Where nothing is encrypted with the key itself, either of them opens what there is.
        case (.committed, true, true): return true
        case (.aborted, true, true): return false
        case (.unknown(let reason), _, _):
            throw RotationFault.disagrees("\(reason), and the rows do not say it either")
        case (.committed, false, true):
            throw RotationFault.disagrees("the server calls it committed, and the database opens with the old key")
        case (.aborted, true, false):
            throw RotationFault.disagrees("the server calls it aborted, and the database opens with the new key")
        }
    }

    /// The same where nobody knows by what the transaction is found again: the rows decide, once nobody is left who could
    /// still commit.
    package func isMigrated(_ exchange: KeyExchange) throws -> Bool {
        try close()
        let session = sessions[0]
        switch (try opens(exchange.new, session), try opens(exchange.old, session)) {
        case (true, false): return true
        case (false, true): return false
        case (true, true): throw RotationFault.disagrees("both keys open it")
        case (false, false): throw RotationFault.disagrees("neither key opens it")
        }
    }

    /// The session ends it otherwise, with all of them.
    private func release(_ session: Connection) {
        do throws(PostgresFault) { try TransactionMark.release(lock: Rekeying.rootLock, session) } catch {
            leave()
        }
    }

    /// Whether these keys open the database: its root key, or in the eras without one what the key itself seals.
    private func opens(_ keys: EnvironmentKeys, _ session: Connection) throws -> Bool {
        let report = try KeyTrial.run(
            try InfisicalDatabase(session).keySamples(), with: [KeyHolder(name: "the rotation", keys: keys)])
        return report.opensRoot || report[.rootWrap]?.outcome == .notChecked(.noKMS) && report.opens
    }
}
