import Age
import DurableFiles
import Effects
package import Faults
import InstanceAccess
package import Postgres
package import Repository
import Settings

/// Restores a backup into a new database.
package struct RestoreOperation {
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
        package var createRoles = false
        /// A locale of libc for the new database instead of the backup's.
        package var locale: String?
        package var jobs: Int?
        package var identityFile: String?

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
        /// What to know before starting, such as a key that does not fit.
        package let warnings: [String]
        /// Databases that restores which were killed left behind; said, and no reason for another exit code.
        package let leftovers: [String]
        /// Whether the new database gets the owner and the access rights of the old one.
        let givesRights: Bool
        let hasTablespaces: Bool
        let reading: ReadingKeys
    }

    package struct Report: Sendable {
        package let plan: Plan
        package let rows: Int
        package let seconds: Double
        package var exit: ExitCode { plan.warnings.isEmpty && plan.database.leftOut.isEmpty ? .done : .partial }
    }

    private let workplace: Workplace
    private let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    private var target: Endpoint { options.server ?? DatabaseConnections(workplace.instance).endpoint(.main) }

    /// Checks everything that can be checked before something is made.
    package func plan() throws -> Plan {
        let repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let entry = try inventory.findForRestore(options.id, repository: repository.layout.root)
        guard let database = entry.manifest.databases.first(where: { $0.role == options.role }) else {
            throw RestoreFault.noSuchRole(options.role, backup: entry.id.text)
        }
        let tables = try selected(database, entry.id.text)
        let identities = try workplace.requireIdentities(repository, override: options.identityFile)
        let keys = try workplace.readingKeys(repository, for: [entry], identities)
        guard let reading = keys[entry.manifest.key.generation] else {
            throw RepositoryFault.identityMissing(path: nil)
        }
        let connection = try maintenance()
        defer { connection.close() }
        try TargetDatabase.refuseOlder(connection.serverVersion, than: ServerVersion(database.server.number))
        if try TargetDatabase.exists(options.database, connection) {
            throw RestoreFault.databaseExists(options.database)
        }
        let missing = try options.noOwner ? [] : TargetDatabase.missingRoles(of: database.roles, connection)
        if !missing.isEmpty && !options.createRoles { throw RestoreFault.rolesMissing(missing) }
        let key = RestoreKey(entry, inventory, KeysInForce(workplace.instance), repository)
        let original = database.server.databaseLocale
        let givesRights = try !options.noOwner && TargetDatabase.mayGive(to: database.owner, connection)
        let ownerWarning =
            givesRights || options.noOwner
            ? nil
            : """
            this session's user may not give the new database to \(database.owner), whose it was: it stays the user's own, \
            with the usual access rights; if tables cannot be given away either, add `--no-owner`
            """
        return Plan(
            backup: entry, database: database, tables: tables, server: target.server,
            targetVersion: connection.serverVersion, missingRoles: missing,
            locale: options.locale.map(original.replaced) ?? original, key: key.words,
            warnings: [
                try BackupHistory(inventory, repository).warning(before: entry, inventory), key.warning, ownerWarning,
            ]
            .compactMap { $0 }
                + database.leftOut.map { "not in the backup: \($0.kind) \($0.name)" },
            leftovers: try leftovers(connection), givesRights: givesRights,
            hasTablespaces: try TargetDatabase.hasTablespaces(connection), reading: reading)
    }

    /// Databases with a temporary name of this target that nobody is connected to; those of others may be in work.
    private func leftovers(_ connection: Connection) throws -> [String] {
        try RestoreOperation.unfinished(of: options.database, isIdle: true, connection)
    }

    /// - Parameter isIdle: only those that nobody is connected to.
    static func unfinished(of name: String, isIdle: Bool, _ connection: Connection) throws -> [String] {
        let start = RestoreOperation.temporaryStart(name)
        let rows = try connection.query(
            """
            SELECT d.datname FROM pg_database d
            WHERE starts_with(d.datname, \(start)) AND substr(d.datname, length(\(start)) + 1) ~ '^[0-9]{1,6}$'
                AND NOT (\(isIdle) AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)) ORDER BY 1
            """)
        return try rows.map { try $0.string("datname") }
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

    private func selected(_ database: Manifest.Database, _ backup: String) throws -> [Manifest.Database.Table] {
        if options.tables.isEmpty { return database.tables }
        var tables: [Manifest.Database.Table] = []
        for name in options.tables {
            let matches = database.tables.filter { $0.displayName == name || $0.name == name }
            guard let match = matches.first else {
                throw RestoreFault.noSuchTable(
                    name, nearest: NearestName.of(name, among: database.tables.map(\.name)), backup: backup)
            }
            if matches.count > 1 { throw RestoreFault.ambiguousTable(name, candidates: matches.map(\.displayName)) }
            // One that is named twice is loaded once.
            if !tables.contains(match) { tables.append(match) }
        }
        return tables
    }

    /// Restores into a database under a temporary name, which gets its own when everything is there.
    package func perform(_ plan: Plan, progress: BackupProgress) throws -> Report {
        let surroundings = workplace.surroundings, start = surroundings.clock.monotonic()
        let lock = try workplace.lockRepository(try workplace.repository(), .shared, for: "restore")
        // Opened again under the lock: the keys may have changed just before.
        let repository = try workplace.repository()
        let connection = try maintenance()
        defer { connection.close() }
        try WorkMark.set(options.database, connection)
        if options.createRoles { try TargetDatabase.createRoles(plan.missingRoles, connection) }
        let temporary = RestoreOperation.temporaryName(options.database, surroundings.clock.monotonic())
        try TargetDatabase.create(temporary, plan.locale, on: connection)
        let rows: Int
        do {
            let load = DatabaseRestore(
                workplace: workplace, repository: repository, inventory: try Inventory(repository), plan: plan,
                reading: plan.reading, target: target.with(database: temporary), noOwner: options.noOwner,
                jobs: options.jobs ?? workplace.configuration.jobs, partial: !options.tables.isEmpty,
                progress: progress)
            rows = try load.perform()
            try applyDescription(plan, to: temporary)
            try connection.query("ALTER DATABASE \(identifier: temporary) RENAME TO \(identifier: options.database)")
        } catch {
            throw Failure(
                .of(error), context: ["restore of \(plan.backup.id.text)"], cleanup: discard(temporary))
        }
        try lock.release()
        return Report(plan: plan, rows: rows, seconds: Double(surroundings.clock.monotonic() - start) / 1e9)
    }

    /// A name that says what it is for, and that PostgreSQL, which cuts names off at 63 bytes, keeps whole.
    static func temporaryName(_ name: String, _ number: UInt64) -> String {
        temporaryStart(name) + String(number % 1_000_000)
    }

    private static func temporaryStart(_ name: String) -> String {
        var start = ""
        for character in name where start.utf8.count + String(character).utf8.count <= 40 { start.append(character) }
        return start + "_restoring_"
    }

    /// Removes the half-made database; a session of its own, because the run's may be interrupted.
    private func discard(_ name: String) -> [any Fault] {
        do {
            let connection = try Connection.open(
                target.with(database: "template1"), role: "cleanup", use: .writing,
                effects: workplace.surroundings.effects,
                cancellation: Cancellation())
            try TargetDatabase.drop(name, on: connection)
            connection.close()
            return []
        } catch { return [.of(error)] }
    }

    /// What belongs to the database itself: comment, settings, owner, access rights.
    private func applyDescription(_ plan: Plan, to name: String) throws {
        let database = plan.database
        // In the database itself: the server keeps a comment in the encoding of the session's own database.
        let connection = try open(name)
        defer { connection.close() }
        if let comment = database.comment {
            try connection.query("COMMENT ON DATABASE \(identifier: name) IS \(literal: comment)")
        }
        for setting in database.settings where setting.role == nil || !options.noOwner {
            guard let assignment = DatabaseSetting(assignment: setting.assignment) else { continue }
            let subject: SQL =
                if let role = setting.role {
                    "ALTER ROLE \(identifier: role) IN DATABASE \(identifier: name)"
                } else {
                    "ALTER DATABASE \(identifier: name)"
                }
            try connection.query("\(raw: subject.text) \(raw: assignment.sql.text)")
        }
        guard plan.givesRights else { return }
        try TargetDatabase.setOwner(database.owner, of: name, connection)
        if let rights = database.acl {
            try TargetDatabase.setAccessRights(rights, of: name, owner: database.owner, connection)
        }
    }
}
