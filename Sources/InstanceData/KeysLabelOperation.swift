import Effects
package import Faults
package import InfisicalData
import InfisicalStore
import InstanceAccess
package import Operations
import Postgres
import Settings

/// Names keys by their labels, and says which of them the database is under.
package struct KeysLabelOperation {
    package struct Key: Sendable, Equatable {
        /// The plain name of its variable.
        package let variable: String
        package let label: String
        /// Whether it is read in the form of FIPS mode.
        package let isFIPS: Bool
        /// Where it is from, as it reads in a sentence.
        package let source: String
    }

    /// What the database says of its root key.
    package enum Database: Sendable {
        /// Told in a clause: with what it opens, or that nothing at hand opens it.
        case tried(KeyStanding, String, findings: [String])
        /// Why not, as a clause.
        case notTried(String)
        case notInfisical

        /// That whoever keeps a copy of the keys keeps what opens nothing, as a sentence without full stop; nil where nobody
        /// knows that.
        package var closed: String? {
            guard case .tried(let standing, let text, _) = self, standing.isWrong else { return nil }
            return "what was written does not open the database: \(text)"
        }

        /// Why nobody knows whether the keys open the database, as a clause; nil where that is known.
        package var unverified: String? {
            switch self {
            case .tried(.notChecked, let text, _): text
            case .tried: nil
            case .notTried(let reason): reason
            case .notInfisical: "the database is not Infisical's"
            }
        }

        package var exit: ExitCode {
            if case .tried(let standing, _, _) = self, standing.isWrong { .keyMismatch } else { .done }
        }
    }

    package struct Report: Sendable {
        /// Both readings of one value where only the database knows which is meant, and it was not asked.
        package let keys: [Key]
        /// What is wrong with values, one clause each.
        package let problems: [String]
        /// That the backend runs on other keys than its env file holds; nil where it does not.
        package let finding: String?
        package let database: Database
        /// How to come to a key of the right form, where none that is given has it; empty elsewhere.
        package let hints: [Hint]

        package var exit: ExitCode { keys.isEmpty ? .keyMismatch : database.exit }
    }

    private let workplace: Workplace
    private let keyFile: String?
    private let besideRunning: Bool

    /// Seconds until the database is given up.
    private static let patience = 5

    /// - Parameters:
    ///   - keyFile: an env file with keys, instead of the instance's own.
    ///   - besideRunning: whether those that the backend's container was made with count beside the instance's own.
    package init(_ workplace: Workplace, keyFile: String?, besideRunning: Bool = true) {
        self.workplace = workplace
        self.keyFile = keyFile
        self.besideRunning = besideRunning
    }

    /// What the database says of keys of the instance that were copied. Whatever keeps it from being asked is no failure of
    /// the copy.
    static func ofCopy(_ workplace: Workplace) throws -> Database {
        do { return try KeysLabelOperation(workplace, keyFile: nil, besideRunning: false).perform().database } catch {
            let fault: any Fault = .of(error)
            if fault.interruption != nil { throw error }
            return .notTried(fault.message)
        }
    }

    package func perform() throws -> Report {
        let given = try GivenKeys(workplace, keyFile: keyFile, for: "the database")
        let force = KeysInForce(workplace.instance)
        let holders = { (flag: FIPSMode.DatabaseFlag) in
            // Beside the instance's own keys those that its container was made with, where they are others.
            [given.holder(workplace, flag)] + (keyFile == nil && besideRunning ? force.all(flag).dropFirst() : [])
        }
        let (database, flag) = try ask(holders)
        var keys: [Key] = [], problems: [String] = []
        for holder in (flag.map { [$0] } ?? [.noColumn, .notAsked]).flatMap(holders) {
            for candidate in holder.keys.candidates {
                let key = Key(
                    variable: candidate.source.variable, label: candidate.label,
                    isFIPS: candidate.source == .encryptionKeyFIPS, source: holder.name)
                if !keys.contains(key) { keys.append(key) }
            }
            for problem in holder.keys.problems.map({ "\(holder.name): \($0.message)" })
            where !problems.contains(problem) {
                problems.append(problem)
            }
        }
        // Of two readings one fits.
        if flag == nil, !keys.isEmpty { problems = [] }
        return Report(
            keys: keys, problems: problems, finding: keyFile == nil ? force.finding : nil, database: database,
            hints: keys.isEmpty ? hints(given, database) : [])
    }

    /// A new key is for whoever has one made; that of an instance is the only one that opens its data.
    private func hints(_ given: GivenKeys, _ database: Database) -> [Hint] {
        if case .notInfisical = database {
        } else if keyFile == nil, let problem = KeysInForce.problem(of: workplace.configuration) {
            return problem.hints
        }
        return [.command(KeyKind.encryptionKey.generator(fips: given.environment.fips ?? false))]
    }

    /// What the database says, and which reading of the values it asks for; nil where it could not be asked.
    private func ask(
        _ holders: (FIPSMode.DatabaseFlag) -> [KeyHolder]
    ) throws -> (Database, FIPSMode.DatabaseFlag?) {
        do {
            let connection = try DatabaseConnections(workplace.instance).open(
                .main, role: "keys", deadline: KeysLabelOperation.patience)
            defer { connection.close() }
            var read: FIPSMode.DatabaseFlag?
            let live = try LiveKeys.tried(on: connection, isElsewhere: false) { flag in
                read = flag
                return holders(flag)
            }
            guard let live else { return (.notInfisical, nil) }
            let report = live.report, root = report[.rootWrap]
            let text = root.map { $0.outcome == .notChecked(.noKMS) ? report.summary : $0.text } ?? report.summary
            // The key is the right one where the root key opens, whatever is broken below.
            let standing = report.opensRoot ? KeyStanding.opens : live.standing
            var findings = report.findings(absenceIsTold: false)
            if report.opensRoot, live.standing == .doesNotOpen { findings.insert(report.summary, at: 0) }
            return (.tried(standing, text, findings: findings), read)
        } catch let fault as any Fault where fault is PostgresFault || fault is UndiscoveredDatabase {
            if fault.exit == .interrupted || fault.exit == .terminated { throw fault }
            return (.notTried(fault.message), nil)
        }
    }
}
