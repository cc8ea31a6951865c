import Arguments
import DurableFiles
import Faults
import InfisicalData
import InstanceAccess
import InstanceData
import Operations
import Results

/// `infisical-ops keys write`
enum KeysWriteCommand {
    static let file = Option("to", value: "FILE", .file, help: "The file to write; it must not exist.").required()
    static let isNew = Flag("new", help: "Write a new key, which nothing uses yet, instead of those in force.")

    static let command = Command<CommandContext>(
        name: "write", abstract: "Write the keys in force, or a new one, into a file of their own.",
        discussion: """
            The file is an env file that only its owner can read; `--key-file` of other commands takes it. It belongs to \
            a safe place off this host: a backup is worth nothing without the key. Only ENCRYPTION_KEY and \
            ROOT_ENCRYPTION_KEY are written, and the FIPS flag that says how they are read.
            """,
        options: [file, isNew, KeysGenerateCommand.kind, KeysGenerateCommand.fips],
        examples: [
            Example(["keys", "write", "--to", "/media/stick/infisical.env"], "A copy for a safe place."),
            Example(["keys", "write", "--new", "--to", "/root/new.env"], "A new key, for a rotation."),
        ]
    ) { values, context in
        let isChosen = values.isGiven(KeysGenerateCommand.kind) || values[KeysGenerateCommand.fips]
        if isChosen, !values[isNew] {
            throw values.refusal(of: KeysGenerateCommand.kind, "it is about a new key; add --new")
        }
        let report: KeysWriteOperation.Report
        if values[isNew] {
            let key = try GeneratedKey(values[KeysGenerateCommand.kind], fips: values[KeysGenerateCommand.fips])
            report = try KeysWriteOperation(Files(effects: context.effects), to: values[file]).write(key)
        } else {
            let workplace = try context.workplace(opens: false, envFiles: .whatIsThere)
            report = try KeysWriteOperation(workplace.surroundings.files, to: values[file])
                .writeKeysInForce(workplace)
        }
        for warning in report.warnings { context.output.warning(warning) }
        let labels = report.labels.isEmpty ? "" : ", label \(report.labels.joined(separator: " or "))"
        context.output.line(
            "\(report.variables.joined(separator: ", ")) written to \(ControlCharacters.escaped(report.file))\(labels)")
        try context.output.object(KeysWriteResult(report))
        return .done
    }
}
