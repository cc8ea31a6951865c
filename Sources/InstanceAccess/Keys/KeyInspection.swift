import Faults
import InfisicalData
import InfisicalStore
package import Postgres
package import Repository
import Settings

/// What a backup's own snapshot says about the Infisical in it, and whether the keys that go into its escrow open it.
package struct KeyInspection: Sendable {
    /// Nil for a database that is not Infisical's.
    package let record: Manifest.InfisicalRecord?
    package let warnings: [String]

    /// Of how many secrets per folder the newest is tried.
    private static let sampleSize = 20

    /// - Parameters:
    ///   - connection: in the backup's snapshot.
    ///   - escrow: what is kept; the keys are out of these very bytes.
    ///   - isElsewhere: whether the operator says that the key is not on this host.
    package init(_ connection: Connection, _ escrow: EscrowSelection, isElsewhere: Bool) throws {
        let database = try InfisicalDatabase(connection)
        if let text = database.otherSchemaText {
            (record, warnings) = (Manifest.InfisicalRecord.notRead, [text])
            return
        }
        guard database.era != .none else {
            record = nil
            warnings =
                ["the database does not look like Infisical's; it is backed up as plain PostgreSQL"]
                + escrow.keys.all(.notAsked).flatMap { $0.keys.problems.map(\.message) }
            return
        }
        var asked = OptionalQuery(connection)
        let migration = try asked("the last migration") { () throws(PostgresFault) in try database.migration() }
        let summary = try asked("the number of secrets") { () throws(PostgresFault) in try database.summary() }
        let instance = try asked("the id of the instance") { () throws(PostgresFault) in
            try database.instanceID()
        }
        let trial = try KeyInspection.trial(database, escrow, &asked)
        record = Manifest.InfisicalRecord(
            era: database.era.rawValue, migration: migration??.name, migrations: migration??.count ?? 0,
            verdict: trial.map { KeyInspection.outcome(KeyStanding($0, isElsewhere: isElsewhere)) } ?? .notChecked,
            keys: trial?.roles.map(KeyInspection.record) ?? [], keyLabel: trial.flatMap(KeyInspection.label),
            users: summary??.users, projects: summary??.projects, secrets: summary??.secrets,
            rootKey: trial?.rootKey, instance: instance ?? nil,
            keyElsewhere: trial.map { KeyStanding($0, isElsewhere: isElsewhere) } == .keptElsewhere ? true : nil,
            closedLabels: trial.flatMap { $0.closedLabels.isEmpty ? nil : $0.closedLabels.sorted() })
        var warnings = asked.failures
        if let trial {
            // That there is no key is no warning where the operator chose so.
            let standing = KeyStanding(trial, isElsewhere: isElsewhere)
            // That there is none is told with the backup.
            warnings += trial.findings(absenceIsTold: isElsewhere || standing == .missing)
            if ![.opens, .keptElsewhere].contains(standing) { warnings.append(trial.summary) }
        }
        if let finding = escrow.keys.finding { warnings.append(finding) }
        self.warnings = warnings
    }

    private static func trial(
        _ database: InfisicalDatabase, _ escrow: EscrowSelection, _ asked: inout OptionalQuery
    ) throws -> KeyTrialReport? {
        let flag = try asked("the encryption mode") { () throws(PostgresFault) in try database.fipsFlag() }
        let samples = try asked("the values that keys are tried on") { () throws(PostgresFault) in
            try database.keySamples(newestAmong: KeyInspection.sampleSize)
        }
        guard let flag, let samples else { return nil }
        return try KeyTrial.run(samples, with: escrow.keys.all(flag))
    }

    // MARK: - In the words of the manifest

    /// No key counts as a wrong one, unless it is deliberately elsewhere.
    private static func outcome(_ standing: KeyStanding) -> Manifest.KeyTrial.Outcome {
        switch standing {
        case .opens: .opens
        case .doesNotOpen, .missing: .doesNotOpen
        case .notChecked, .keptElsewhere: .notChecked
        }
    }

    /// The key that the data needs: the one that opened it, or the one that the database names.
    private static func label(_ trial: KeyTrialReport) -> String? {
        switch trial.verdict {
        case .opens(let use): use.label
        case .doesNotOpen: trial[.rootWrap]?.label ?? trial.storedLabel
        // The root key may have opened although other values were not tried.
        case .notChecked: trial[.rootWrap]?.label ?? trial.storedLabel
        }
    }

    private static func record(_ trial: RoleTrial) -> Manifest.KeyTrial {
        let role = trial.role.identifier
        return switch trial.outcome {
        case .opens(let uses):
            Manifest.KeyTrial(
                role: role, outcome: .opens, label: uses.first?.label, note: uses.first?.source.variable)
        case .doesNotOpen(let failing, let uses):
            Manifest.KeyTrial(
                role: role, outcome: .doesNotOpen, label: nil,
                note: RoleTrial.list(failing)
                    + (uses.isEmpty
                        ? "" : "; other values open with \(uses.map(\.text).joined(separator: " and "))"))
        case .notChecked(let reason):
            Manifest.KeyTrial(role: role, outcome: .notChecked, label: nil, note: reason.text)
        }
    }
}
