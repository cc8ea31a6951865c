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
            The file is an env file that only its owner can read. It belongs to a safe place off this host: a backup is \
            worth nothing without the key. Of the keys in force ENCRYPTION_KEY and ROOT_ENCRYPTION_KEY are written, and the \
            FIPS flag that says how they are read, and the database is asked whether they open it; if not, the file is \
            written all the same, and the run ends with 12. `--key-file` of other commands takes such a file. With --new one \
            secret is written, of the kind that --kind names; only ENCRYPTION_KEY and ROOT_ENCRYPTION_KEY are keys that \
            --key-file takes.
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
            let workplace = try context.workplace(envFiles: .whatIsThere)
            report = try KeysWriteOperation(workplace.surroundings.files, to: values[file])
                .writeKeysInForce(workplace)
        }
        for warning in report.warnings where warning != report.database?.closed { context.output.warning(warning) }
        let labels = report.labels.isEmpty ? "" : ", label \(report.labels.joined(separator: " or "))"
        context.output.line(
            "\(report.variables.joined(separator: ", ")) written to \(ControlCharacters.escaped(report.file))\(labels)")
        if let database = report.database { KeyText.showCopied(database, context.output) }
        try context.output.object(KeysWriteResult(report))
        return report.exit
    }
}
