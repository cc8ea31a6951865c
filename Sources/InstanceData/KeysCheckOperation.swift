package import Faults
package import InfisicalData
package import InstanceAccess
package import Operations
package import Repository
import Secrets
import Settings

/// Compares the keys that are given with the labels that backups recorded: no data is touched, and nothing decrypted.
package struct KeysCheckOperation {
    /// What a label says of a backup.
    package enum Outcome: Sendable, Equatable {
        /// It needs one of the given keys, and that key opened it when it was taken.
        case opens
        /// It needs one of them, and not all of it opened when it was taken; the reason as a clause.
        case opensInPart(String)
        /// It needs another key.
        case doesNotOpen
        /// No key was known to open it when it was taken; `isWrong` where one was tried, or missing, and none was meant to be
        /// elsewhere.
        case notChecked(isWrong: Bool)
        /// It is no backup of Infisical's database.
        case notInfisical
    }

    package struct Row: Sendable {
        package let entry: InventoryEntry
        package let outcome: Outcome
        /// What its own key was worth when it was taken; nil for one that is not Infisical's.
        package let own: KeyStanding?
        /// The label of the key that it needs; nil where that is not known.
        package let needed: String?
        /// The form in which a given value would be that key; nil where there is none.
        package let form: String?
        /// The backup whose escrow holds the key; nil where none does.
        package let holder: BackupID?

        /// Whether nothing says that a given key opens it.
        package var isClosed: Bool {
            switch outcome {
            case .doesNotOpen, .notChecked: true
            case .opens, .opensInPart, .notInfisical: false
            }
        }
    }

    package struct Report: Sendable {
        /// Where the keys are from, as it reads in a sentence.
        package let source: String
        /// The env file that they are from; nil where it is none, or more than one.
        package let file: String?
        /// The labels that the given values may have.
        package let labels: [String]
        /// What is wrong with the values, one clause each.
        package let problems: [String]
        /// The best backup whose own key opened everything; nil without one.
        package let kept: KeptKey?
        /// Oldest first; one where a backup was named.
        package let rows: [Row]

        /// That of the newest, or of the one that was named; 2 where only older ones need other keys.
        package var exit: ExitCode {
            guard let last = rows.last else { return .done }
            switch last.outcome {
            case .doesNotOpen, .notChecked(isWrong: true): return .keyMismatch
            case .notChecked, .opensInPart: return .partial
            case .opens, .notInfisical: break
            }
            return rows.contains(where: \.isClosed) ? .partial : .done
        }
    }

    private let workplace: Workplace
    private let id: String?
    private let keyFile: String?

    /// - Parameters:
    ///   - id: a backup; nil for all.
    ///   - keyFile: an env file with keys, instead of the instance's own.
    package init(_ workplace: Workplace, id: String?, keyFile: String?) {
        self.workplace = workplace
        self.id = id
        self.keyFile = keyFile
    }

    package func perform() throws -> Report {
        let given = try GivenKeys(workplace, keyFile: keyFile, for: "the backups"), environment = given.environment
        let values = [environment.encryptionKey, environment.rootEncryptionKey].compactMap { $0?.value }
        let readings = KeysInForce.bothReadings(environment)
        let labels = Set(readings.flatMap { $0.candidates.map(\.label) })
        let problems = readings.first?.problems.map(\.message) ?? []
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let entries =
            try id.map { [try inventory.find($0, repository: repository.layout.root)] } ?? inventory.ownEntries
        if entries.isEmpty { throw RepositoryFault.noBackups(repository: repository.layout.root) }
        let keepers = KeyKeepers(inventory, try BackupHistory(inventory, repository))
        return Report(
            source: given.source, file: given.file, labels: labels.sorted(), problems: problems,
            kept: keepers.best().map(KeptKey.init),
            rows: entries.map { row($0, labels, values, keepers) })
    }

    private func row(
        _ entry: InventoryEntry, _ labels: Set<String>, _ values: [Secret], _ keepers: KeyKeepers
    ) -> Row {
        guard let record = entry.manifest.infisical else {
            return Row(entry: entry, outcome: .notInfisical, own: nil, needed: nil, form: nil, holder: nil)
        }
        let own = record.keyStanding(isElsewhere: false)
        guard let needed = record.keyLabel else {
            // What was tried then needs not be tried again.
            let wasTried = !labels.isEmpty && labels.isSubset(of: record.closedLabels ?? [])
            let outcome = wasTried ? Outcome.doesNotOpen : .notChecked(isWrong: own.isWrong)
            return Row(entry: entry, outcome: outcome, own: own, needed: nil, form: nil, holder: nil)
        }
        let holder = keepers.keeper(of: needed)?.id
        guard labels.contains(needed) else {
            let form = values.lazy.flatMap(KeyForms.of).first { $0.label == needed }
            return Row(
                entry: entry, outcome: .doesNotOpen, own: own, needed: needed, form: form?.text, holder: holder)
        }
        let outcome = record.firstBroken.map { Outcome.opensInPart($0) } ?? .opens
        return Row(entry: entry, outcome: outcome, own: own, needed: needed, form: nil, holder: holder)
    }
}
