import Arguments
import Drills
import Faults
import Instance
import Operations
import Repository
import Results
import Synchronization

/// `infisical-ops drill`
enum DrillCommand {
    static let id = Argument(
        "ID", .text.completed(by: .command(["list", "--ids"])),
        help: "The id of a backup, the beginning of one, or latest."
    ).defaulting(to: "latest")
    static let level = Option(
        "level", value: "LEVEL", .drillLevel, whenAbsent: "decrypts; equal for a database that is not Infisical's",
        help:
            "restored: it restores, and all constraints and indexes hold. equal: also, every table and sequence is as it was. decrypts: also, every ciphertext opens with the key in the backup's escrow. boots: also, Infisical starts on the copy and gives a secret back."
    )
    static let allLevels = Flag("all-levels", help: "As far as this host can prove.")
    static let place = Option(
        "on", value: "PLACE", .drillPlace, whenAbsent: "what there is, local first",
        help: "Where the scratch server runs. local: from the PostgreSQL programs of this host. docker: in a container."
    )
    static let backendImage = Option(
        "backend-image", value: "IMAGE", .text, whenAbsent: "the one that the backup was taken from",
        help: "The image that Infisical is started from, where that is done in containers.")
    static let databaseImage = Option(
        "database-image", value: "IMAGE", .text, whenAbsent: "the one that the backup was taken from",
        help: "The image of a scratch server in a container.")
    static let redisImage = Option(
        "redis-image", value: "IMAGE", .text, whenAbsent: "the one that the backup was taken from",
        help: "The image of Redis, where Infisical is started in containers.")
    static let keep = Flag("keep", help: "Leave the scratch server running, and print how to reach and remove it.")
    static let schedule = Flag("schedule", help: "For timers and cron: print nothing when all is well.")
    static let identity = Option("identity-file", value: "FILE", .file, help: "The identity that reads the backups.")
    static let keyFile = Option(
        "key-file", value: "FILE", .file,
        help:
            "An env file with the key, instead of the one in the backup's escrow; what opens with it is proven as decrypts (key supplied)."
    )
    static let jobs = Option(
        "jobs", short: "j", value: "N", .wholeNumber(1...64), whenAbsent: "the configured number",
        help: "Number of parallel connections.")

    static let command = Command<CommandContext>(
        name: "drill", abstract: "Restore a backup into a scratch server, and prove what comes back.",
        discussion: """
            The scratch server is a PostgreSQL of its own, of the backup's major version or the nearest newer one that is \
            installed; where none is, or with --on docker, one in a container without a network, of the image that the backup \
            was taken from. No image is fetched. With level boots Infisical is started on the copy, apart from everything: \
            from its image, or where drill.backend says how, from a folder of this host. \
            The scratch server listens on no network and lies in a folder below /dev/shm, /var/tmp or /tmp (drill.folder in the \
            configuration), which is removed at the end, also after a failure or Ctrl-C; what a killed drill left \
            behind, the next one removes.

            The live database is neither read nor written. What the scratch server lacks, such as a role, an extension or a \
            tablespace, is left out and named, and the exit code is 2. The time that is printed is what a restore takes on \
            this host; the age of the data is what it would lose.
            """,
        group: Groups.prove, arguments: [id],
        options: [
            level, allLevels, place, backendImage, databaseImage, redisImage, keep, schedule, identity, keyFile, jobs,
        ], choices: [.atMostOne(level, allLevels)],
        examples: [
            Example(["drill"], "The latest backup, as far as this host can prove it."),
            Example(["drill", "--all-levels", "--schedule"], "The same from a timer."),
        ]
    ) { values, context in
        var options = DrillOperation.Options()
        options.id = values[id]
        options.level = values[level]
        options.goesFar = values[allLevels]
        options.keeps = values[keep]
        options.identityFile = values[identity]
        options.keyFile = values[keyFile]
        options.place = values[place]
        options.images = [
            .backend: values[backendImage], .database: values[databaseImage], .redis: values[redisImage],
        ].compactMapValues(\.self)
        if values[place] == .local,
            let image = [backendImage, databaseImage, redisImage].first(where: { values[$0] != nil })
        {
            throw values.refusal(of: image, "with --on local nothing is started from an image")
        }
        options.jobs = values[jobs]
        let quiet = values[schedule] ? context.output.silent : context.output
        let operation = DrillOperation(
            try context.workplace(discovers: false, opens: true), options, interference: context.interference)
        let report = try ProgressLine.during("drill", output: quiet) { progress in
            try operation.perform(progress: progress)
        }
        try show(report, quiet.speaking(of: report.exit))
        return report.exit
    }

    private static func show(_ report: DrillReport, _ output: Output) throws {
        let result = DrillResult(report)
        tell(report, result, output)
        try output.object(result)
    }

    /// What a drill came to, for people.
    static func tell(_ report: DrillReport, _ result: DrillResult, _ output: Output) {
        output.line("\(report.entry.id.text)  \(verdict(report, output))")
        for problem in report.problems {
            output.line("\(output.styled("problem", .bad)): \(ControlCharacters.escaped(problem.message))")
        }
        for finding in report.damage {
            output.line("\(output.styled("damage", .bad)): \(ControlCharacters.escaped(finding.message))")
        }
        for line in report.unchecked { output.warning(line) }
        if let fault = report.bootFault, !output.json { output.fault(fault) }
        LossText.show(report.losses, output)
        if !report.server.isEmpty {
            output.line(
                "restored \(Units.counted(report.rows, "row")) in \(Units.counted(report.tables, "table")) into a scratch "
                    + "server, PostgreSQL \(report.server)")
        }
        if let compared = report.compared {
            output.line(
                "compared \(Units.counted(compared.rows, "row")) in \(Units.counted(compared.tables, "table")): all as "
                    + "they were when the backup was taken")
        }
        // What does not open is said above, and nothing opened is no news beside it.
        if let opened = report.opened, opened > 0 {
            let key = report.keysAreSupplied ? "a key that the backup does not keep" : "the key that the backup keeps"
            output.line("decrypted \(Units.counted(opened, "value")) with \(key)")
        }
        if let seconds = report.bootSeconds { output.line("Infisical answered after \(Units.seconds(seconds))") }
        if let canary = report.canary {
            let name = ControlCharacters.escaped(canary.name), path = ControlCharacters.escaped(canary.path)
            output.line(
                "read back    \(name) in \(path) of the environment \(ControlCharacters.escaped(canary.environment)), "
                    + "project \(ControlCharacters.escaped(canary.project)): the value is the one in the backup"
                    + (canary.isReadByIdentity ? ", as the machine identity of the configuration reads it" : ""))
        }
        for note in report.notes { output.line(ControlCharacters.escaped(note)) }
        let phases = report.phases.map { "\($0.name) \(Units.seconds($0.seconds))" }.joined(separator: ", ")
        output.line("time       \(Units.seconds(report.seconds)): \(phases)")
        output.line("data age   \(Units.age(report.dataAge))")
        if let kept = report.kept {
            output.line("kept       \(kept.folder)")
            for words in kept.connect { output.line("  connect  \(shell(words))") }
            output.line("  remove   \(shell(kept.stop)) && \(shell(kept.remove))")
        }
        for warning in result.warnings { output.warning(warning) }
        for hint in result.hints { output.line(hint) }
    }

    private static func shell(_ words: [String]) -> String {
        words.map(FaultRenderer.shellQuoted).joined(separator: " ")
    }

    private static func verdict(_ report: DrillReport, _ output: Output) -> String {
        if !report.damage.isEmpty { return output.styled("DAMAGED", .bad) }
        guard let reached = report.reached else {
            return output.styled("not proven: it does not restore as it was", .bad)
        }
        if report.problems.isEmpty, reached == report.wanted {
            if report.isShrunk {
                let problem = report.isRejected ? "was rejected" : "is \(report.shrunkWord)"
                return output.styled("\(reached.rawValue), but the backup \(problem)", .attention)
            }
            let isLess = reached == .decryptsSupplied || report.entry.manifest.infisical == nil
            return output.styled(reached.rawValue, isLess ? .attention : .good)
        }
        return output.styled("\(reached.rawValue), but not \(report.wanted.rawValue)", .bad)
    }
}

extension ValueFormat<ProofLevel> {
    /// The levels that need a restored copy.
    fileprivate static var drillLevel: ValueFormat<ProofLevel> {
        ValueFormat(
            expected: "restored, equal, decrypts or boots", allowed: ["restored", "equal", "decrypts", "boots"]
        ) { text in
            guard let level = ProofLevel(word: text), level >= .restored else { return .unexpected }
            return .value(level)
        }
    }
}

extension ValueFormat<DrillOperation.Place> {
    fileprivate static var drillPlace: ValueFormat<DrillOperation.Place> {
        ValueFormat<DrillOperation.Place>(
            expected: "local or docker", allowed: DrillOperation.Place.allCases.map(\.rawValue)
        ) { text in
            DrillOperation.Place(rawValue: text).map { .value($0) } ?? .unexpected
        }
    }
}
