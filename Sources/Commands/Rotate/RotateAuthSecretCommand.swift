import Arguments
import Rotating

/// `infisical-ops rotate auth-secret`
enum RotateAuthSecretCommand {
    private static let newKeyFile = Option(
        "new-key-file", value: "FILE", .file, whenAbsent: "a new secret is made",
        help: "An env file with the new AUTH_SECRET.")

    static let command = Command<CommandContext>(
        name: "auth-secret", abstract: "Give the instance a new secret for signing tokens.",
        discussion: """
            Nothing in the database is encrypted with it: the env file and the container change. All sessions end, and \
            tokens that were signed with the old secret no longer work; the plan lists them.
            """,
        options: [newKeyFile] + RotateCommand.copies + [
            RotateCommand.timeout, RotateCommand.dryRun, RotateCommand.yes,
        ],
        examples: [Example(["rotate", "auth-secret", "--dry-run"], "Which tokens would stop working.")]
    ) { values, context in
        var options = AuthSecretRotation.Options()
        options.newKeyFile = values[newKeyFile]
        options.storedCopies = try RotateCommand.choice(values)
        let workplace = try context.workplace()
        return try RotateCommand.run(
            try AuthSecretRotation(workplace, options).plan(), workplace, values, context)
    }
}
