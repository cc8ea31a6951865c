import Faults
import InfisicalData
import InfisicalStore
import Instance
import InstanceAccess
import Postgres
import Secrets
import Settings

/// Whether the backend can start at all with the keys that it has, which is tried and not taken from its log: a damaged
/// value has the same words there as a wrong key, and a backend without a container has no log here.
struct BackendKeys {
    private let part: PartInspection
    private let instance: InstanceAccess

    /// Seconds until the database is given up.
    private static let patience = 5
    private static let notTried = "key-not-tried"
    /// What the engine says of these stays what is to be cured first.
    private static let untouched: Set<Condition> = [.missing, .paused, .outOfMemory, .wrongPassword, .diskFull]

    init(_ part: PartInspection) {
        self.part = part
        instance = part.instance
    }

    /// Puts the outcome of the trial over what was seen.
    func judge(_ step: inout HealthStep) throws {
        let outcome = try triedOrFinding(&step)
        step.findings += outcome?.findings ?? []
        if let wrong = outcome?.wrong {
            step.keyIsWrong = true
            guard !BackendKeys.untouched.contains(step.condition) else { return }
            step.condition = wrong.condition
            step.isConfigured = true
            step.details.insert(wrong.text, at: 0)
            step.hints = wrong.hints
        } else if outcome?.opens == true, [.wrongKey, .missingKey].contains(step.condition) {
            contradictLog(&step)
        }
        nameMissingSecret(&step)
    }

    /// The same for a backend that was not asked: whether its key is the right one depends on no Redis.
    ///
    /// - Parameter database: what became of the look at the database.
    func judgeUnasked(_ step: inout HealthStep, database: Condition?) throws {
        switch database {
        case .healthy?: try judge(&step)
        case .unhealthy?, .diskFull?:
            // It may answer all the same. What keeps it from doing so has been told.
            try judge(&step)
            step.findings.removeAll { $0.code == "health." + BackendKeys.notTried }
        default: nameMissingSecret(&step)
        }
    }

    // MARK: - The trial

    private struct Outcome {
        let opens: Bool
        let wrong: WrongKey?
        let findings: [HealthFinding]
    }

    /// What the keys are worth; a database that lets nobody read them is a finding, and no other step's fault.
    private func triedOrFinding(_ step: inout HealthStep) throws -> Outcome? {
        do { return try tried() } catch let fault as PostgresFault {
            if case .interrupted = fault { throw fault }
            step.findings.append(
                HealthFinding(
                    BackendKeys.notTried, "the key was not tried on the database: \(fault.message)",
                    hints: fault.hints))
            return nil
        }
    }

    /// Tries the backend's own keys and those of the env files on the database.
    private func tried() throws -> Outcome? {
        let inForce = KeysInForce(instance)
        let connection = try DatabaseConnections(instance).open(
            .main, role: "health", visitsPooler: true, deadline: BackendKeys.patience)
        defer { connection.close() }
        let database = try InfisicalDatabase(connection)
        guard database.era != .none else { return nil }
        let flag = try database.fipsFlag(), samples = try database.keySamples()
        let isElsewhere = instance.configuration.keyIsElsewhere
        let live = try LiveKeys(samples, [inForce.ofBackend(flag)], isElsewhere: isElsewhere)
        var findings: [HealthFinding] = []
        if let edited = inForce.finding {
            let file = try KeyTrial.run(samples, with: [inForce.ofEnvFiles(flag)])
            var hints: [Hint] = [.command(["infisical-ops", "restart", "--recreate", "--service", "backend"])]
            if case .doesNotOpen = file.verdict {
                hints = [.check("put the old key back into the env file: the next start would fail with the new one")]
            }
            findings.append(HealthFinding("edited-key", edited, hints: hints))
        } else if inForce.running != nil, let problem = unusableFile {
            findings.append(
                HealthFinding(
                    "edited-key", "the backend runs, and its next start would fail: \(problem)",
                    hints: [.check("put the old key back into the env file")]))
        }
        findings += live.report.findings(absenceIsTold: isElsewhere || live.standing == .missing).map {
            HealthFinding("key", $0, hints: [])
        }
        switch live.standing {
        case .opens: return Outcome(opens: true, wrong: nil, findings: findings)
        case .notChecked, .keptElsewhere:
            let prefix = live.standing == .keptElsewhere ? "instance.key is elsewhere: " : ""
            let finding = HealthFinding(
                "key-not-verified", prefix + live.report.summary,
                hints: [.command(["infisical-ops", "config", "show"])])
            return Outcome(opens: false, wrong: nil, findings: findings + [finding])
        case .missing where inForce.running == nil && inForce.envFiles.files.isEmpty:
            let isConfigured = !instance.configuration.envFileFaults.isEmpty
            let finding = HealthFinding(
                "key-not-verified",
                isConfigured
                    ? "no key was tried, because the env file that may have it cannot be read"
                    : "no env file is configured (instance.env_file), so no key was tried",
                hints: isConfigured ? [] : [.check("name the env file that the backend reads as instance.env_file")])
            return Outcome(opens: false, wrong: nil, findings: findings + [finding])
        case .missing, .doesNotOpen:
            let file = try KeyTrial.run(samples, with: [inForce.ofEnvFiles(flag)])
            let wrong = WrongKey(
                live.report, isMissing: live.standing == .missing, fileOpens: inForce.running != nil && file.opens,
                kept: KeptKeySearch(instance, of: try database.instanceID(), after: live.report))
            findings.append(HealthFinding("key-does-not-open", wrong.text, hints: wrong.hints))
            return Outcome(opens: false, wrong: wrong, findings: findings)
        }
    }

    /// What is wrong with the key in the env files, where none that could be one is there; nil where nothing is.
    private var unusableFile: String? {
        let configuration = instance.configuration, environment = configuration.instance
        if let fault = KeysInForce.problem(of: configuration) { return fault.message }
        guard !environment.hasKey, !environment.files.isEmpty, configuration.envFileFaults.isEmpty,
            !configuration.keyIsElsewhere
        else { return nil }
        return "no \(environment.keyVariable) is set in \(environment.files.map(\.path).joined(separator: ", "))"
    }

    /// The log says that something did not open, and everything opens.
    private func contradictLog(_ step: inout HealthStep) {
        let judged = part.judged?.condition ?? .unreachable
        step.condition = judged == .healthy ? .unreachable : judged
        step.details.insert("its log reports a key that opens nothing, but its key opens this database", at: 0)
        step.hints = [.command(["infisical-ops", "restart", "--service", "backend"])] + part.hints(.crashLoop)
    }

    // MARK: - The other secret

    /// Without `AUTH_SECRET` no version starts. One that answers has it, wherever from.
    private func nameMissingSecret(_ step: inout HealthStep) {
        let isDown =
            [.unreachable, .starting, .stopped, .crashLoop].contains(step.condition)
            // Of one that was not asked only a container shows what it has.
            || step.condition == .notChecked && step.isConfigured && part.container != nil
        guard isDown, step.cause == nil, let place = placeWithoutSecret else { return }
        step.details.insert("AUTH_SECRET is not set in \(place), and no backend starts without it", at: 0)
        step.hints = [
            .check("put back the AUTH_SECRET that it had, or a new one, printed by openssl rand -base64 32"),
            .command(
                ["infisical-ops", "restart", "--service", "backend"] + (part.container == nil ? [] : ["--recreate"])),
        ]
        step.isFinal = true
    }

    /// Where it should be and is not; nil where it is, or may be somewhere else.
    private var placeWithoutSecret: String? {
        let configuration = instance.configuration
        if let container = part.container {
            guard let running = configuration.running, running.authSecret == nil else { return nil }
            return "the environment of the container \(container.name)"
        }
        let files = configuration.instance.files
        // Where the key is, the other secret belongs too.
        guard let last = files.last, configuration.instance.hasKey else { return nil }
        let isSet = files.contains { file in
            ["AUTH_SECRET", "INFISICAL_AUTH_SECRET"].contains { (file.entry($0)?.value.trimmed().count ?? 0) > 0 }
        }
        return isSet ? nil : last.path
    }
}
