package import Effects
import Faults
package import Postgres
import Synchronization

/// Makes what an archive of `pg_dump` describes: before the rows, and after them over several connections.
package struct SchemaLoad: Sendable {
    /// How a session with the new database is opened.
    package typealias Opening = @Sendable (_ role: String, Cancellation) throws -> Connection

    package struct Options: Sendable {
        /// Everything belongs to the connecting user, and access rights stay out.
        package var noOwner = false
        /// Only some tables have rows.
        package var noForeignKeys = false
        /// Connections at once.
        package var jobs = 1
        package var path: SearchPath?

        package init() {}
    }

    private let contents: ArchiveContents
    private let parts: SchemaParts
    /// Names of relations by their entries' numbers.
    private let relations: [Int: String]
    /// The numbers by schema and name.
    private let numbers: [[ExactText]: [Int]]
    private let options: Options
    private let maker: EntryMaker
    private let losses: LossList
    private let open: Opening
    private let cancellation: Cancellation

    /// - Parameter connection: with the new database, to see what the target has.
    package init(
        _ contents: ArchiveContents, _ options: Options, losses: LossList, cancellation: Cancellation,
        _ connection: Connection, open: @escaping Opening
    ) throws {
        self.options = options
        self.losses = losses
        self.open = open
        self.cancellation = cancellation
        let contents = try contents.named(by: connection)
        self.contents = contents
        parts = SchemaParts(contents, noRights: options.noOwner, noForeignKeys: options.noForeignKeys)
        // A view that needs a primary key is made after the rows.
        let made = contents.entries.filter(\.isRelation)
        relations = Dictionary(made.map { ($0.number, $0.displayName) }) { first, _ in first }
        numbers = Dictionary(grouping: made) {
            ExactText.name($0.shown($0.schemaBytes), $0.shown($0.nameBytes))
        }.mapValues { $0.map(\.number) }
        let row = try connection.query(
            """
            SELECT current_user::text AS name, array_to_string(array(SELECT spcname FROM pg_tablespace
                WHERE spcname NOT IN ('pg_default', 'pg_global')), chr(31)) AS all_spaces,
                array_to_string(array(SELECT spcname FROM pg_tablespace
                WHERE has_tablespace_privilege(oid, 'CREATE')), chr(31)) AS spaces
            """
        ).only()
        let tablespaces = Set(try row.list("spaces"))
        maker = EntryMaker(
            statements: EntryStatements(noOwner: options.noOwner, tablespaces: tablespaces), losses: losses,
            path: options.path, user: try row.string("name"))
        // A server that has none of its own was never meant to have the backup's.
        if try !row.list("all_spaces").isEmpty { try loseTablespaces(contents, tablespaces) }
    }

    /// - Returns: nil for an archive of a `pg_dump` that is newer than this program.
    package static func contents(_ archive: [UInt8]) throws -> ArchiveContents? {
        do throws(ArchiveContents.Problem) { return try ArchiveContents(archive) } catch {
            if case .unknownVersion = error { return nil }
            throw RestoringFault.noArchive
        }
    }

    private func loseTablespaces(_ contents: ArchiveContents, _ usable: Set<String>) throws {
        let wanted = contents.entries.filter {
            !$0.tablespace.isEmpty && !usable.contains($0.shown($0.tablespace))
        }
        for (name, entries) in Dictionary(grouping: wanted, by: { $0.shown($0.tablespace) }).sorted(by: {
            $0.key < $1.key
        }) {
            let count = entries.count == 1 ? "what is in it goes to" : "the \(entries.count) objects in it go to"
            try losses.add(
                ObjectLoss(
                    kind: "tablespace", name: name,
                    Refusal(
                        sqlState: "42704",
                        reason:
                            "the server does not have it, or this user may not use it; \(count) the default one"
                    )))
        }
    }

    // MARK: - Before the rows

    /// Types, functions, tables, in the archive's order.
    package func makeTables(_ connection: Connection) throws {
        try connection.reading(contents) {
            var group: [ArchiveContents.Entry] = []
            for entry in parts.preData {
                group.append(entry)
                if group.count == SchemaLoad.groupSize { try make(&group, connection) }
            }
            try make(&group, connection)
        }
    }

    /// How many entries are sent at once; each that makes a table takes some locks until all are made.
    private static let groupSize = 50

    /// All at once, which is faster; one by one where one of them is refused.
    private func make(_ group: inout [ArchiveContents.Entry], _ connection: Connection) throws {
        defer { group = [] }
        let statements = maker.statements
        let isUniform = group.allSatisfy { statements.definition($0).count == $0.definition.count }
        if isUniform, group.count > 1 {
            var sql: [UInt8] = []
            for entry in group { sql += entry.definition + [10] + statements.ownership(entry) + [10] }
            if try connection.attempt(sql) == nil { return }
        }
        for entry in group { try maker.make(entry, connection) }
    }

    /// - Parameter tables: those that have rows.
    /// - Throws: `RestoringFault.tableMissing`.
    package func requireTables(_ tables: [(schema: String, name: String)]) throws {
        guard let first = tables.first(where: { isMissing($0.schema, $0.name) }) else { return }
        let name = "\(first.schema).\(first.name)", all = losses.losses
        let own = all.first { $0.kind == "table" && $0.name == name }
        throw RestoringFault.tableMissing(
            table: name, reason: own.map { "\($0.reason) (SQLSTATE \($0.sqlState))" } ?? "no reason given",
            before: all.prefix { $0 != own }.map(\.text))
    }

    /// Whether a relation was not made.
    package func isMissing(_ schema: String, _ name: String) -> Bool {
        numbers[ExactText.name(schema, name)]?.contains(where: losses.isMissing) ?? false
    }

    // MARK: - After the rows

    /// Indexes, constraints, triggers and whatever else follows the rows.
    ///
    /// - Parameter weight: how much there is in a relation, `schema.name`, in any unit.
    package func makeIndexes(weight: (String) -> Int) throws {
        let entries = parts.postData
        let schedule = EntrySchedule(
            entries, tables: Set(relations.keys), weights: relations.mapValues(weight).filter { $0.value > 0 })
        let stop = Cancellation(), ended = Cancellation()
        try Threads.run(
            options.jobs,
            onFirstFailure: {
                stop.cancel()
                schedule.stop()
            }, ended: ended,
            supervise: {
                // The run's own cancellation ends the wait with an error, which stops the workers.
                while !ended.isCancelled { _ = try cancellation.wait(for: ended.descriptor, events: 1) }
            }
        ) { _ in
            let connection = try open("schema", stop)
            defer { connection.close() }
            try connection.query("SET maintenance_work_mem = '256MB'")
            try connection.reading(contents) {
                while let index = schedule.next() {
                    try within(entries[index].displayName) { try maker.make(entries[index], connection) }
                    schedule.done(index)
                }
            }
        }
    }

    /// Fills materialised views, in the given order.
    package func refresh(_ views: [(schema: String, name: String)], _ connection: Connection) throws {
        for view in views where !isMissing(view.schema, view.name) {
            let sql = Array("REFRESH MATERIALIZED VIEW \(Quoting.qualified(view.schema, view.name))".utf8)
            guard let refusal = try connection.attempt(sql) else { continue }
            if let path = options.path, try connection.attempt(path.statement + sql) == nil { continue }
            try losses.add(
                ObjectLoss(
                    kind: "content of materialized view", name: "\(view.schema).\(view.name)", refusal,
                    schema: view.schema))
        }
    }

    /// Access rights, by which the owner of a materialised view may read what it is made of.
    package func grantRights(_ connection: Connection) throws { try make(parts.rights, connection) }

    /// What must not fire before everything is there.
    package func finish(_ connection: Connection) throws { try make(parts.last, connection) }

    private func make(_ entries: [ArchiveContents.Entry], _ connection: Connection) throws {
        try connection.reading(contents) { for entry in entries { try maker.make(entry, connection) } }
    }

    /// Losses of the application's own objects: in the schema of `table`, and of the same owner.
    ///
    /// - Parameter hasOwners: false where everything has become the restoring user's, and the schema alone tells.
    package func losses(besides table: String, hasOwners: Bool) -> [ObjectLoss] {
        guard let own = contents.entries.first(where: { $0.description == "TABLE" && $0.name == table }) else {
            return []
        }
        let schema = own.shown(own.schemaBytes), owner = own.shown(own.owner)
        return losses.losses.filter {
            $0.place.schema == schema && (!hasOwners || $0.place.owner.isEmpty || $0.place.owner == owner)
        }
    }
}
