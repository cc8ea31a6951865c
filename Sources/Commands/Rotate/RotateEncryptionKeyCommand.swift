import Arguments
import Faults
import InfisicalData
import Operations
import Results
import Rotating
import Rotation

/// `infisical-ops rotate encryption-key`
enum RotateEncryptionKeyCommand {
    enum Only: String, CaseIterable, Sendable {
        case encryptionKey = "encryption-key"
        case rootEncryptionKey = "root-encryption-key"
    }

    private static let depth = Option(
        "depth", value: "DEPTH", .oneOf(RotationWork.Depth.self), help: "How much is encrypted anew."
    ).defaulting(to: .full)
    private static let only = Option(
        "only", value: "KEY", .oneOf(Only.self), whenAbsent: "both, where both are set",
        help: "Which of two keys is rotated.")
    private static let newKeyFile = Option(
        "new-key-file", value: "FILE", .file, whenAbsent: "a new key is made",
        help: "An env file with the new key, as `keys write --new` makes it.")
    private static let oldKeyFiles = Option(
        "old-key-file", value: "FILE", .file, help: "An env file with a key of earlier days; may be repeated."
    ).repeated()
    private static let leaves = Option(
        "leave-unreadable", value: "FILE", .file,
        help: """
            A file with the values that no key opens and that stay as they are, one a line. With --dry-run a FILE that is \
            not there is written with all of them: review it.
            """)
    private static let replacesStaged = Flag(
        "replace-staged", help: "Drop a rotation of Infisical's own that somebody prepared.")
    private static let untriedEra = Flag(
        "untried-era", help: "Go on with a version of Infisical on which this was never tried.")

    private static let requireVerification = Flag(
        "require-verification",
        help: """
            Ask for a phrase that only the escrow identity opens before anything changes, also with --yes. On a terminal that \
            is done without being asked for.
            """)

    private static let rehearse = Flag(
        "rehearse",
        help: """
            Take a backup, do the same on a copy of it that Infisical is then started on, apart from everything, and say how \
            long it took. Infisical goes on meanwhile, with the keys that it has.
            """)

    static let command = Command<CommandContext>(
        name: "encryption-key", abstract: "Encrypt the database with a new key, and let the instance use it.",
        discussion: """
            Depth full encrypts everything anew that the key itself encrypts; deep also replaces the root key below it, and \
            rekey also all data keys and with them every value. Against somebody who has the old key and a copy of the \
            database only rekey helps, and for what was in it then only new values at their targets. native is what \
            Infisical does itself since 2026: only the root key is wrapped anew. The new key is made by this program and \
            stands in the env file afterwards; take a copy with `keys escrow`.
            """,
        options: [
            depth, only, newKeyFile, oldKeyFiles, leaves, replacesStaged, untriedEra, requireVerification,
        ] + RotateCommand.copies + [rehearse, RotateCommand.timeout, RotateCommand.dryRun, RotateCommand.yes],
        choices: [.atMostOne(rehearse, RotateCommand.dryRun)],
        examples: [
            Example(["rotate", "encryption-key", "--rehearse"], "Whether it would work, and how long it would take."),
            Example(["rotate", "encryption-key", "--dry-run"], "What would be done, and what it does not do."),
            Example(
                ["rotate", "encryption-key", "--depth", "rekey"], "After a key and a copy of the database leaked."),
        ]
    ) { values, context in
        var options = EncryptionKeyRotation.Options()
        options.depth = values[depth]
        options.only = values[only].flatMap { KeyKind(rawValue: $0.rawValue) }
        options.newKeyFile = values[newKeyFile]
        options.oldKeyFiles = values[oldKeyFiles]
        options.leavesFile = values[leaves]
        options.writesLeaves = values[RotateCommand.dryRun]
        options.replacesStaged = values[replacesStaged]
        options.allowsUntriedEra = values[untriedEra]
        options.storedCopies = try RotateCommand.choice(values)
        let isRequired = values[requireVerification]
        if isRequired, !Terminal.isInteractive, !values[rehearse] {
            throw RotationRefusal.notVerified(isAsked: false, isRequired: true)
        }
        let workplace = try context.workplace()
        let plan = try EncryptionKeyRotation(workplace, options).plan()
        if values[rehearse] { return try rehearsal(RotationRehearsal(workplace, plan), plan, context) }
        return try RotateCommand.run(plan, workplace, values, context) {
            guard isRequired || Terminal.isInteractive && !values[RotateCommand.yes] else { return }
            try verify(workplace, isRequired: isRequired, context)
        }
    }

    private static func rehearsal(
        _ rehearsal: RotationRehearsal, _ plan: RotationPlan, _ context: CommandContext
    ) throws -> ExitCode {
        for warning in plan.warnings { context.output.warning(warning) }
        let report = try ProgressLine.during("rehearsal", output: context.output) { progress in
            try rehearsal.perform(progress: progress) { context.output.line($0) }
        }
        let output = context.output.speaking(of: report.exit), result = RotateRehearsalResult(report)
        DrillCommand.tell(report.drill, result.drill, output)
        if let count = report.rewritten, let seconds = report.exchangeSeconds {
            output.line(
                "\(Units.counted(count, "value")) and the root key were encrypted with a new key in \(Units.seconds(seconds))"
            )
        }
        if let downtime = report.downtime {
            output.line(
                "expect about \(Int(downtime.rounded(.up))) s without Infisical, and what the backend takes to stop")
        }
        output.line("nothing of the instance was changed")
        try output.object(result)
        return report.exit
    }

    /// Asks for the phrase, three times at most.
    private static func verify(_ workplace: Workplace, isRequired: Bool, _ context: CommandContext) throws {
        let verification = try RotationVerification(workplace)
        Terminal.write(
            """
            The new key is put away for the escrow identity only. Is it at hand? Open this with it, here or elsewhere,
            with: age --decrypt -i identity.txt

            \(verification.sealed)
            """, to: 2)
        for _ in 0..<3 where verification.accepts(try context.question.text("The phrase in it: ")) { return }
        throw RotationRefusal.notVerified(isAsked: true, isRequired: isRequired)
    }
}
