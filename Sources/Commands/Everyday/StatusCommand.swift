import Arguments
import DurableFiles
import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository
import Results

/// `infisical-ops status`
enum StatusCommand {
    static let maxAge = Option(
        "max-age", value: "DURATION", .duration,
        help: "End with 16 if the newest backup is older than this, such as 26h; for monitoring.")
    static let maxUnverified = Option(
        "max-unverified", value: "DURATION", .duration,
        help: "End with 16 if the newest backup that verify found whole is older than this, or there is none.")
    static let maxDrillAge = Option(
        "max-drill-age", value: "DURATION", .duration,
        help:
            "End with 16 if the last drill that opened every ciphertext with the backup's own keys was longer ago, or there was none."
    )

    static let command = Command<CommandContext>(
        name: "status", abstract: "Are my backups fresh and proven?", group: Groups.everyDay,
        options: [maxAge, maxUnverified, maxDrillAge],
        examples: [
            Example(
                ["status", "--max-age", "26h", "--max-unverified", "50h", "--max-drill-age", "8d"],
                "For a monitoring system.")
        ]
    ) { values, context in
        let report = try StatusOperation(
            try context.workplace(envFiles: .whatIsThereAndTold), maxAge: values[maxAge].map { $0.components.seconds },
            maxUnverified: values[maxUnverified].map { $0.components.seconds },
            maxDrillAge: values[maxDrillAge].map { $0.components.seconds }
        ).perform()
        // A quiet run that ends otherwise than well says why.
        show(report, context.output.speaking(of: report.exit))
        for warning in report.warnings { context.output.warning(warning) }
        try context.output.object(StatusResult(report))
        return report.exit
    }

    private static func show(_ report: StatusOperation.Report, _ output: Output) {
        // First: everything below may look as it does every day.
        if let latest = report.latest, latest.assessment.isShrunk,
            let text = ShrunkText.of(latest.assessment, output)
        {
            output.line("content     \(text)")
            output.line("            \(newestGood(report, latest)); \(Advice.shrunk(latest, report.identity))")
        }
        switch report.database {
        case .reachable(let version):
            let isKnown = report.identity == .same || report.identity == nil
            output.line(
                "database    \(output.styled("reachable", isKnown ? .good : .attention)), PostgreSQL \(version)")
        case .unreachable(let fault):
            output.line(
                "database    \(output.styled("not reachable", .bad)): \(ControlCharacters.escaped(fault.message))")
            for hint in fault.hints { output.line("            \(FaultRenderer.text(hint))") }
        }
        showIdentity(report, output)
        if let loss = report.content.loss, let remedy = report.content.remedy {
            output.line("content now \(output.styled("SHRUNK: \(loss)", .bad))")
            // Of another instance no backup is wanted.
            let wayBack = report.content.wayBack.map { "; \($0)" } ?? ""
            let accepting = report.isOfOther ? "" : "\(wayBack); if the loss is intended, run: \(LiveContent.accepting)"
            // What is said of the newest backup is said.
            let isSame = report.latest?.assessment.isShrunk == true && !report.isOfOther
            output.line("            \(isSame ? "as the newest backup says, see above" : remedy + accepting)")
        }
        showDecline(report, output)
        for kept in report.kept {
            let size = kept.bytes.map { ", \(Units.bytes($0))" } ?? "", name = ControlCharacters.escaped(kept.name)
            output.line("put aside   \"\(name)\"\(size), by a restore in place")
            output.line("            to remove it when you no longer need it: \(kept.dropStatement)")
        }
        output.line("key now     \(liveKey(report.liveKey, output))")
        for hint in report.keyHints { output.line("            \(FaultRenderer.text(hint))") }
        output.line("repository  \(report.repository), \(Units.bytes(report.room.freeBytes)) free")
        if let obstacle = report.room.obstacle {
            output.line(
                "            \(output.styled("no backup can be stored", .bad)): \(ControlCharacters.escaped(obstacle.message))"
            )
            for hint in obstacle.hints { output.line("            \(FaultRenderer.text(hint))") }
        }
        if let warning = report.room.warning {
            output.line("            \(output.styled(warning, .attention))")
        }
        let losses: [(String, (any Fault)?)] = [
            ("identity   ", report.identityLoss), ("host's keys", report.hostKeyLoss),
        ]
        for (name, loss) in losses {
            guard let loss else { continue }
            let isThere = if case RepositoryFault.identityMissing = loss { false } else { name != losses[1].0 }
            let word = output.styled(isThere ? "OPENS NOTHING" : "NOT HERE", .bad)
            output.line("\(name) \(word): \(ControlCharacters.escaped(loss.message))")
            for hint in loss.hints { output.line("            \(FaultRenderer.text(hint))") }
        }
        guard let latest = report.latest else {
            let words = report.backups.isEmpty ? "none yet" : "none that was not rejected"
            output.line("backup      \(output.styled(words, .bad)); run: infisical-ops backup")
            return showDamage(report, output)
        }
        let age = report.age ?? 0
        let text =
            age < 0
            ? output.styled("dated \(Units.age(-age)) ahead of this host's clock", report.isStale ? .bad : .attention)
            : report.isStale ? output.styled("\(Units.age(age)) old: too old", .bad) : "\(Units.age(age)) old"
        let rejected = report.backups.filter(\.assessment.isRejected).count
        output.line(
            "backup      \(latest.entry.id.text), \(text), \(report.backups.count) in all"
                + (rejected == 0 ? "" : ", \(rejected) rejected"))
        output.line(
            "size        \(Units.bytes(latest.manifest.storedBytes)), "
                + "\(Units.counted(latest.manifest.rowCount, "row")) in "
                + Units.counted(latest.manifest.tableCount, "table"))
        output.line("proof       \(proof(report, latest, output))")
        for line in drills(report, latest, output) { output.line("drill       \(line)") }
        if latest.manifest.infisical != nil {
            output.line("key         \(KeyText.label(latest.manifest, report.backupKey, output))")
            if let closed = report.closedReference, closed.entry.id != latest.entry.id {
                let words = output.styled("does NOT open the data", .bad)
                output.line("            of \(closed.entry.id.text), the newest backup that counts, the key \(words)")
            }
            for hint in report.backupHints { output.line("            \(FaultRenderer.text(hint))") }
        } else {
            output.line(
                "key         \(output.styled("not checked: this does not look like a database of Infisical", .attention))"
            )
        }
        for item in latest.manifest.leftOut {
            output.line(
                "left out    \(output.styled("\(item.kind) \(ControlCharacters.escaped(item.name))", .attention))")
        }
        showDamage(report, output)
    }

    /// What has gone away in small steps: of the database as it is now, else of the newest backup.
    private static func showDecline(_ report: StatusOperation.Report, _ output: Output) {
        let place: String, decline: Decline, accepting: String
        if case .declined(let found) = report.content, !report.isOfOther {
            (place, decline, accepting) = ("content now", found, LiveContent.accepting)
        } else if case .unreachable = report.database, let latest = report.latest, latest.assessment.isOpen,
            let found = latest.assessment.decline
        {
            (place, decline) = ("content    ", found)
            accepting = "infisical-ops repository accept \(latest.entry.id.text)"
        } else {
            return
        }
        output.line("\(place) \(output.styled("less than half of the most: \(decline.text)", .attention))")
        output.line("            \(decline.advice); if that is intended, run: \(accepting)")
    }

    /// What a restore should take instead; no more than is known of it.
    private static func newestGood(_ report: StatusOperation.Report, _ latest: BackupOverview) -> String {
        let good = report.backups.filter(\.assessment.counts)
        if let best = good.last(where: { KeyKeepers.keepsRightKey($0.entry) && $0.standing.disproof == nil }) {
            let id = best.manifest.id.text
            // Where another instance answers, nothing is put in its place.
            let isLoss = !report.isOfOther && !latest.assessment.mayBeOfOtherInstance
            return "the newest backup that is not shrunk and whose key opened its data: \(id)"
                + (isLoss ? "; \(LiveContent.wayBack(id))" : "")
        }
        guard let other = good.last else { return "no backup here is not shrunk" }
        let key = other.manifest.infisical == nil ? "" : ", but whose key was not proven"
        return "the newest backup that is not shrunk\(key): \(other.manifest.id.text)"
    }

    /// Whether all of this is about the database that the backups are of.
    private static func showIdentity(_ report: StatusOperation.Report, _ output: Output) {
        let id = report.reference?.entry.id
        let backup =
            id == report.latest?.entry.id ? "the newest backup" : "the newest backup that counts, \(id?.text ?? "")"
        switch report.identity {
        case .other(let reason)?, .notInfisical(let reason)?, .moved(let reason)?:
            output.line(
                "            \(output.styled("NOT the one of \(backup)", .bad)): \(ControlCharacters.escaped(reason))")
            for line in Advice.address(report) { output.line("            \(line)") }
        case .unknown(let reason)?:
            let words = "not known whether it is the one of \(backup)"
            output.line("            \(output.styled(words, .attention)): \(ControlCharacters.escaped(reason))")
        case .same?, nil: break
        }
    }

    /// What the keys at hand are worth on the database as it is now.
    private static func liveKey(_ key: LiveKey, _ output: Output) -> String {
        switch key {
        case .tried(let standing, let summary, _, _):
            KeyText.label(standing, standing == .opens ? nil : summary, output)
        case .notTried(let reason): output.styled("not checked: \(ControlCharacters.escaped(reason))", .attention)
        case .notInfisical: output.styled("not checked: this does not look like a database of Infisical", .attention)
        }
    }

    /// How far the newest backup is proven, and how old the last proven one is where that matters.
    private static func proof(
        _ report: StatusOperation.Report, _ latest: BackupOverview, _ output: Output
    ) -> String {
        var text = ProofText.dated(latest.standing, output)
        if latest.standing.level == nil, latest.standing.damaged == nil {
            text =
                output.styled("never verified", report.isUnverified ? .bad : .attention)
                + "; run: infisical-ops verify"
        }
        if report.isUnverified {
            text +=
                report.verified.map { ", the last one verified is \($0.entry.id.text): too old" }
                ?? ", and no other backup was verified either"
        }
        return text
    }

    /// What the last drills came to, of whatever backup; nothing where there was none and nobody asked.
    private static func drills(
        _ report: StatusOperation.Report, _ latest: BackupOverview, _ output: Output
    ) -> [String] {
        let drills = report.drills, id = latest.entry.id
        func of(_ backup: BackupID) -> String { backup == id ? "" : " of \(backup.text)" }
        var lines: [String] = []
        if let success = drills.success {
            lines.append(
                "\(success.time)\(of(success.backup)): \(opened(success, output))"
                    + (report.isUndrilled ? ": \(output.styled("too long ago", .bad))" : ""))
        } else if report.isUndrilled {
            lines.append(output.styled("no drill has opened every ciphertext", .bad) + "; run: infisical-ops drill")
        }
        if let failure = drills.failure {
            lines.append(ProofText.failure(failure.drill, output) + of(failure.backup).replacing(" of ", with: ", of "))
            lines.append(Advice.clearing(failure))
        }
        return lines
    }

    /// What a drill that came to *decrypts* has shown, and what nothing at hand can show.
    private static func opened(_ success: DrillRecord.Success, _ output: Output) -> String {
        guard let left = success.notProvable else {
            return output.styled("every value that can be checked offline was opened", .good)
        }
        let count = left.reduce(0) { $0 + $1.count }
        if count == 0 { return output.styled("every ciphertext was opened", .good) }
        let reasons = Set(left.map(\.reason)).sorted().map { ControlCharacters.escaped($0) }.joined(separator: "; ")
        return output.styled("every value that can be checked offline was opened", .good)
            + output.styled("; \(Units.counted(count, "value")) cannot: \(reasons)", .attention)
    }

    private static func showDamage(_ report: StatusOperation.Report, _ output: Output) {
        let damaged = report.damagedBackups
        if !damaged.isEmpty {
            let words = "in \(Units.counted(damaged.count, "backup")) when last verified"
            output.line(
                "damage      \(output.styled(words, report.isDamaged ? .bad : .attention)): "
                    + damaged.map(\.entry.id.text).joined(separator: ", "))
        }
        for finding in report.findings where finding.isDamage {
            output.line("\(output.styled("damage", .bad))      \(finding.message)")
        }
        guard let damage = report.damage else { return }
        let text = Advice.damage(damage, mayBackUp: !report.isOfOther)
        // Where the newest backup is whole, it is no warning.
        if report.isDamaged { output.warning(text) } else { output.line("            \(text)") }
    }
}
