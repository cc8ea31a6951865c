import Arguments
import Rotating

/// `infisical-ops rotate database-password`
enum RotateDatabasePasswordCommand {
    private static let newKeyFile = Option(
        "new-key-file", value: "FILE", .file, whenAbsent: "a new password is made",
        help: "An env file with the new POSTGRES_PASSWORD.")

    static let command = Command<CommandContext>(
        name: "database-password", abstract: "Give the role that the backend connects as a new password.",
        discussion: """
            The env files and the containers change, of the backend and of its database, and the role gets the new password \
            before the backend is started. It is proven by logging in with it where the backend does. A server that lets the \
            role in without asking for a password proves nothing: then this ends with 2.
            """,
        options: [newKeyFile] + RotateCommand.copies + [
            RotateCommand.timeout, RotateCommand.dryRun, RotateCommand.yes,
        ],
        examples: [
            Example(["rotate", "database-password", "--dry-run"], "What would be changed, and who else has it.")
        ]
    ) { values, context in
        var options = DatabasePasswordRotation.Options()
        options.newKeyFile = values[newKeyFile]
        options.storedCopies = try RotateCommand.choice(values)
        let workplace = try context.workplace()
        return try RotateCommand.run(
            try DatabasePasswordRotation(workplace, options).plan(), workplace, values, context)
    }
}
