import Effects
import Faults
import InPlace
import Instance
import InstanceAccess
import Postgres
import Restoring
import Settings

/// What is done in each state of a restore in place. Every action may be done again.
struct InPlaceActions {
    private let instance: InstanceAccess
    private let work: InPlaceWork
    /// Seconds that the backend may take to stop.
    private let stopPatience: Int
    private let told: (String) -> Void
    /// Restores the backup beside the live database and proves that it opens; nil where a copy is there already.
    private let makeCopy: (() throws -> Void)?
    /// Writes down that the copy is in place, before anybody can use it.
    private let noteExchange: () -> Void

    init(
        _ instance: InstanceAccess, _ work: InPlaceWork, stopPatience: Int, told: @escaping (String) -> Void,
        makeCopy: (() throws -> Void)?, noteExchange: @escaping () -> Void
    ) {
        self.instance = instance
        self.stopPatience = stopPatience
        self.work = work
        self.told = told
        self.makeCopy = makeCopy
        self.noteExchange = noteExchange
    }

    func perform(_ action: InPlaceMachine.Action) throws -> InPlaceMachine.Event {
        switch action {
        case .makeCopy: try makeCopy?()
        case .stopBackend: try stopBackend()
        case .exchangeDatabases: try exchange()
        case .askWhetherExchanged: return try isExchanged() ? .wasExchanged : .wasNotExchanged
        case .reopenDatabase: try reopen()
        case .startBackend:
            noteExchange()
            try startBackend()
        case .startOldBackend: try startBackend(onOldDatabase: true)
        case .discardCopy: try discard()
        case .emptyRedis:
            noteExchange()
            // Without an engine nothing keeps a service manager from starting it before a killed run goes on.
            try control.stopAgain()
            try emptyRedis()
        }
        return .done
    }

    // MARK: - Backend

    private var control: BackendControl { BackendControl(instance, patience: stopPatience) }

    /// Whether the backend runs now; nil where nothing can tell.
    var backendRuns: Bool? {
        // It is asked for a sentence about a run that has failed already.
        try? control.isRunning()
    }

    private func stopBackend() throws {
        told("stopping the backend")
        // The engine would start it again; the policy is put back at the end.
        if let backend = work.backend, backend.restartPolicy != "no",
            try !control.setRestartPolicy("no", of: backend.name)
        {
            told("this engine cannot change restart policies; do not restart it meanwhile")
        }
        try control.stop()
    }

    private func startBackend(onOldDatabase: Bool = false) throws {
        told("starting the backend")
        guard let backend = work.backend else { return try control.start() }
        _ = try control.setRestartPolicy(backend.restartPolicy, of: backend.name)
        // One that still runs on another key than the env file has could not open what was put under it; on the old
        // database it works only with the key that it has.
        if !onOldDatabase, KeysInForce(instance).finding != nil, let container = instance.containers?[.backend] {
            return try control.recreate(container)
        }
        try control.start()
    }

    // MARK: - Databases

    private func beside() throws -> Connection { try DatabaseConnections(instance).openBeside("in-place") }

    /// A session that sees what became of everything that was sent to the server before.
    private func settled() throws -> Connection {
        let connection = try beside()
        do {
            try within("waiting for what the server is still doing for the earlier run") {
                try AdvisoryLock.waitForEnd(of: work.copy, seconds: 60, connection)
            }
        } catch {
            connection.close()
            throw error
        }
        return connection
    }

    private func exchange() throws {
        let connection = try beside()
        defer { connection.close() }
        told("swapping the databases")
        try AdvisoryLock.share(work.copy, connection)
        // Another one of the same name, made meanwhile, is not what the plan was about.
        guard try DatabaseSwap.oid(of: work.live, connection) == work.replaced?.oid else {
            throw InPlaceFault.otherDatabase(work.live)
        }
        if work.replaced != nil {
            let left = try ClientSession.beyondReach(in: work.live, connection)
            if !left.isEmpty { throw InPlaceFault.sessionsLeft(database: work.live, left.map(\.text)) }
            try DatabaseFence.setOpen(false, work.live, connection)
        }
        try DatabaseSwap.swap(live: work.live, copy: work.copy, kept: work.kept, connection)
    }

    /// The copy is gone, and another database in place, only after the renames, which are one transaction.
    private func isExchanged() throws -> Bool {
        let connection = try settled()
        defer { connection.close() }
        guard try !TargetDatabase.exists(work.copy, connection) else { return false }
        return try DatabaseSwap.oid(of: work.live, connection).map { $0 != work.replaced?.oid } ?? false
    }

    private func reopen() throws {
        let connection = try beside()
        defer { connection.close() }
        if try TargetDatabase.exists(work.live, connection) { try DatabaseFence.setOpen(true, work.live, connection) }
    }

    /// Throws the copy away, complete or not.
    private func discard() throws {
        guard work.ownsCopy else { return }
        let connection = try settled()
        defer { connection.close() }
        // No other run makes a copy of this name, so whoever is still in it belongs to the one that ended.
        let names = try TemporaryDatabase.unfinished(of: work.copy, isIdle: false, connection)
        for name in names + [work.copy] { try TargetDatabase.drop(name, on: connection) }
    }

    // MARK: - Redis

    private func emptyRedis() throws {
        told("emptying Redis")
        try InstanceRedis.empty(instance)
    }
}
