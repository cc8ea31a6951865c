import Arguments
import Faults
import Operations
import Repository

/// `infisical-ops status`
enum StatusCommand {
    static let maxAge = Option(
        "max-age", value: "DURATION", .duration,
        help: "End with 16 when the newest backup is older, such as 26h; for monitoring.")

    static let command = Command<CommandContext>(
        name: "status", abstract: "Are my backups fresh and proven?", group: Groups.everyDay, options: [maxAge],
        examples: [Example(["status", "--max-age", "26h"], "For a monitoring system.")]
    ) { values, context in
        let report = try StatusOperation(
            try context.workplace(), maxAge: values[maxAge].map { $0.components.seconds }
        ).perform()
        show(report, context.output)
        try context.output.object(
            StatusObject(
                repository: report.repository, databaseReachable: isReachable(report),
                latest: report.latest.map { BackupObject($0) }, ageSeconds: report.age, backups: report.backups.count,
                freeBytes: report.freeBytes, stale: report.isStale,
                findings: report.findings.map { FindingObject($0) }, exit: report.exit.rawValue))
        return report.exit
    }

    private static func isReachable(_ report: StatusOperation.Report) -> Bool {
        if case .reachable = report.database { true } else { false }
    }

    private static func show(_ report: StatusOperation.Report, _ output: Output) {
        switch report.database {
        case .reachable(let version):
            output.line("database    \(output.styled("reachable", .good)), PostgreSQL \(version)")
        case .unreachable(let fault):
            output.line("database    \(output.styled("not reachable", .bad)): \(fault.message)")
        }
        output.line("repository  \(report.repository), \(Units.bytes(report.freeBytes)) free")
        guard let latest = report.latest else {
            output.line("backup      \(output.styled("none yet", .bad)); run: infisical-ops backup")
            return
        }
        let age = report.age.map { Units.age($0) } ?? "of unknown age"
        output.line(
            "backup      \(latest.entry.id.text), \(report.isStale ? output.styled("\(age) old: too old", .bad) : "\(age) old")"
                + ", \(report.backups.count) in all")
        output.line(
            "size        \(Units.bytes(latest.manifest.storedBytes)), \(Units.count(latest.manifest.rowCount)) rows in "
                + "\(latest.manifest.tableCount) tables")
        output.line(
            "proof       \(ProofWords.of(latest.standing, output))\(latest.standing.time.map { " at \($0)" } ?? "")")
        if let infisical = latest.manifest.infisical {
            output.line("key         \(KeyWords.of(infisical, output))")
        } else {
            output.line("key         \(output.styled("not checked: this does not look like Infisical", .attention))")
        }
        for finding in report.findings where finding.isDamage {
            output.line("\(output.styled("damage", .bad))      \(finding.message)")
        }
        if report.isDamaged { output.repairHint() }
    }

    private struct StatusObject: Encodable {
        let schema = "infisical-ops/status/1"
        let repository: String
        let databaseReachable: Bool
        let latest: BackupObject?
        let ageSeconds: Int64?
        let backups: Int
        let freeBytes: Int
        let stale: Bool
        let findings: [FindingObject]
        let exit: Int32
    }
}
