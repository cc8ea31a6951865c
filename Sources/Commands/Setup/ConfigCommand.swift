import Arguments
import DurableFiles
import Effects
import Faults
import InstanceAccess
import Operations
import Repository
import Results
import Settings

/// `infisical-ops config`
enum ConfigCommand {
    static let command = Command<CommandContext>(
        name: "config", abstract: "Show or check the configuration.", group: Groups.setUp, subcommands: [show, check])

    static let check = Command<CommandContext>(
        name: "check", abstract: "Validate the configuration, and report every problem with its place.",
        discussion: """
            Checks the file, the environment variables that override it, the files, programs and repository that both name, \
            and whether the key in the env files that are named is one that Infisical can use; one that is only discovered with the \
            containers is looked at by `keys label`. The instance itself is not contacted, and no key, \
            identity or backup is tried; the output names the commands that do that. Ends with 0 if everything can be used, and with 3 if not.
            """,
        examples: [Example(["config", "check", "--config", "new.yaml"], "Before you install a new file.")]
    ) { _, context in
        let surroundings = SettingsSurroundings.ofProcess(effects: context.effects), output = context.output
        let check = ConfigurationCheck(named: context.configPath, surroundings)
        let absence = check.configuration.flatMap(KeysInForce.absence)
        let warnings = try check.notes + SetupPlaces.notes(check, surroundings) + [absence].compactMap(\.self)
        let others: [(any Fault)?] = [
            check.configuration.flatMap(KeysInForce.problem), try hostKeys(check, surroundings),
        ]
        let problems: [any Fault] = check.problems + others.compactMap(\.self)
        output.line("file: \(place(check))")
        for problem in problems {
            output.line("\(output.styled("problem", .bad)): \(ControlCharacters.escaped(problem.message))")
            for line in problem.excerpt?.lines ?? [] { output.line("  \(line)") }
            for hint in problem.hints { output.line("  \(ControlCharacters.escaped(FaultRenderer.text(hint)))") }
        }
        let exit: ExitCode = problems.isEmpty ? .done : .refused
        let result = ConfigCheckResult(check, problems: problems, warnings: warnings, exit: exit)
        for (index, what) in result.looked.enumerated() {
            output.line((index == 0 ? "looked at  " : "           ") + what)
        }
        for (index, untried) in result.notTried.enumerated() {
            output.line((index == 0 ? "not tried  " : "           ") + "\(untried.what): \(untried.command)")
        }
        output.line(
            problems.isEmpty ? verdict(check) : Units.counted(problems.count, "problem"))
        for warning in warnings { output.warning(warning) }
        try output.object(result)
        return exit
    }

    /// Why a backup on this host could not be signed; what else is wrong with the repository, other commands tell.
    private static func hostKeys(
        _ check: ConfigurationCheck, _ surroundings: SettingsSurroundings
    ) throws -> RepositoryFault? {
        guard let configuration = check.configuration, let path = configuration.repository else { return nil }
        do {
            return try Repository(
                path: path, stateFolder: configuration.stateFolder, pinned: configuration.signer,
                files: Files(effects: surroundings.effects)
            ).hostKeyLoss()
        } catch let fault as RepositoryFault {
            switch fault {
            case .signerNotPinned, .signerUnknown: return fault
            default: return nil
            }
        } catch is FileFault { return nil }
    }

    private static func place(_ check: ConfigurationCheck) -> String {
        check.file ?? "none" + (check.searched.map { "; looked for: \($0.joined(separator: ", "))" } ?? "")
    }

    /// What it comes to where nothing is wrong; never that something can be used which is not there.
    private static func verdict(_ check: ConfigurationCheck) -> String {
        if check.file != nil, check.setsSomething { return "the configuration can be used" }
        if check.file != nil {
            return
                "the configuration file sets nothing: the defaults apply, the environment variables that are set, and what "
                + "is discovered of the instance"
        }
        let rest = "for everything else the defaults apply, and what is discovered of the instance"
        return check.isConfigured
            ? "there is no configuration file; the environment variables that are set can be used; \(rest)"
            : "there is no configuration: the defaults apply, and what is discovered of the instance"
    }

    static let show = Command<CommandContext>(
        name: "show", abstract: "Print every value and its origin; secrets are masked."
    ) { _, context in
        let workplace = try context.workplace(opens: false, envFiles: .whatIsThere),
            configuration = workplace.configuration
        let lines = configuration.lines(), output = context.output.asked
        let width = (lines.map(\.key.count).max() ?? 0) + 2
        output.line("file: \(configuration.file ?? "none")")
        for line in lines {
            output.line(
                Columns.left(line.key, width) + (line.value ?? "not set") + (line.origin.map { "  (\($0))" } ?? ""))
        }
        for note in configuration.notes { context.output.warning(note) }
        if let warning = workplace.instance.discovery.warning {
            context.output.warning(warning)
        } else if let fault = workplace.instance.discovery.fault {
            output.line("the containers could not be inspected: \(ControlCharacters.escaped(fault.message))")
        }
        try context.output.object(ConfigShowResult(configuration))
        return .done
    }
}
