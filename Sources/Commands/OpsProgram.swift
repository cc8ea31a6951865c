package import Arguments
import Effects
import Faults

/// The groups of `--help`.
enum Groups {
    static let setUp = "SET UP"
    static let everyDay = "EVERY DAY"
    static let prove = "PROVE"
    static let emergency = "IN AN EMERGENCY"
    static let keys = "KEYS"
    static let instance = "THE INSTANCE"
    static let all = [setUp, everyDay, prove, emergency, keys, instance]
}

/// All commands of `infisical-ops`, from which parsing, help, man pages and completions follow.
package enum OpsProgram {
    package static let program: Program<CommandContext> = Program(
        name: Release.name, version: Release.version,
        abstract: "Backups of a self-hosted Infisical that are proven to open with your key.",
        groups: Groups.all, options: CommandContext.shared,
        examples: [
            Example(["init", "--repository", "/var/lib/infisical-ops/repository"], "Set up this host."),
            Example(["backup"], "Take a backup."),
            Example(["verify", "--all"], "Prove that all backups can be read."),
        ],
        environment: [
            EnvironmentVariable("INFISICAL_OPS_CONFIG", "Configuration file."),
            EnvironmentVariable("INFISICAL_OPS_DATABASE_URL", "Address of the database, without password."),
            EnvironmentVariable("INFISICAL_OPS_REPOSITORY", "Folder of the repository."),
            EnvironmentVariable("INFISICAL_OPS_IDENTITY_FILE", "Identity that reads the backups."),
            EnvironmentVariable("INFISICAL_OPS_ENV_FILE", "The instance's env file."),
            EnvironmentVariable("INFISICAL_OPS_STATE_FOLDER", "Where this host keeps its keys to repositories."),
            EnvironmentVariable("INFISICAL_OPS_PASSPHRASE_FILE", "File with the passphrase of a sealed identity file."),
            EnvironmentVariable("INFISICAL_OPS_PASSPHRASE_COMMAND", "Command that prints that passphrase."),
            EnvironmentVariable("INFISICAL_OPS_DATABASE_PASSWORD_FILE", "File with the password of the database."),
            EnvironmentVariable("INFISICAL_OPS_DATABASE_PASSWORD_COMMAND", "Command that prints that password."),
            EnvironmentVariable("PGPASSWORD, PGPASSFILE", "Password of the database, if the env file has none."),
            EnvironmentVariable(
                "CREDENTIALS_DIRECTORY",
                """
                Set by systemd; the credentials infisical-ops-passphrase and infisical-ops-database-password are read from it.
                """),
        ],
        exitStatuses: [
            ExitStatus(.done, "Done."),
            ExitStatus(.failed, "Failed; nothing changed, or all changes were undone."),
            ExitStatus(.partial, "Done, except for something that the output names."),
            ExitStatus(.refused, "Refused before anything changed."),
            ExitStatus(.notFound, "No repository, or no such backup."),
            ExitStatus(.locked, "Another run holds the lock."),
            ExitStatus(
                .keyMismatch,
                "The key does not open this data, or there is no key; or the identity opens nothing in this repository."
            ),
            ExitStatus(.damaged, "Damage was found."),
            ExitStatus(.unfinishedRotation, "A key rotation is unfinished: act now."),
            ExitStatus(.unhealthy, "The instance does not work, or cannot be reached."),
            ExitStatus(
                .stale,
                "The newest backup is too old (status --max-age), was not verified for too long (status --max-unverified), or not drilled (status --max-drill-age)."
            ),
            ExitStatus(.usage, "The command line is wrong."),
            ExitStatus(.interrupted, "Interrupted (Ctrl-C)."),
            ExitStatus(.terminated, "Terminated (SIGTERM)."),
        ],
        related: [("infisical-ops.yaml", 5)],
        commands: [
            InitCommand.command, ConfigCommand.command, ScheduleCommand.command, StatusCommand.command,
            BackupCommand.command,
            ListCommand.command, ShowCommand.command, DiffCommand.command, VerifyCommand.command,
            DrillCommand.command, CensusCommand.command, ExportCommand.command, RestoreCommand.command,
            RecoverCommand.command, RepairCommand.command, KeysCommand.command, RotateCommand.command,
            RepositoryCommand.command,
            HealthCommand.command,
            RestartCommand.command,
            LogsCommand.command,
            GenerateCommand.command, JailedCommand.command,
        ])
}
