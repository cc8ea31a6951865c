import Arguments
import DurableFiles
import Faults
import InstanceAccess
import InstanceData
import Operations
import Results
import Secrets

/// `infisical-ops keys escrow`
enum KeysEscrowCommand {
    fileprivate enum Action: String, CaseIterable, Sendable { case verify }

    private static let action = Argument("verify", .action, help: "Open a kit again.").optional(
        whenAbsent: "a kit is made")
    private static let kit = Argument("KIT", .file, help: "The kit that is opened.").optional(whenAbsent: "none")
    private static let recipients = Option(
        "to", value: "RECIPIENT", .text, help: "Age public key (age1…) of whoever opens the kit; may be repeated."
    ).repeated()
    private static let passphrase = Flag("passphrase", help: "Seal it with a passphrase, which is asked for.")
    private static let passphraseFile = Option(
        "passphrase-file", value: "FILE", .file, help: "The same with the passphrase in the first line of a file.")
    private static let identityFile = Option(
        "identity-file", value: "FILE", .file, whenAbsent: "the configured one",
        help: "Identity that opens the kit.")
    private static let output = Option(
        "output", short: "o", value: "FILE", .file, whenAbsent: "standard output",
        help: "Where the kit is written, 0600; a file that is there is not replaced.")

    static let command = Command<CommandContext>(
        name: "escrow", abstract: "Make a printable kit with the keys in force, or open one again.",
        discussion: """
            A backup is worthless without the key. The kit is a page of text with ENCRYPTION_KEY, ROOT_ENCRYPTION_KEY and \
            AUTH_SECRET as they are in force, sealed with age to a recipient or with a passphrase, and with the command that \
            opens it without this program. Print it, and keep it where neither this host nor Infisical is needed to read it. \
            `keys escrow verify KIT` opens it again, says whether it holds the key in force, and shows the check phrase that \
            is sealed with it; no key is shown. The database is asked whether the keys open it; if not, the kit is made all \
            the same, and the run ends with 12.
            """,
        arguments: [action, kit], options: [recipients, passphrase, passphraseFile, identityFile, output],
        choices: [.atMostOne(recipients, passphrase, passphraseFile)],
        examples: [
            Example(["keys", "escrow", "--to", "age1…", "--output", "kit.txt"], "For the holder of an identity."),
            Example(["keys", "escrow", "--passphrase", "--output", "kit.txt"], "For whoever knows the passphrase."),
            Example(["keys", "escrow", "verify", "kit.txt"], "Whether it can be opened, and holds the key in force."),
        ]
    ) { values, context in
        guard values[action] != nil else {
            if values[kit] != nil || values[identityFile] != nil {
                throw values.refusal(of: action, "a kit that is opened is named after verify")
            }
            return try make(values, context)
        }
        guard let path = values[kit] else {
            throw values.refusal(of: kit, "verify takes the file of a kit")
        }
        if !values[recipients].isEmpty || values[output] != nil {
            throw values.refusal(of: output, "--to and --output make a kit, and verify opens one")
        }
        return try verify(path, values, context)
    }

    private static func make(_ values: ParsedValues, _ context: CommandContext) throws -> ExitCode {
        let workplace = try context.workplace(envFiles: .content)
        let operation = KeysEscrowOperation(workplace), kit = try operation.kit()
        if values[recipients].isEmpty, !values[passphrase], values[passphraseFile] == nil {
            throw KeyKitFault.noRecipient
        }
        if context.output.json, values[output] == nil {
            throw values.refusal(of: output, "with --json the kit is written to a file")
        }
        let given = values[recipients].isEmpty ? try asked(values, context, twice: true) : nil
        let made = try operation.make(kit, to: values[recipients], passphrase: given, at: values[output])
        let result = KeysEscrowResult(made: kit, made, at: values[output])
        if let path = values[output] {
            context.output.line("\(path): a kit with \(kit.values.map(\.name).joined(separator: ", "))")
            context.output.line(
                "print it, keep it away from this host, and try it: infisical-ops keys escrow verify \(FaultRenderer.shellQuoted(path))"
            )
        } else {
            context.output.line(made.page)
        }
        KeyText.showCopied(made.database, context.output, isPage: values[output] == nil)
        try context.output.object(result)
        return made.exit
    }

    private static func verify(_ path: String, _ values: ParsedValues, _ context: CommandContext) throws -> ExitCode {
        let workplace = try context.keyedWorkplace(envFiles: .whatIsThere)
        let verified = try KeysEscrowOperation(workplace).verify(path, identityFile: values[identityFile]) {
            try asked(values, context, twice: false)
        }
        let output = context.output.speaking(of: verified.exit)
        output.line("\(path): opens; check phrase \(ControlCharacters.escaped(verified.opened.phrase))")
        for value in verified.opened.kit.values {
            let labels = value.labels.joined(separator: " or ")
            output.line("  \(value.name)" + (labels.isEmpty ? "" : ", label \(labels)"))
        }
        if let concern = verified.concern { output.warning(concern) }
        try output.object(KeysEscrowResult(verified, at: path))
        return verified.exit
    }

    /// The passphrase out of its file or from the terminal; nil where nobody can be asked.
    ///
    /// - Parameter twice: whether a slip would lock everybody out.
    private static func asked(_ values: ParsedValues, _ context: CommandContext, twice: Bool) throws -> Secret? {
        if let file = values[passphraseFile] {
            let line = try context.secretLine(of: file)
            if line.count == 0 { throw values.refusal(of: passphraseFile, "the first line of \(file) is empty") }
            return line
        }
        guard Terminal.isInteractive else {
            if twice {
                throw values.refusal(of: passphrase, "there is no terminal to ask for it: use --passphrase-file")
            }
            return nil
        }
        let first = try context.question.secret("Passphrase of the kit: ")
        guard twice, let first else { return first }
        guard let second = try context.question.secret("Once more: "), first.equals(second) else {
            throw values.refusal(of: passphrase, "it was not typed the same way twice")
        }
        if first.count == 0 { throw values.refusal(of: passphrase, "an empty one seals nothing") }
        return first
    }
}

extension ValueFormat<KeysEscrowCommand.Action> {
    /// The one word; whoever leaves it out has a kit to open.
    fileprivate static var action: ValueFormat<KeysEscrowCommand.Action> {
        ValueFormat<KeysEscrowCommand.Action>(
            expected: "the word verify, which a kit follows (keys escrow verify KIT)",
            allowed: KeysEscrowCommand.Action.allCases.map(\.rawValue)
        ) { text in
            KeysEscrowCommand.Action(rawValue: text).map { .value($0) } ?? .unexpected
        }
    }
}
