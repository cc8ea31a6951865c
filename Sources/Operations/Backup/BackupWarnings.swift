import Effects
import Faults
import InfisicalData
import InstanceAccess
import Repository
import Settings

/// What a backup says beside its result, one sentence without full stop each.
struct BackupWarnings {
    let configuration: ResolvedConfiguration
    let repository: Repository
    let discovery: InstanceDiscovery
    /// What is to be said of the authorities that the backend is given.
    let authorities: String?
    /// What is to be said of the identity on this host, or of where it lies.
    let identity: String?
    /// False for a backup that is only planned.
    let isStored: Bool
    /// What is to be said of changes of the instance that were interrupted: the database may be half of what it was.
    let unfinished: [String]

    /// What can be said before the database is looked at.
    var beforehand: [String] {
        var warnings = configuration.notes + [discovery.warning, authorities, identity].compactMap { $0 } + unfinished
        if configuration.envFiles.isEmpty, !configuration.keyIsElsewhere {
            warnings.append(
                "no env file is configured (instance.env_file), so the key that opens this data is not in the backup")
        }
        let configured = configuration.recipients
        if !configured.isEmpty, Set(configured) != Set(repository.keyring.recipients) {
            warnings.append(
                "repository.recipients does not name those who can read the repository; to change who can, run: "
                    + "infisical-ops repository recipients \(configured.joined(separator: " "))")
        }
        return warnings
    }

    func afterwards(
        _ manifest: Manifest, _ assessment: Assessment, _ inventory: Inventory, _ history: BackupHistory
    ) -> [String] {
        var warnings = [isStored ? assessment.warning(of: manifest.id) : assessment.forecast].compactMap { $0 }
        let start = isStored ? "the backup is stored" : "the backup would be stored"
        if assessment.isOnOtherServer, let before = assessment.comparedWith {
            warnings.append("the database is on another server than when the backup \(before.text) was taken")
        }
        warnings += manifest.leftOut.filter { $0.kind != AuditLogDatabase.kind }
            .map { "not in the backup: \($0.kind) \($0.name)" }
        warnings += inventory.findings.filter(\.isDamage).map { "in the repository: \($0.message)" }
        if let last = inventory.end?.manifest, let finished = Timestamp(iso8601: last.finished),
            let started = Timestamp(iso8601: manifest.started), finished > started
        {
            warnings.append(
                "the clock went back: the previous backup finished at \(last.finished), this one began at "
                    + manifest.started)
        }
        let keepers = KeyKeepers(inventory, history)
        switch manifest.infisical?.keyStanding(isElsewhere: configuration.keyIsElsewhere) {
        case .doesNotOpen?:
            warnings.append(
                "\(start), but the key in the env file does not open all of it; find the right key, or "
                    + "what is broken, before you need it; \(kept(keepers, manifest.infisical, assessment))")
        case .missing?:
            warnings.append(
                "\(start), but there is no key here that opens it: name the env file with it as "
                    + "instance.env_file, or set instance.key to elsewhere if it is deliberately not on this host; "
                    + kept(keepers, manifest.infisical, assessment))
        // What the operator chose is said with the result, and is no warning every night.
        case .keptElsewhere?, .opens?, .notChecked?, nil: break
        }
        return warnings
    }

    private func kept(
        _ keepers: KeyKeepers, _ record: Manifest.InfisicalRecord?, _ assessment: Assessment
    ) -> String {
        // None of the backups has the key of another instance.
        assessment.mayBeOfOtherInstance
            ? "this database is of another instance than the backups before" : KeptKey.text(keepers, of: record)
    }
}
