import Arguments
import BackupTables
import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository
import Results
import Synchronization

/// `infisical-ops verify`
enum VerifyCommand {
    static let ids = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])), help: "Ids of backups, beginnings of them, or latest."
    ).repeated(whenAbsent: "latest")
    static let all = Flag("all", help: "Check every backup.")
    static let level = Option(
        "level", value: "LEVEL", .proofLevel, whenAbsent: "readable if the identity is available, else stored",
        help: "stored: sizes and hashes, needs no key. readable: also decrypt and decompress everything.")
    static let sample = Option(
        "sample", value: "PERCENT", .wholeNumber(1...100),
        help: "Check only a random share; this proves nothing about the rest."
    )
    .defaulting(to: 100)
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backups.")
    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the number of cores",
        help: "Number of threads.")

    static let command = Command<CommandContext>(
        name: "verify", abstract: "Check that backups are whole and can be read.", group: Groups.prove,
        arguments: [ids], options: [all, level, sample, identity, jobs], choices: [.atMostOne(ids, all)],
        examples: [
            Example(["verify"], "The latest backup, as thoroughly as the available keys allow."),
            Example(["verify", "--all", "--level", "stored"], "Everything, without any key."),
        ]
    ) { values, context in
        var options = VerifyOperation.Options()
        options.ids = values[ids]
        options.all = values[all]
        options.level = values[level]
        options.sample = values[sample]
        options.identityFile = values[identity]
        if let jobs = values[jobs] { options.threads = jobs }
        let operation = VerifyOperation(try context.workplace(discovers: false), options)
        let progress = Verification.Progress()
        let report = try ProgressLine.during(
            "verify", output: context.output, done: { progress.doneBytes.load(ordering: .relaxed) },
            total: { progress.totalBytes.load(ordering: .relaxed) }
        ) { try operation.perform(progress: progress) }
        try show(report, context.output)
        return report.exit
    }

    private static func show(_ report: VerifyOperation.Report, _ output: Output) throws {
        for outcome in report.outcomes {
            let text =
                if outcome.damaged {
                    output.styled("DAMAGED", .bad)
                } else if let proven = outcome.proven {
                    output.styled(
                        proven == .stored ? "stored, not read" : proven.rawValue,
                        proven == .stored || outcome.isClosed || outcome.shrunk != nil || outcome.disproof != nil
                            ? .attention : .good
                    )
                } else { output.styled("not proven: only \(report.sample) % of it was checked", .attention) }
            let chunks = Units.counted(outcome.entry.manifest.chunks.count, "chunk")
            output.line(
                "\(outcome.entry.id.text)  \(text), \(chunks)\(keyText(outcome, output))"
                    + (outcome.shrunk == nil ? "" : output.styled(", \(ShrunkText.mark(outcome.assessment))", .bad))
                    + (outcome.disproof == nil ? "" : output.styled(", but its last drill failed", .bad))
                    + (outcome.isRejected ? output.styled(", REJECTED", .attention) : ""))
        }
        for finding in report.damage {
            output.line("\(output.styled("damage", .bad)): \(ControlCharacters.escaped(finding.message))")
            if !finding.message.contains(finding.subject) {
                output.line("  file  \(ControlCharacters.escaped(finding.subject))")
            }
            if !finding.backups.isEmpty {
                output.line("  affects \(finding.backups.map(\.text).joined(separator: ", "))")
            }
        }
        for (note, findings) in Dictionary(grouping: report.notes, by: \.code).sorted(by: { $0.key < $1.key }) {
            guard let first = findings.first else { continue }
            output.line(
                "note (\(note)): \(ControlCharacters.escaped(first.message))\(findings.count > 1 ? ", and \(findings.count - 1) more" : "")"
            )
        }
        // Backups share chunks, so these are fewer than those of all backups together.
        let different = report.outcomes.count > 1 ? "different chunk" : "chunk"
        output.line(
            "checked \(Units.counted(report.chunks, different)), \(Units.bytes(report.bytes)), "
                + "level \(report.depth.rawValue)")
        output.line(verdict(report, output))
        if let untried = report.outcomes.last(where: { $0.trial == .notTried }) {
            output.line("to try a key, \(FaultRenderer.text(.census(of: untried.entry.id.text)))")
        }
        let result = VerifyResult(report)
        for warning in result.warnings { output.warning(warning) }
        for hint in report.shallowHints + report.recordHints { output.hint(hint) }
        if !report.damage.isEmpty { output.warning(Advice.damage(report.repair)) }
        try output.object(result)
    }

    /// What all of it comes to, on one line.
    private static func verdict(_ report: VerifyOperation.Report, _ output: Output) -> String {
        let all = report.outcomes.count, damaged = report.outcomes.filter(\.damaged).count
        let backups = Units.counted(all, "backup")
        if damaged > 0 {
            let others = Set(report.damage.flatMap(\.backups)).subtracting(report.outcomes.map(\.entry.id)).count
            let words = all == 1 ? "the backup is damaged" : "\(damaged) of the \(backups) are damaged"
            let more =
                others == 0 ? "" : ", and so \(others == 1 ? "is" : "are") \(Units.counted(others, "other backup"))"
            return output.styled(words + more, .bad)
        }
        if !report.damage.isEmpty {
            return output.styled("the repository is damaged; \(backups) checked, none of them affected", .bad)
        }
        if report.sample < 100 {
            return "no damage in the \(report.sample) % that was checked; that proves nothing about the rest"
        }
        let words = all == 1 ? "the backup is whole" : "all \(backups) are whole"
        if report.depth == .stored { return output.styled("\(words); nothing was decrypted", .attention) }
        if !report.closed.isEmpty {
            return output.styled(
                "\(words) and can be read, but not every one has a key that opens its data", .attention)
        }
        let shrunk = report.outcomes.filter { $0.shrunk != nil }
        if !shrunk.isEmpty {
            let they = all == 1 ? "it is" : "\(shrunk.count) of them \(shrunk.count == 1 ? "is" : "are")"
            let what = Set(shrunk.map(\.assessment.word)).sorted().joined(separator: " or ")
            return output.styled("\(words) and can be read, but \(they) \(what)", .attention)
        }
        let disproven = report.outcomes.filter { $0.disproof != nil && !$0.isRejected }.count
        if disproven > 0 {
            let drill = all == 1 ? "its last drill" : "the last drill of \(disproven) of them"
            return output.styled("\(words) and can be read, but \(drill) failed", .attention)
        }
        // Whole is not enough where no key was tried.
        let untried = report.outcomes.contains { $0.trial == .notTried }
        let hasTried = report.outcomes.contains { $0.trial != nil }
        let opened = hasTried ? "; the key at hand opens \(all == 1 ? "its" : "their") keys" : ""
        return untried
            ? output.styled("\(words) and can be read; whether a key opens its data was not tried", .attention)
            : output.styled("\(words) and can be read\(opened)", .good)
    }

    /// Nothing for a key that opens: that a backup is whole is what was asked.
    private static func keyText(_ outcome: VerifyOperation.Outcome, _ output: Output) -> String {
        guard let key = outcome.key, key != .opens else { return "" }
        switch outcome.trial {
        case .opens(let label)?: return ", and the key at hand (label \(label)) opens its keys"
        case .doesNotOpen(let broken)?:
            return ", but \(output.styled("no key at hand opens it", .bad))"
                + (broken.map { ": \(ControlCharacters.escaped($0))" } ?? "")
        case .notTried?, nil: break
        }
        return ", but the key \(KeyText.of(outcome.entry.manifest, key, output))"
    }
}

extension ValueFormat<ProofLevel> {
    /// The two levels that need no PostgreSQL.
    static var proofLevel: ValueFormat<ProofLevel> {
        ValueFormat(expected: "either stored or readable", allowed: ["stored", "readable"]) { text in
            guard let level = ProofLevel(word: text), level <= .readable else { return .unexpected }
            return .value(level)
        }
    }
}
