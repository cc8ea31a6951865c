import Arguments
import Faults
import InstanceAccess
import Operations
import Settings

/// `infisical-ops config`
enum ConfigCommand {
    static let command = Command<CommandContext>(
        name: "config", abstract: "Show the configuration.", group: Groups.setUp, subcommands: [show])

    static let show = Command<CommandContext>(
        name: "show", abstract: "Print every value with where it comes from; secrets are masked."
    ) { _, context in
        let workplace = try context.workplace(), configuration = workplace.configuration
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
            context.output.line("containers were not looked at: \(Visible.text(fault.message))")
        }
        try context.output.object(
            ConfigObject(
                file: configuration.file,
                values: lines.map { ConfigObject.Value(key: $0.key, value: $0.value, origin: $0.origin?.description) }))
        return .done
    }

    private struct ConfigObject: Encodable {
        struct Value: Encodable {
            let key: String
            let value: String?
            let origin: String?
        }
        let schema = "infisical-ops/config-show/1"
        let file: String?
        let values: [Value]
    }
}
