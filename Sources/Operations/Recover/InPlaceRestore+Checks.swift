import BackupTables
import Effects
import Faults
import InPlace
import InfisicalData
import InfisicalStore
import Instance
import InstanceAccess
import Postgres
import Repository
import Secrets
import Settings

/// What must be true before the live database is touched.
extension InPlaceRestore {
    func requireBackend() throws {
        guard let found = workplace.instance.containers, found[.backend] == nil else { return }
        throw InstanceFault.missing(
            role: "backend", names: [workplace.configuration.containerNames?[.backend]].compactMap { $0 })
    }

    func requireRights(_ connection: Connection) throws {
        if try DatabaseSwap.mayRename(live, connection) == false {
            throw InPlaceFault.mayNotRename(database: live, user: workplace.configuration.database.user)
        }
    }

    func requireNoPrepared(_ connection: Connection) throws {
        let prepared = try DatabaseSwap.preparedTransactions(in: live, connection)
        if prepared > 0 { throw InPlaceFault.preparedTransactions(database: live, count: prepared) }
    }

    /// Whoever is inside and may not be ended must be gone before the backend is stopped. The exchange looks once more.
    func requireReach(of database: String, _ connection: Connection) throws {
        let sessions = try ClientSession.beyondReach(in: database, connection)
        // The backend's own end with it, also where its user is a superuser.
        let backends = Set(ApplicationClients(workplace.instance).own(of: sessions))
        let left = sessions.filter { !$0.isOwn && !backends.contains($0) }
        if !left.isEmpty { throw InPlaceFault.sessionsLeft(database: database, left.map(\.text)) }
    }

    /// The instance must be able to start on what is put under it: the key of its next start is compared with the one that
    /// the backup needs, and tried on the backup's own data, before anything is made.
    ///
    /// - Returns: what does not open although the instance would start; a sentence without full stop each.
    func requireKey(_ plan: RestoreOperation.Plan) throws -> [String] {
        let entry = plan.backup, id = entry.id.text, keys = KeysInForce(workplace.instance)
        guard let infisical = entry.manifest.infisical else { return [] }
        let labels = keys.possibleLabels, needed = infisical.keyLabel
        let hints = { [self] in
            keyHints(KeptKeySearch(workplace.instance, of: infisical.instance, needed: needed, closed: Set(labels)))
        }
        if labels.isEmpty {
            let problem = keys.atNextStart(.notAsked).keys.problems.first { $0 != .missing }
            let reason = problem?.message ?? LiveKeys.absence(in: workplace.configuration.instance)
            throw InPlaceFault.noKey(backup: id, reason: reason, hints: hints())
        }
        if let needed, !labels.contains(needed) {
            throw InPlaceFault.otherKey(
                backup: id, needed: needed, inForce: "has \(labels.joined(separator: ", "))", hints: hints())
        }
        let repository = try workplace.repository()
        let trial = try BackupKeyTrial.report(
            entry, records: Inventory(repository).records(), keys: plan.reading, in: repository
        ) { [keys.atNextStart($0)] }
        // What is not sampled there is tried on the copy.
        guard let trial, case .doesNotOpen = trial.verdict else { return [] }
        if trial.isUsable { return [trial.summary] }
        throw copyDoesNotOpen(trial, of: infisical.instance)
    }

    /// Whether the copy is to be encrypted with another key than its backup needs.
    func exchanges(_ entry: InventoryEntry) throws -> Bool {
        let labels = KeysInForce(workplace.instance).possibleLabels
        guard let exchange = options.exchange, let needed = entry.manifest.infisical?.keyLabel, !labels.isEmpty,
            !labels.contains(needed)
        else { return false }
        return try exchange.keeps(needed, entry)
    }

    private func copyDoesNotOpen(_ trial: KeyTrialReport, of server: String?) -> InPlaceFault {
        let kept = KeptKeySearch(workplace.instance, of: server, after: trial)
        let broken = WrongKey(trial, isMissing: false, fileOpens: false, kept: kept).hints
        return .copyDoesNotOpen(trial.summary, hints: trial.opensRoot ? broken : keyHints(kept))
    }

    private func keyHints(_ kept: KeptKeySearch) -> [Hint] {
        kept.key?.hints(then: .check("then run this command again")) ?? kept.noneHints
    }

    /// Nobody who says `latest` means a backup of the emptied database, or of another instance, that is to be mended.
    func requireWholeLatest(_ plan: RestoreOperation.Plan) throws {
        guard options.id == "latest", let shrunk = plan.shrunk, let better = shrunk.better else { return }
        throw InPlaceFault.latestIsShrunk(
            backup: plan.backup.id.text, reason: shrunk.text, better: better.text,
            options: options.keepsRedis ? ["--keep-redis"] : [])
    }

    /// The copy stands beside the live database until that is dropped by hand.
    func requireRoom(_ plan: RestoreOperation.Plan) throws {
        guard let container = workplace.instance.containers?[.database] else { return }
        let folder = container.environment["PGDATA"]?.revealedText() ?? "/var/lib/postgresql/data"
        guard let space = try workplace.surroundings.docker.space(of: folder, in: container.id) else { return }
        // Rows as they are sent, their pages and indexes, and the log that is written meanwhile.
        let needed = plan.tables.reduce(0) { $0 + $1.bytes } * 3 + 64 << 20
        if space.free < needed { throw InPlaceFault.noRoom(free: space.free, needed: needed) }
    }

    /// Proves that the backend will start: the root key must be there and open, or a starting server makes a new one.
    func requireOpening(_ name: String) throws -> [String] {
        let connection = try Connection.open(
            try DatabaseConnections(workplace.instance).endpoint(.main).with(database: name), role: "in-place",
            effects: workplace.surroundings.effects, cancellation: workplace.surroundings.cancellation)
        defer { connection.close() }
        let database = try InfisicalDatabase(connection)
        if database.era == .none { throw InPlaceFault.notInfisical }
        let keys = KeysInForce(workplace.instance).atNextStart(try database.fipsFlag())
        let trial = try KeyTrial.run(try database.keySamples(), with: [keys])
        var warnings: [String] = []
        guard trial.isUsable else { throw copyDoesNotOpen(trial, of: try database.instanceID()) }
        if KeyStanding(trial, isElsewhere: false) != .opens { warnings.append(trial.summary) }
        if let lock = try database.migrationLock().text {
            warnings.append("in the restored database the migration lock is held: \(lock)")
        }
        return warnings
    }

    /// What the server that runs here will make of the backup. A server brings its database to its own migrations when it
    /// starts, so those of the live database are the server's own, unless it is the one of the backup.
    ///
    /// - Throws: `olderServer`.
    func compareMigrations(
        _ entry: InventoryEntry
    ) throws -> (steps: [String], warnings: [String], other: InPlaceFault?) {
        guard let infisical = entry.manifest.infisical, infisical.migrations > 0 else { return ([], [], nil) }
        let migrations = { (count: Int, name: String?) in
            "\(count) migrations\(name.map { ", the last is \($0)" } ?? "")"
        }
        let live: MigrationFacts?
        var warnings: [String] = [], replaced: InPlaceFault?
        do {
            let connection = try DatabaseConnections(workplace.instance).open(.main, role: "in-place")
            defer { connection.close() }
            let database = try InfisicalDatabase(connection)
            // After a new installation that is meant; under a wrong address it is not.
            if let own = infisical.instance, let other = try database.instanceID(), own != other {
                let fault = InPlaceFault.replacesOther(other: other, backup: own)
                replaced = fault
                warnings.append(
                    fault.message + "; look first whether the address is the right one; run: infisical-ops config show")
            }
            live = try database.migration()
        } catch let fault as PostgresFault {
            if case .interrupted = fault { throw fault }
            live = nil
        }
        // Whatever a newer one has made of the live database, this one knows what the backup has.
        if workplace.instance.hasBackendImage(of: entry.manifest) { return ([], warnings, replaced) }
        guard let live else {
            return (
                [],
                warnings + [
                    "which version of Infisical runs here is not known, because the live database does not list its "
                        + "migrations; the backup has \(migrations(infisical.migrations, infisical.migration))"
                ], replaced
            )
        }
        if infisical.migrations > live.count {
            throw InPlaceFault.olderServer(
                backup: entry.id.text, needed: migrations(infisical.migrations, infisical.migration),
                running: migrations(live.count, live.name))
        }
        guard infisical.migrations < live.count else { return ([], warnings, replaced) }
        return (
            [
                "  the server then migrates it from \(migrations(infisical.migrations, infisical.migration)) to "
                    + migrations(live.count, live.name)
            ], warnings, replaced
        )
    }
}
