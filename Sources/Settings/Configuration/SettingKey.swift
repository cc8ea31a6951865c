/// One key of the configuration: its place in the file, its type, its standard value and its meaning.
///
/// `all` is the only list of keys; parsing, unknown-key errors, variables, `config show` and the documentation follow
/// it.
package struct SettingKey: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case word
        case path
        /// A path, or the word `none`.
        case pathOrNone
        /// Only the word `none`, in place of a section.
        case onlyNone
        /// Only the word `elsewhere`.
        case onlyElsewhere
        /// One of some words.
        case choice([String])
        case paths
        case words
        /// A program and its arguments, run without a shell.
        case command
        case integer(ClosedRange<Int>)
        case duration
        /// When something is run again and again, or the word `none`.
        case runTimeOrNone
        case databaseURL
        case webURL
        case fingerprint
    }

    /// What stands in for a value that nobody gave.
    package enum Fallback: Sendable, Hashable {
        case nothing
        case text(String)
        /// As many as there are processors, at most 4.
        case jobs
        case stateFolder
    }

    /// The keys from the outermost section on, joined by dots.
    package let path: String
    package let kind: Kind
    package let fallback: Fallback
    /// One sentence without full stop.
    package let summary: String
    private let shortVariable: String?

    static let variablePrefix = "INFISICAL_OPS_"

    private init(
        _ path: String, _ kind: Kind, _ summary: String, default fallback: Fallback = .nothing, variable: String? = nil
    ) {
        self.path = path
        self.kind = kind
        self.fallback = fallback
        self.summary = summary
        shortVariable = variable.map { SettingKey.variablePrefix + $0 }
    }

    /// The environment variables that override the file, the preferred one first.
    package var variables: [String] {
        let general = SettingKey.variablePrefix + String(path.map { $0 == "." ? "_" : $0 }).uppercased()
        guard let shortVariable, shortVariable != general else { return [general] }
        return [shortVariable, general]
    }

    /// The last part of the path.
    package var name: String { components.last ?? path }

    var components: [String] { path.split(separator: ".").map(String.init) }
}

extension SettingKey: CustomStringConvertible {
    package var description: String { path }
}

extension SettingKey {
    package static let envFile = SettingKey(
        "instance.env_file", .paths, "The instance's env files, one or a list; later ones override earlier ones",
        variable: "ENV_FILE")
    package static let envSyntax = SettingKey(
        "instance.env_syntax", .choice(EnvSyntax.allCases.map(\.rawValue)),
        "Who reads the env files: compose, systemd (EnvironmentFile=) or docker (docker run --env-file)",
        default: .text("compose"))
    package static let files = SettingKey(
        "instance.files", .paths, "More files that a new host needs; they become part of the escrow of each backup")
    package static let key = SettingKey(
        "instance.key", .onlyElsewhere,
        "The word elsewhere when the key is deliberately not on this host: backups do without a trial, and say so",
        variable: "KEY")
    package static let databaseURL = SettingKey(
        "instance.database.url", .databaseURL, "The database as a URI without password, instead of the keys below",
        variable: "DATABASE_URL")
    package static let databaseHost = SettingKey(
        "instance.database.host", .word, "Host of the database; by default from the env file")
    package static let databasePort = SettingKey(
        "instance.database.port", .integer(1...65535),
        "Port of the database; by default from the env file where that names the same host, else 5432")
    package static let databaseName = SettingKey(
        "instance.database.name", .word, "Name of the database; by default from the env file")
    package static let databaseUser = SettingKey(
        "instance.database.user", .word, "User of the database; by default from the env file")
    package static let databasePasswordFile = SettingKey(
        "instance.database.password_file", .path,
        "A file whose first line is the database's password; by default it comes from the env file",
        variable: "DATABASE_PASSWORD_FILE")
    package static let databasePasswordCommand = SettingKey(
        "instance.database.password_command", .command,
        "A command, as a list and run without a shell, whose first line of output is the database's password",
        variable: "DATABASE_PASSWORD_COMMAND")
    package static let containers = SettingKey(
        "instance.containers", .onlyNone, "The word none, when the instance does not run in containers")
    package static let backendContainer = SettingKey(
        "instance.containers.backend", .word, "Container of the backend", default: .text("infisical-backend"))
    package static let databaseContainer = SettingKey(
        "instance.containers.database", .word, "Container of PostgreSQL", default: .text("infisical-db"))
    package static let redisContainer = SettingKey(
        "instance.containers.redis", .word, "Container of Redis", default: .text("infisical-redis"))

    package static let stopCommand = SettingKey(
        "instance.commands.stop", .command, "Without containers: the command that stops Infisical, as a list")
    package static let startCommand = SettingKey(
        "instance.commands.start", .command, "Without containers: the command that starts Infisical, as a list")
    package static let url = SettingKey(
        "instance.url", .webURL, "Where this host reaches Infisical; by default the container's own address")
    package static let identityClientID = SettingKey(
        "instance.identity.client_id", .word,
        "Client id of a machine identity (universal auth): it reads a secret back in drills, and changes copies of keys"
    )
    package static let identitySecretFile = SettingKey(
        "instance.identity.client_secret_file", .path, "A file whose first line is its client secret")
    package static let identitySecretCommand = SettingKey(
        "instance.identity.client_secret_command", .command,
        "A command, as a list and run without a shell, whose first line of output is its client secret")

    package static let repository = SettingKey(
        "repository.path", .path, "The folder that holds all backups of this instance", variable: "REPOSITORY")
    package static let recipients = SettingKey(
        "repository.recipients", .words, "Age recipients that can read backups", variable: "RECIPIENTS")
    package static let escrowRecipients = SettingKey(
        "repository.escrow_recipients", .words,
        "Age recipients that can read the escrow (sealed env and compose files); by default those of the repository")
    package static let identityFile = SettingKey(
        "repository.identity_file", .pathOrNone,
        "The age identity that reads backups, or none when it is kept elsewhere",
        variable: "IDENTITY_FILE")
    package static let passphraseFile = SettingKey(
        "repository.passphrase_file", .path, "A file whose first line is the passphrase of a sealed identity file",
        variable: "PASSPHRASE_FILE")
    package static let passphraseCommand = SettingKey(
        "repository.passphrase_command", .command,
        "A command, as a list and run without a shell, whose first line of output is that passphrase",
        variable: "PASSPHRASE_COMMAND")
    package static let signer = SettingKey(
        "repository.signer", .fingerprint, "Fingerprint of the key that signs backups; nothing else is trusted",
        variable: "SIGNER")

    package static let jobs = SettingKey(
        "backup.jobs", .integer(1...64), "Tables and ranges copied in parallel", default: .jobs)
    package static let compressionLevel = SettingKey(
        "backup.compression_level", .integer(1...19), "Compression level of zstd", default: .text("2"))
    package static let yieldAfter = SettingKey(
        "backup.yield_after", .duration, "How long a schema change of the application may be held up by a backup",
        default: .text("20s"))
    package static let migrationWait = SettingKey(
        "backup.migration_wait", .duration, "How long a backup waits for a migration of Infisical to end",
        default: .text("60s"))
    package static let pgDump = SettingKey(
        "backup.pg_dump", .path, "The pg_dump to use; by default that of the database's container or of this host")

    package static let drillFolder = SettingKey(
        "drill.folder", .path,
        "Where drill makes the folder of its scratch server; by default /dev/shm, /var/tmp or /tmp, whichever has room")

    package static let exportProject = SettingKey(
        "export.project", .word, "The project that export takes where nobody names one: its id, slug or name")
    package static let exportEnvironment = SettingKey(
        "export.environment", .word, "The environment that export takes where nobody names one", default: .text("dev"))
    package static let exportPath = SettingKey(
        "export.path", .word, "The folder that export takes where nobody names one", default: .text("/"))
    package static let drillBackendCommand = SettingKey(
        "drill.backend.command", .command,
        "Without containers: the command that starts the backend for a drill that boots, as a list, in front")
    package static let drillBackendFolder = SettingKey(
        "drill.backend.folder", .path,
        "Without containers: the folder that this command is run in, the backend's own, readable by every user")

    package static let drillBackendImage = SettingKey(
        "drill.images.backend", .word,
        "The image of the backend for a drill that boots in containers; by default the one that the backup recorded")
    package static let drillDatabaseImage = SettingKey(
        "drill.images.database", .word, "The image of PostgreSQL for a drill in containers; by default the recorded one"
    )
    package static let drillRedisImage = SettingKey(
        "drill.images.redis", .word, "The image of Redis for a drill in containers; by default the recorded one")

    package static let scheduleBackup = SettingKey(
        "schedule.backup", .runTimeOrNone,
        "When schedule install has backups taken and checked, by the host's clock", default: .text("03:23"))
    package static let scheduleDrill = SettingKey(
        "schedule.drill", .runTimeOrNone, "When it has the newest backup restored and proven",
        default: .text("Sun 05:41"))

    package static let stateFolder = SettingKey(
        "state_folder", .path, "Where this host keeps its keys and what it must remember about the repository",
        default: .stateFolder,
        variable: "STATE_FOLDER")

    /// Every key, in the order of the file.
    package static let all: [SettingKey] = [
        envFile, envSyntax, files, key, databaseURL, databaseHost, databasePort, databaseName, databaseUser,
        databasePasswordFile, databasePasswordCommand, containers, backendContainer, databaseContainer, redisContainer,
        stopCommand, startCommand, url, identityClientID, identitySecretFile, identitySecretCommand,
        repository, recipients, escrowRecipients, identityFile, passphraseFile, passphraseCommand, signer,
        jobs, compressionLevel, yieldAfter, migrationWait, pgDump, drillFolder, drillBackendCommand, drillBackendFolder,
        drillBackendImage, drillDatabaseImage, drillRedisImage,
        exportProject, exportEnvironment, exportPath, scheduleBackup, scheduleDrill, stateFolder,
    ]

    static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

    /// The sections: every proper prefix of a key.
    static let sections: Set<String> = Set(
        all.flatMap { key in
            let components = key.components
            return (1..<components.count).map { components[..<$0].joined(separator: ".") }
        })
}
