import Census
import CopyFormat
import Crypto
import Effects
import InfisicalData
import InfisicalStore
import InfisicalTables
package import Postgres
import Secrets

extension Rekeying {
    /// The advisory lock under which servers from S5 on make and rotate their root key.
    package static let rootLock: Int64 = 2025
    private static let lockWait = "30s"

    /// Migrates all values, and reads them back with the new keys alone.
    ///
    /// - Parameters:
    ///   - writer: in a transaction that the caller has begun; the caller commits it, or rolls it back when this throws.
    ///   - reader: a second session with the same database, outside any transaction.
    ///   - progress: gets the number of values read since its last call.
    package func perform(
        writer: Connection, reader: Connection, progress: (Int) -> Void = { _ in }
    ) throws -> RekeyingReport {
        guard writer.transactionStatus == .inTransaction else { throw RekeyingFault.noTransaction }
        try refuseUnusable()
        try writer.query("SET LOCAL lock_timeout = \(literal: Rekeying.lockWait)")
        try writer.query("SELECT pg_catalog.pg_advisory_xact_lock(\(raw: String(Rekeying.rootLock)))")
        // Rows are found by their place alone; any other way would read the whole table for each batch.
        for name in ["enable_hashjoin", "enable_mergejoin", "enable_material", "enable_memoize"] {
            try writer.query("SET LOCAL \(raw: name) = off")
        }
        let filled = try lock(writer)
        let triggers = TriggerSwitch(writer)
        // Its snapshot is younger than the locks, so that every place it reads is still that of the row.
        let (written, keys, plan, unreached) = try Rekeying.reading(reader) {
            try write(writer, reader, filled, triggers, progress)
        }
        try triggers.turnOn()
        try prove(writer, written, keys, plan, progress)
        guard let wrapping = new.rootCandidate, let writing = new.writingCandidate else {
            throw RekeyingFault.unusableKey(new.problems.map(\.message))
        }
        let root = keys.root.flatMap { old in keys.newRoot.map { (old: old, new: $0) } }
        return RekeyingReport(
            era: plan.era, depth: depth, columns: written.columns, left: written.left.sorted(), unreached: unreached,
            retired: RetiredKeys(retired.pairs + keys.retired.pairs), root: root,
            label: root == nil ? writing.label : wrapping.label)
    }

    /// The tables that were written, by the names under which they are read back.
    struct Plan {
        let era: Era
        let scope: RekeyingScope
        let filled: Set<String>
    }

    private var scope: RekeyingScope { RekeyingScope(depth: depth, isWide: !retired.isEmpty) }

    /// Keeps everybody else from writing into the tables that are migrated.
    ///
    /// - Returns: the tables of the schema that have rows.
    private func lock(_ writer: Connection) throws -> Set<String> {
        let database = try InfisicalDatabase(writer)
        let tables = try LiveTables(database)
        let filled = try RekeyingScope.filled(writer)
        var names = scope.tables(tables, filled: filled).map(\.name)
        // Read and written by themselves.
        names += ["project_keys", "kms_kek_history", "kms_legacy_encryption_keys"].filter { name in
            database.facts.has(name) && !names.contains(name)
        }
        for start in stride(from: 0, to: names.count, by: 200) {
            let list = names.sorted()[start..<min(start + 200, names.count)]
                .map { "ONLY \(Quoting.qualified("public", $0))" }
            try writer.query("LOCK TABLE \(raw: list.joined(separator: ", ")) IN SHARE ROW EXCLUSIVE MODE")
        }
        // What was filled between the look and the lock.
        let now = try RekeyingScope.filled(writer)
        let late = scope.tables(tables, filled: now.subtracting(filled))
        if let table = late.first {
            throw RekeyingFault.changedMeanwhile(table: table.name, rows: 1, expected: 0)
        }
        return now
    }

    private func write(
        _ writer: Connection, _ reader: Connection, _ filled: Set<String>, _ triggers: TriggerSwitch,
        _ progress: (Int) -> Void
    ) throws -> (RekeyingWork, RekeyingKeys, Plan, [String]) {
        let opening = try open(reader)
        let boxes = try boxes(opening)
        try opening.keys.makeKeys(depth, opening.tables, projects: boxes?.keys ?? [])
        let keys = opening.keys
        let work = try RekeyingWork(keys, new: new, old: old, leaves: leaves, ColumnTally.key())
        let configuration = RootConfiguration(opening.database.facts, writer, triggers)
        if let root = keys.newRoot {
            _ = try configuration.write(keys.samples, root: root, wrapping: work.wrapping)
            try configuration.writeSnapshot(keys.samples, new, root: root)
        }
        try Rekeying.pass(
            scope.tables(opening.tables, filled: filled), opening.tables, keys.rack, keys.index, work, progress
        ) { RowBatch($0, $1, writer, triggers) }
        try work.refuseClosed()
        let unboxed = try boxes?.write(keys, writer, triggers) ?? []
        let plan = Plan(era: opening.database.era, scope: scope, filled: filled)
        return (work, keys, plan, keys.unreached + unboxed + Rekeying.beyond(opening.tables, depth))
    }

    // MARK: - Proof

    /// Reads everything that was looked at with the new keys only: it holds what it held, and opens with nothing else.
    private func prove(
        _ writer: Connection, _ written: RekeyingWork, _ keys: RekeyingKeys, _ plan: Plan, _ progress: (Int) -> Void
    ) throws {
        let tables = try LiveTables(InfisicalDatabase(writer))
        let samples = try HierarchyReader.read(tables)
        let opened = try KeyTrial.open(samples, with: [KeyHolder(name: "the new key", keys: new)])
        if let root = keys.newRoot {
            guard opened.report.opensRoot, opened.root?.equals(root) ?? false else { throw RekeyingFault.otherRoot }
        }
        var (rack, index) = try KeyRack.of(tables, opened, samples)
        let work = RekeyingWork(readingBack: written)
        work.dead = RekeyingKeys.addDead(dead(keys), to: &rack)
        work.checksIndexes = depth >= .rekey
        try Rekeying.pass(plan.scope.tables(tables, filled: plan.filled), tables, rack, index, work, progress)
        try work.compare(with: written)
    }

    /// The keys that are to open nothing any more.
    private func dead(_ keys: RekeyingKeys) -> [(key: Secret, kind: KeyClass)] {
        var dead: [(key: Secret, kind: KeyClass)] = []
        let alive = new.candidates.map(\.key)
        for (number, key) in keys.rack.keys.enumerated() {
            let isDead =
                switch keys.fates[number] {
                case .keeps: false
                case .becomes: true
                case .environment: !alive.contains(where: key.secret.equals)
                }
            if isDead, !dead.contains(where: { $0.key.equals(key.secret) }) { dead.append((key.secret, key.kind)) }
        }
        return dead
    }
}
