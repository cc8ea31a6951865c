import Effects
import Faults
import Instance
import InstanceAccess
import Postgres
import Settings

/// The part of a restore in place in which the instance stands still: backend stopped, databases exchanged, Redis
/// emptied, backend started. Every step may be done again.
struct InPlaceSwap {
    private let workplace: Workplace
    private let file: InPlaceJournalFile
    private let told: (String) -> Void
    private(set) var journal: InPlaceJournal
    /// Makes the backend's container again instead of starting it, when its env file has another key by now.
    private let recreates: Bool

    /// Seconds that the backend may take to stop.
    private static let stopPatience = 30

    init(_ workplace: Workplace, _ journal: InPlaceJournal, recreates: Bool, told: @escaping (String) -> Void) {
        self.workplace = workplace
        self.journal = journal
        self.recreates = recreates
        self.told = told
        file = InPlaceJournalFile(workplace)
    }

    /// From a complete copy to a running backend.
    ///
    /// - Throws: with everything as it was, unless the databases are already exchanged.
    mutating func perform() throws {
        do {
            try enter(.stopping)
            told("stopping the backend")
            try stopBackend()
            try enter(.swapping)
            try exchange()
        } catch {
            // Whether the renames were committed is asked, not guessed.
            let undone = workplace.uncancelled()
            var back = InPlaceSwap(undone, journal, recreates: recreates, told: told)
            let cleanup = back.takeBack()
            throw Failure(.of(error), context: ["restore in place"], cleanup: cleanup)
        }
        try finish()
    }

    /// What is left when the databases are exchanged.
    ///
    /// - Throws: `InPlaceFault.unfinished`; the next run goes on.
    mutating func finish() throws {
        do {
            try enter(.starting)
            if journal.flushesRedis {
                told("emptying Redis")
                try flush()
            }
            told("starting the backend")
            try startBackend(recreating: recreates)
            try file.remove()
        } catch {
            let fault: any Fault = .of(error)
            if fault.exit == .interrupted || fault.exit == .terminated { throw fault }
            throw InPlaceFault.unfinished(fault.message)
        }
    }

    /// Goes on where a run was killed.
    mutating func resume() throws {
        switch journal.phase {
        case .copying: try discard()
        case .stopping: try perform()
        case .swapping: try isExchanged() ? finish() : perform()
        case .starting: try finish()
        }
    }

    private mutating func enter(_ phase: InPlaceJournal.Phase) throws {
        journal.phase = phase
        try file.write(journal)
    }

    // MARK: - Backend

    private func control() -> InstanceControl {
        InstanceControl(workplace.instance, patience: InPlaceSwap.stopPatience)
    }

    private func stopBackend() throws {
        // The engine would start it again; the policy is put back at the end.
        if let backend = journal.backend, backend.restartPolicy != "no",
            try !workplace.surroundings.docker.setRestartPolicy("no", of: backend.name)
        {
            told("this engine cannot change restart policies; do not restart it meanwhile")
        }
        try control().stop(.backend)
    }

    private func startBackend(recreating: Bool) throws {
        if let backend = journal.backend {
            _ = try workplace.surroundings.docker.setRestartPolicy(backend.restartPolicy, of: backend.name)
            if recreating, let container = workplace.instance.containers?[.backend] {
                return try Recreation(container, workplace.instance).perform(seconds: InPlaceSwap.stopPatience)
            }
        }
        try control().start(.backend)
    }

    // MARK: - Databases

    /// A session that sees what became of everything that was sent to the server before.
    private func settled() throws -> Connection {
        let connection = try workplace.openBesideLive()
        do {
            try within("waiting for what the server still does for the earlier run") {
                try WorkMark.waitForEnd(of: journal.copy, seconds: 60, connection)
            }
        } catch {
            connection.close()
            throw error
        }
        return connection
    }

    private func exchange() throws {
        let connection = try workplace.openBesideLive()
        defer { connection.close() }
        told("exchanging the databases")
        try WorkMark.set(journal.copy, connection)
        if try TargetDatabase.exists(journal.live, connection) {
            try DatabaseSwap.setOpen(false, journal.live, connection)
        }
        try DatabaseSwap.swap(live: journal.live, copy: journal.copy, kept: journal.kept, connection)
    }

    /// The copy is gone and the live one there only after the renames, which are one transaction.
    private func isExchanged() throws -> Bool {
        let connection = try settled()
        defer { connection.close() }
        return try !TargetDatabase.exists(journal.copy, connection)
            && TargetDatabase.exists(journal.live, connection)
    }

    // MARK: - Back

    /// Puts everything back to where it was before the backend was stopped, or, when the databases turn out to be
    /// exchanged, goes on to the end: that is the only state in which the instance works.
    private mutating func takeBack() -> [any Fault] {
        do {
            if journal.phase == .swapping {
                if try isExchanged() {
                    try finish()
                    return []
                }
                let connection = try workplace.openBesideLive()
                defer { connection.close() }
                if try TargetDatabase.exists(journal.live, connection) {
                    try DatabaseSwap.setOpen(true, journal.live, connection)
                }
            }
            // On the old database it works only with the key that it has.
            try startBackend(recreating: false)
            try discard()
            return []
        } catch { return [.of(error)] }
    }

    /// Throws the copy away, complete or not, and the journal.
    func discard() throws {
        if journal.ownsCopy {
            let connection = try settled()
            defer { connection.close() }
            // No other run makes a copy of this name, so whoever is still in it belongs to the one that ended.
            let names = try RestoreOperation.unfinished(of: journal.copy, isIdle: false, connection)
            for name in names + [journal.copy] { try TargetDatabase.drop(name, on: connection) }
        }
        try file.remove()
    }

    // MARK: - Redis

    private func flush() throws {
        let surroundings = workplace.surroundings
        switch try RedisAddress.find(workplace.instance) {
        case .unknown(let reason): throw InPlaceFault.redisUnreachable(reason)
        case .endpoint(let endpoint):
            var connection = try RedisConnection.open(
                endpoint, effects: surroundings.effects, cancellation: surroundings.cancellation, seconds: 20)
            try connection.flushDatabase()
        }
    }
}

extension Workplace {
    /// A session with the server of the live database that does not keep that from being renamed.
    func openBesideLive() throws -> Connection {
        try Connection.open(
            DatabaseConnections(instance).endpoint(.main).with(database: "template1"), role: "in-place",
            effects: surroundings.effects, cancellation: surroundings.cancellation)
    }
}
