import Arguments
import Faults
import InstanceAccess
import Operations
import Results
import Settings

/// `infisical-ops config`
enum ConfigCommand {
    static let command = Command<CommandContext>(
        name: "config", abstract: "Show or check the configuration.", group: Groups.setUp, subcommands: [show, check])

    static let check = Command<CommandContext>(
        name: "check", abstract: "Read and validate the configuration, and say every problem with its place.",
        discussion: """
            Looks at the file, at the variables of the environment that override it, and at the files and programs that             both name. The instance itself is not looked at: that is what health and status do. Ends with 0 when all can be             used, and with 3 when not.
            """,
        examples: [Example(["config", "check", "--config", "new.yaml"], "Before a file is put in place.")]
    ) { _, context in
        let surroundings = SettingsSurroundings.ofProcess(effects: context.effects), output = context.output
        let check = ConfigurationCheck(named: context.configPath, surroundings)
        let warnings = try check.notes + SetupPlaces.notes(check, surroundings)
        output.line("file: \(check.file ?? "none")")
        for problem in check.problems {
            output.line("\(output.styled("problem", .bad)): \(ControlCharacters.escaped(problem.message))")
            for hint in problem.hints { output.line("  \(ControlCharacters.escaped(FaultRenderer.text(hint)))") }
        }
        output.line(
            check.problems.isEmpty
                ? "the configuration can be used" : Units.counted(check.problems.count, "problem"))
        for warning in warnings { output.warning(warning) }
        let exit: ExitCode = check.problems.isEmpty ? .done : .refused
        try output.object(
            ConfigCheckResult(file: check.file, problems: check.problems, warnings: warnings, exit: exit))
        return exit
    }

    static let show = Command<CommandContext>(
        name: "show", abstract: "Print every value with where it comes from; secrets are masked."
    ) { _, context in
        let workplace = try context.workplace(opens: false), configuration = workplace.configuration
        let lines = configuration.lines()
        let width = (lines.map(\.key.count).max() ?? 0) + 2
        context.output.line("file: \(configuration.file ?? "none")")
        for line in lines {
            context.output.line(
                Columns.left(line.key, width) + (line.value ?? "not set") + (line.origin.map { "  (\($0))" } ?? ""))
        }
        for note in configuration.notes { context.output.warning(note) }
        if let warning = workplace.instance.discovery.warning {
            context.output.warning(warning)
        } else if let fault = workplace.instance.discovery.fault {
            context.output.line("containers were not looked at: \(ControlCharacters.escaped(fault.message))")
        }
        try context.output.object(ConfigShowResult(configuration))
        return .done
    }
}
