import Age
import DurableFiles
import Effects
package import Faults
import InstanceAccess
package import Postgres
package import Repository
package import Restoring
import Settings

/// Restores a backup into a new database.
package struct RestoreOperation {
    /// Reads along with what is loaded: gets a table, the number of a range of it, and what loads the range and hands over
    /// each piece of its stream. A range that is loaded in another way after all comes again.
    package typealias Companion =
        @Sendable (
            _ table: Manifest.Database.Table, _ range: Int,
            _ load: (_ piece: (UnsafeRawBufferPointer) -> Void) throws -> Void
        ) throws -> Void

    package struct Options: Sendable {
        package var id = "latest"
        /// Name of the database to make.
        package var database: String
        /// Another server than the configured one.
        package var server: Endpoint?
        /// Which database of the backup.
        package var role = "main"
        /// Only the data of these tables (`name` or `schema.name`); empty means all.
        package var tables: [String] = []
        package var noOwner = false
        /// Ends at the first thing that the target refuses, and keeps nothing.
        package var isStrict = false
        package var createRoles = false
        /// A locale of libc for the new database instead of the backup's.
        package var locale: String?
        package var jobs: Int?
        package var identityFile: String?
        /// What opens the backup, where it was read before.
        package var identities: Workplace.Identities?
        /// What the new database gets where the backup does not say.
        package var properties: DatabaseProperties?
        /// Whether the server was made for this restore, and nobody else uses it.
        package var ownsServer = false
        package var companion: Companion = { _, _, load in try load { _ in } }

        package init(database: String) { self.database = database }
    }

    package struct Plan: Sendable {
        package let backup: InventoryEntry
        package let database: Manifest.Database
        package let tables: [Manifest.Database.Table]
        package let server: String
        package let targetVersion: ServerVersion
        package let missingRoles: [String]
        /// Encoding and order of the new database.
        package let locale: DatabaseLocale
        /// Which key the data needs, and whether it is the one in force; nil when the database is not Infisical's.
        package let key: String?
        let keyWarning: String?
        /// What to know before starting, such as a key that does not fit.
        package let warnings: [String]
        /// Those of them, and of the remarks, that are about what the backup holds: said again when it is restored.
        package let concerns: [String]
        /// Said before starting as well, where no backup is better.
        package let remarks: [String]
        /// Why the backup does not count, and the newest before it that does; nil where it counts.
        let shrunk: (text: String, better: BackupID?)?
        /// Databases that restores which were killed left behind; said like remarks.
        package let leftovers: [String]
        /// Whether the new database gets the owner and the access rights of the old one.
        let givesRights: Bool
        /// In which the server makes the new database; nil for its standard one.
        let tablespace: String?
        let reading: ReadingKeys
        /// What the restore ends with if the server takes everything.
        package var exit: ExitCode {
            // Where nothing better is there, all that could be restored was.
            warnings.isEmpty && database.leftOut.isEmpty && shrunk?.better == nil ? .done : .partial
        }
    }

    package struct Report: Sendable {
        package let plan: Plan
        package let rows: Int
        package let seconds: Double
        /// What the target refused, and no row needs.
        package let losses: [ObjectLoss]
        /// Those of them that are Infisical's own.
        let lost: [ObjectLoss]
        /// What was done otherwise, and is no loss.
        package let notes: [String]
        package var exit: ExitCode { losses.isEmpty ? plan.exit : .partial }
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    private var target: Endpoint {
        get throws { try options.server ?? DatabaseConnections(workplace.instance).endpoint(.main) }
    }

    /// Checks everything that can be checked before something is made.
    package func plan() throws -> Plan {
        let repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let entry = try inventory.findForRestore(options.id, repository: repository.layout.root)
        guard let database = entry.manifest.databases.first(where: { $0.role == options.role }) else {
            throw RestoreFault.noSuchRole(options.role, backup: entry.id.text)
        }
        let identities =
            try options.identities ?? workplace.requireIdentities(repository, override: options.identityFile)
        let keys = try workplace.readingKeys(repository, for: [entry], identities)
        guard let reading = keys[entry.manifest.key.generation] else {
            throw RepositoryFault.identityMissing(path: nil)
        }
        let connection = try maintenance()
        defer { connection.close() }
        let selection = TableSelection(database: database, backup: entry.id.text) {
            var reader = try ChunkReader(store: repository.store, keys: reading)
            let archive = try reader.content(of: database.schema.archive, inventory.records())
            return try ArchiveContents(archive).namedIfPossible(by: connection)
        }
        let tables = try selection.tables(options.tables)
        try within("restore of \(entry.id.text)") {
            let records = inventory.records()
            let require = { (name: ChunkName) in
                try repository.store.requirePresent(name, accepted: records[name] ?? [])
            }
            try database.schema.archive.forEach(require)
            for table in tables {
                try within("table \(table.displayName)") { try table.ranges.joined().forEach(require) }
            }
        }
        try TargetDatabase.refuseOlder(connection.serverVersion, than: ServerVersion(database.server.number))
        if try TargetDatabase.exists(options.database, connection) {
            let isLive = try options.server == nil && target.database == options.database
            throw RestoreFault.databaseExists(options.database, isLive: isLive)
        }
        let missing = try TargetDatabase.missingRoles(of: database.roles, connection)
        try TargetDatabase.requireRights(toCreateRoles: options.createRoles && !missing.isEmpty, connection)
        if !missing.isEmpty && !options.createRoles && !options.noOwner { throw RestoreFault.rolesMissing(missing) }
        let history = try BackupHistory(inventory, repository)
        let key = NeededKey(entry, KeyKeepers(inventory, history), KeysInForce(workplace.instance), repository)
        let original = database.server.databaseLocale
        let givesRights = try !options.noOwner && TargetDatabase.mayGive(to: database.owner, connection)
        let ownerWarning =
            givesRights || options.noOwner
            ? nil
            : """
            this session's user may not give the new database to its former owner \(database.owner): it keeps the new database, \
            with the default access rights; if tables cannot be given away either, add `--no-owner`
            """
        let shrunk = history.warning(before: entry, inventory)
        return Plan(
            backup: entry, database: database, tables: tables, server: try target.server,
            targetVersion: connection.serverVersion, missingRoles: missing,
            locale: options.locale.map(original.replaced) ?? original, key: key.text, keyWarning: key.warning,
            warnings: [shrunk.flatMap { $0.better == nil ? nil : $0.text }, key.warning, ownerWarning].compactMap { $0 }
                + database.leftOut.map { "not in the backup: \($0.kind) \($0.name)" },
            concerns: [shrunk?.text, key.warning].compactMap { $0 },
            remarks: shrunk.flatMap { $0.better == nil ? [$0.text] : nil } ?? [],
            shrunk: shrunk, leftovers: try TemporaryDatabase.unfinished(of: options.database, isIdle: true, connection),
            givesRights: givesRights,
            tablespace: try tablespace(of: database, connection), reading: reading)
    }

    private func properties(of database: Manifest.Database) -> DatabaseProperties? {
        database.properties.map(DatabaseProperties.init) ?? options.properties
    }

    private func tablespace(of database: Manifest.Database, _ connection: Connection) throws -> String? {
        try properties(of: database)?.tablespace.flatMap {
            try TargetDatabase.mayUse(tablespace: $0, connection) ? $0 : nil
        }
    }

    private func maintenance() throws -> Connection { try open("template1") }

    private func open(_ database: String) throws -> Connection {
        guard let server = options.server else {
            return try DatabaseConnections(workplace.instance).openBeside("restore", in: database)
        }
        return try Connection.open(
            server.with(database: database), role: "restore", use: .writing, effects: workplace.surroundings.effects,
            cancellation: workplace.surroundings.cancellation)
    }

    /// Restores into a database under a temporary name, which gets its own when everything is there.
    package func perform(_ plan: Plan, progress: BackupProgress) throws -> Report {
        let surroundings = workplace.surroundings, start = surroundings.clock.monotonic()
        let lock = try workplace.lockRepository(try workplace.repository(), .shared, for: "restore")
        // Opened again under the lock: the keys may have changed just before.
        let repository = try workplace.repository()
        let connection = try maintenance()
        defer { connection.close() }
        try AdvisoryLock.share(options.database, connection)
        if options.createRoles { try TargetDatabase.createRoles(plan.missingRoles, connection) }
        let temporary = TemporaryDatabase.name(for: options.database, surroundings.clock.monotonic())
        let rows: Int, own: [ObjectLoss], losses = LossList(isStrict: options.isStrict)
        do {
            try TargetDatabase.create(temporary, plan.locale, tablespace: plan.tablespace, on: connection)
            let load = DatabaseRestore(
                workplace: workplace, repository: repository, records: try Inventory(repository).records(), plan: plan,
                reading: plan.reading, target: try target.with(database: temporary), noOwner: options.noOwner,
                jobs: options.jobs ?? workplace.configuration.jobs, partial: !options.tables.isEmpty,
                ownsServer: options.ownsServer, companion: options.companion, losses: losses, progress: progress)
            (rows, own) = try load.perform()
            try applyDescription(plan, to: temporary, losses)
            try TemporaryDatabase.publish(temporary, as: options.database, connection, surroundings.cancellation)
        } catch let fault as PostgresFault where fault == .databaseExists(name: temporary) {
            throw fault  // Another run's: it is not to be removed here.
        } catch PostgresFault.localeUnknown(let name) {
            throw PostgresFault.localeUnknown(name)  // Nothing was made; a drill takes another one.
        } catch {
            let fault: any Fault = .of(error), left = discard(temporary)
            guard let signal = fault.interruption else {
                throw Failure(fault, context: ["restore of \(plan.backup.id.text)"], cleanup: left)
            }
            throw Failure(interrupted(signal, plan, isRemoved: left.isEmpty, temporary), cleanup: left)
        }
        lock.release()
        return Report(
            plan: plan, rows: rows, seconds: Double(surroundings.clock.monotonic() - start) / 1e9,
            losses: losses.losses, lost: own, notes: losses.notes)
    }

    /// What holds after a signal: a restore begins with the first row again.
    private func interrupted(
        _ signal: Interruption, _ plan: Plan, isRemoved: Bool, _ temporary: String
    ) -> InterruptedRun {
        let roles = options.createRoles && !plan.missingRoles.isEmpty ? ", and the roles that were created stay" : ""
        return InterruptedRun(
            signal,
            state: isRemoved
                ? "the unfinished copy was removed, no other database was touched\(roles)"
                : "the unfinished copy \(temporary) is still there\(roles)",
            hints: [.check("run the same command again: a restore starts from the beginning")]
                + (isRemoved ? [] : [.check("DROP DATABASE \(Quoting.identifier(temporary)) removes the copy")]))
    }

    /// Removes the unfinished database; a session of its own, because the run's may be interrupted.
    private func discard(_ name: String) -> [any Fault] {
        do {
            let connection = try Connection.open(
                try target.with(database: "template1"), role: "cleanup", use: .writing,
                effects: workplace.surroundings.effects,
                cancellation: Cancellation())
            try TargetDatabase.drop(name, on: connection)
            connection.close()
            return []
        } catch { return [.of(error)] }
    }

    private func applyDescription(_ plan: Plan, to name: String, _ losses: LossList) throws {
        let database = plan.database
        var description = DescriptionLoad()
        description.comment = database.comment
        description.settings = database.descriptionSettings.filter { $0.role == nil || !options.noOwner }
        if plan.givesRights {
            description.owner = database.owner
            description.accessRights = database.acl
        }
        description.properties = properties(of: database)
        let connection = try open(name)
        defer { connection.close() }
        try description.apply(to: name, losses: losses, connection)
    }
}
