package import Drills
import Faults
import InfisicalData
package import InstanceAccess
package import Operations
package import Repository

/// What to do next, in the same words wherever it is said.
package enum Advice {
    /// After a look at manifests and records alone, which cannot tell what helps.
    package static let damage = "damage was found; run: infisical-ops verify --all, then: infisical-ops repair"

    /// Where the address leads to another database than that of the backups; each a sentence without full stop, empty
    /// where it does not. A backup of another instance would stand among those of this one.
    package static func address(_ report: StatusOperation.Report) -> [String] {
        report.identity?.advice ?? []
    }

    /// What to do about the newest backup, which is shrunk.
    package static func shrunk(_ latest: BackupOverview, _ identity: DatabaseIdentity?) -> String {
        let id = latest.entry.id.text
        let reject = "to leave this backup out, run: infisical-ops repository reject \(id)"
        guard latest.assessment.mayBeOfOtherInstance else {
            return "if the loss is intended, run: infisical-ops repository accept \(id)"
        }
        if identity == .same { return "the address leads to the instance of the backups before it; \(reject)" }
        return "look first whether the address is the right one; run: infisical-ops config show; \(reject); if the "
            + "instance was replaced on purpose, run: infisical-ops repository accept \(id)"
    }

    /// The same for damage that was recorded, which may have been taken care of since.
    ///
    /// - Parameter mayBackUp: whether a backup would be of this instance.
    package static func damage(_ state: DamageState, mayBackUp: Bool = true) -> String {
        switch state {
        case .inPlace: damage
        case .missing:
            "what was damaged has been moved aside or is gone, and nothing has replaced it; \(fromCopy)"
                + (mayBackUp ? "; or, as a backup may bring it back, run: infisical-ops backup" : "")
                + "; then: infisical-ops verify --all"
        case .replaced:
            "all that was damaged has been replaced, which no check has confirmed yet; run: infisical-ops verify --all"
        }
    }

    package static func hints(_ state: DamageState, mayBackUp: Bool = true) -> [String] {
        switch state {
        case .inPlace: hints(damaged: true)
        case .missing:
            (mayBackUp ? forIncomplete : Array(forIncomplete.prefix(1))) + ["run: infisical-ops verify --all"]
        case .replaced: ["run: infisical-ops verify --all"]
        }
    }

    /// The commands for scripts; empty when nothing is damaged.
    package static func hints(damaged: Bool) -> [String] {
        damaged ? ["run: infisical-ops verify --all", "run: infisical-ops repair"] : []
    }

    /// After a recovery: the new host has taken no backup yet, and the old one's tokens work again.
    ///
    /// - Parameter signer: whom the recovery was told to trust; nil where the host knows it.
    package static func recovered(_ signer: String?) -> [String] {
        let adopt = ["infisical-ops", "init", "--adopt"] + (signer.map { ["--signer", $0] } ?? [])
        return [
            "tokens and sessions that were revoked after this backup was taken work again: set a new AUTH_SECRET in the env "
                + "file, then run: infisical-ops restart --recreate",
            "this host takes no backups yet; to take the repository over, \(FaultRenderer.text(.command(adopt))); then let a schedule "
                + "take them",
        ]
    }

    package static let fromCopy = FaultRenderer.text(.repairFromCopy)

    /// The commands for backups that `repair` alone cannot make whole.
    package static let forIncomplete = [fromCopy, "run: infisical-ops backup"]

    /// After a look at everything: what helps against the damage that was found.
    ///
    /// - Parameter plan: what `repair` can do without another copy.
    package static func damage(_ plan: RepairPlan) -> String {
        if !plan.acknowledged.isEmpty {
            return
                "damage was found, and a backup's manifest is gone: another copy of the repository may have it; "
                + "\(fromCopy); without one the backup is given up, run: infisical-ops repair"
        }
        guard plan.isEmpty else {
            return "damage was found; run: infisical-ops repair"
                + (plan.incomplete.isEmpty
                    ? "" : "; what it cannot bring back may be in another copy of the repository; \(fromCopy)")
        }
        guard !plan.incomplete.isEmpty else {
            return "what is missing can only come from another copy of the repository; \(fromCopy)"
        }
        return "what is missing can only come from another copy of the repository; \(fromCopy); "
            + "without one, \(incomplete(plan)), but a new backup will be; run: infisical-ops backup"
    }

    package static func hints(_ plan: RepairPlan) -> [String] {
        if !plan.acknowledged.isEmpty { return [fromCopy, "run: infisical-ops repair"] }
        return plan.isEmpty
            ? forIncomplete
            : ["run: infisical-ops repair"] + (plan.incomplete.isEmpty ? [] : [fromCopy])
    }

    /// After a repair: what is still lost, and what to do about it.
    ///
    /// - Parameter usedCopy: whether another copy was asked already.
    package static func remaining(_ plan: RepairPlan, usedCopy: Bool) -> [String] {
        let another = usedCopy ? "yet another" : "another", isOne = plan.acknowledged.count == 1
        let givenUp =
            plan.acknowledged.isEmpty
            ? []
            : [
                "\(isOne ? "it comes" : "they come") back as soon as \(another) copy of the repository is found that has "
                    + "\(isOne ? "it" : "them"); \(fromCopy)"
            ]
        if plan.incomplete.isEmpty { return givenUp }
        return givenUp + [
            "what they lack can only come from \(usedCopy ? "yet another" : "another") copy of the repository; "
                + fromCopy,
            "a new backup is whole, whatever older ones lack, and may give back some of it; run: infisical-ops backup",
        ]
    }

    /// What takes the record of a failed drill back: only a drill that goes as far.
    package static func clearing(_ failure: DrillRecord.Failure) -> String {
        let level = failure.drill.level == .boots ? " --level boots" : ""
        if failure.drill.isOfValue {
            return
                "until a drill has gone as far; \(brokenValue); to see which, run: infisical-ops census --live; once that "
                + "opens everything, run: infisical-ops backup, then: infisical-ops drill\(level)"
        }
        guard let backup = failure.clearedBy else {
            return "until a drill has gone as far: no backup since then counts; take one that does, or accept one that "
                + "is shrunk, then run: infisical-ops drill\(level)"
        }
        return backup == failure.backup
            ? "until a drill has gone as far; run: infisical-ops backup, then: infisical-ops drill\(level)"
            : "until a drill has gone as far; run: infisical-ops drill \(backup.text)\(level)"
    }

    /// Why a new backup alone does not help.
    private static let brokenValue =
        "while the live database has such a value, every new backup has it, too: write it anew in Infisical, take it from an "
        + "older backup, or delete it"

    /// After a drill that did not come out well; empty otherwise.
    package static func drill(_ report: DrillReport) -> [String] {
        if !report.damage.isEmpty { return hints(damaged: true) }
        if report.problems.isEmpty { return [] }
        if report.lacksKey {
            let id = report.entry.id.text
            if report.keysAreGiven, report.entry.manifest.infisical?.keyWasAtHand == true {
                return ["without --key-file the key that the backup keeps is tried; run: infisical-ops drill \(id)"]
            }
            guard let kept = report.keptKey else {
                return ["run: infisical-ops keys check \(id)", FaultRenderer.text(.census(of: id))]
            }
            return ["a key that opened everything is kept with the backup \(kept.backup); to try it:"]
                + kept.censusHints(of: id).map { FaultRenderer.text($0) }
        }
        let again = "run: infisical-ops drill \(report.entry.id.text) --keep"
        if report.problems.allSatisfy(\.isOfValue) {
            return [
                "\(brokenValue); to see which, run: infisical-ops census --live",
                report.older.map {
                    "the newest backup before it in which no drill has found that: \($0.text); to try it, run: infisical-ops "
                        + "drill \($0.text)"
                } ?? "no backup before it is known to be without that",
            ]
        }
        return report.problems.contains(where: \.isOfBackup) ? ["run: infisical-ops backup", again] : [again]
    }

    /// `the backups A and B cannot be restored as a whole`.
    private static func incomplete(_ plan: RepairPlan) -> String {
        let ids = plan.incompleteInOrder.map(\.id.text)
        return
            "\(ids.count == 1 ? "the backup" : "the backups") \(ids.joined(separator: ", ")) cannot be restored as a whole"
    }
}
