import DurableFiles
package import Scheduling
package import Secrets

/// The configuration that a run works with: every value final, with its origin, and the instance's env files read.
package struct ResolvedConfiguration: Sendable {
    /// Names of the instance's containers, or that it has none.
    package enum Containers: Sendable, Equatable {
        case none
        case named(backend: String, database: String, redis: String)
    }

    /// Where the identity that reads backups is.
    package enum IdentityFile: Sendable, Equatable {
        case path(String)
        /// Deliberately not on this host.
        case elsewhere
        case notConfigured
    }

    /// The configuration file, when there is one.
    package let file: String?
    /// Where one was looked for; empty where there is one.
    private let searched: [String]
    /// Every value that is given or has a standard, in the order of the table.
    package let settings: [Setting]
    /// What the env files say.
    package let instance: InstanceEnvironment
    /// Why env files that are named could not be read; what needs all of their content refuses with the first.
    package private(set) var envFileFaults: [SettingsFault]
    /// What the backend's container was made with; nil where none was found.
    package let running: InstanceEnvironment?
    package private(set) var database: DatabaseTarget
    /// The database as the backend is told of it, at the address where its container is reached from here; not named where
    /// neither env files nor container say.
    package let backendDatabase: DatabaseTarget
    /// Where the password of the database is to be had, when it is not among the instance's own values.
    package let databasePassword: Sourced<SecretSource>?
    /// Where the passphrase of a sealed identity file is to be had without asking for it.
    package let passphrase: Sourced<SecretSource>?
    /// Where the client secret of the machine identity is to be had.
    package let identitySecret: Sourced<SecretSource>?
    /// The second database, which holds only audit logs.
    package let auditLogs: DatabaseTarget?
    package let containers: Containers
    /// Compose files of the containers that were found; kept beside each backup.
    package let composeFiles: [String]
    /// Env files of the project's other services; kept beside each backup as far as they can be read.
    package let otherFiles: [String]
    /// What is legal but probably not meant, one sentence each.
    package let notes: [String]

    /// Merges flags, environment, file, what the containers say and standard values, and reads the env files they name.
    ///
    /// - Parameter discover: looks at containers; not asked where there are none.
    package init(
        _ configuration: Configuration?, overrides: [SettingOverride] = [], _ surroundings: SettingsSurroundings,
        discover: (_ names: Containers, _ isExplicit: Bool) -> DiscoveredInstance? = { _, _ in nil }
    ) throws(SettingsFault) {
        let layers = try SettingLayers(configuration, overrides, surroundings)
        var strongest = layers.strongest
        file = configuration?.path
        searched = configuration == nil ? Configuration.standardPaths(surroundings) : []
        containers = ResolvedConfiguration.containers(strongest)
        let names = [SettingKey.backendContainer, .databaseContainer, .redisContainer].compactMap { strongest[$0] }
        let found = containers == .none ? nil : discover(containers, names.contains { $0.origin != .standard })
        if strongest[.envFile] == nil, let found, !found.envFiles.isEmpty, let origin = found.fileOrigin {
            strongest[.envFile] = Setting(key: .envFile, value: .list(found.envFiles), origin: origin)
        }
        settings = SettingKey.all.compactMap { strongest[$0] }
        running = try ResolvedConfiguration.running(found)
        let read = try ResolvedConfiguration.readInstance(strongest, surroundings)
        let instance = read.environment.besides(running)
        self.instance = instance
        envFileFaults = read.faults
        composeFiles = found?.composeFiles ?? []
        otherFiles = found?.otherFiles ?? []
        try ResolvedConfiguration.checkFiles(configuration, strongest, composeFiles, surroundings)
        let libpq = ["PGPASSWORD", "PGPASSFILE"].first { surroundings.variable($0) != nil }.map(Origin.environment)
        var configured = ResolvedConfiguration.database(strongest)
        passphrase = try layers.source(
            file: .passphraseFile, command: .passphraseCommand, credential: SecretSource.passphraseCredential,
            surroundings)
        identitySecret = try layers.source(
            file: .identitySecretFile, command: .identitySecretCommand, surroundings)
        let source = try layers.source(
            file: .databasePasswordFile, command: .databasePasswordCommand,
            credential: SecretSource.databasePasswordCredential, surroundings)
        // An address with a password in it, given more strongly, has its own.
        if let source, source.origin.strength >= configured.password?.origin.strength ?? 0 {
            configured.password = nil
            databasePassword = source
        } else {
            databasePassword = nil
        }
        let backends = running?.database.over(instance.database) ?? instance.database
        backendDatabase = (found?.database?.located(backends) ?? backends).target(libpqPassword: nil)
        var told = instance.database.over(running?.database ?? DatabaseParts())
        if let database = found?.database {
            if configured.host == nil { told = database.located(told) }
            told = told.over(database.made)
        }
        if databasePassword != nil { told.password = nil }
        let parts = configured.over(told), target = parts.target(libpqPassword: databasePassword?.origin ?? libpq)
        database = target
        auditLogs = (instance.auditParts ?? running?.auditParts).map { parts in
            (found?.database?.located(parts) ?? parts).target(libpqPassword: nil)
        }
        notes =
            layers.unknownVariables.map {
                "the environment variable \($0) does not belong to any key of the configuration"
            }
            + instance.files.flatMap { file in file.notes.map { "\(file.path): \($0)" } } + (found?.notes ?? [])
            + parts.allNotes
            + (target.host == nil && target.isNamed
                ? ["nothing names the host of the database; \(DatabaseTarget.standardHost) is used"] : [])
    }

    private static func running(_ found: DiscoveredInstance?) throws(SettingsFault) -> InstanceEnvironment? {
        guard let backend = found?.backend else { return nil }
        return try InstanceEnvironment(container: backend.container, backend.environment)
    }

    /// Refuses what others may change: compose files, and where nobody vouches for the configuration file by naming it,
    /// the programs that it names.
    private static func checkFiles(
        _ configuration: Configuration?, _ settings: [SettingKey: Setting], _ composeFiles: [String],
        _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) {
        for path in composeFiles {
            let status: FileStatus?
            do { status = try Files(effects: surroundings.effects).status(path, followingLinks: true) } catch {
                throw .file(error)
            }
            if let status { try FileTrust.check(data: path, status) }
        }
        let trust = FileTrust(surroundings)
        if let setting = settings[.stateFolder], case .text(let path) = setting.value {
            switch setting.origin {
            case .standard: try trust.check(folder: path)
            case .file where configuration?.isNamed == false: try trust.check(folder: path)
            default: break
            }
        }
        guard let configuration, !configuration.isNamed else { return }
        for key in [SettingKey.pgDump] + SettingKey.all.filter({ $0.kind == .command }) {
            guard let setting = settings[key], case .file = setting.origin else { continue }
            switch setting.value {
            case .text(let path):
                try trust.check(program: path)
                // The one beside it is used as well.
                try trust.check(program: Files.join(Files.parent(of: path), "pg_restore"))
            case .list(let words):
                if let program = words.first, program.hasPrefix("/") { try trust.check(program: program) }
            default: continue
            }
        }
    }

    /// The env files as far as they can be read. A lost one keeps nobody from the backups, which bring it back.
    private static func readInstance(
        _ settings: [SettingKey: Setting], _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> (environment: InstanceEnvironment, faults: [SettingsFault]) {
        var texts: [(path: String, text: Secret)] = [], faults: [SettingsFault] = [], missing: [String] = []
        if let setting = settings[.envFile], case .list(let paths) = setting.value {
            for path in paths {
                do throws(SettingsFault) {
                    let text = try SettingsFiles.read(path, surroundings.effects) { (status) throws(SettingsFault) in
                        try FileTrust.check(data: path, status)
                    }
                    guard let text else { throw .envFileMissing(path: path, namedBy: setting.origin) }
                    texts.append((path, text))
                } catch {
                    if case .envFileMissing = error { missing.append(path) }
                    faults.append(error)
                }
            }
        }
        let syntax = settings[.envSyntax].flatMap { EnvSyntax(rawValue: $0.value.description) } ?? .compose
        do throws(SettingsFault) {
            return (try InstanceEnvironment(texts: texts, syntax: syntax).lacking(missing), faults)
        } catch {
            return (try InstanceEnvironment(texts: []).lacking(missing), faults + [error])
        }
    }

    /// The configured parts of the database's address; a URI and single keys override each other by strength.
    private static func database(_ settings: [SettingKey: Setting]) -> DatabaseParts {
        var single = DatabaseParts()
        single.host = text(settings[.databaseHost])
        single.name = text(settings[.databaseName])
        single.user = text(settings[.databaseUser])
        if let port = settings[.databasePort], case .integer(let number) = port.value {
            single.port = Sourced(number, port.origin)
        }
        guard let setting = settings[.databaseURL], case .url(let url) = setting.value else { return single }
        let strength = setting.origin.strength
        let weaker = { (origin: Origin?) in (origin?.strength ?? 0) < strength }
        if weaker(single.host?.origin) { single.host = nil }
        if weaker(single.port?.origin) { single.port = nil }
        if weaker(single.name?.origin) { single.name = nil }
        if weaker(single.user?.origin) { single.user = nil }
        return single.over(DatabaseParts(url, setting.origin))
    }

    private static func text(_ setting: Setting?) -> Sourced<String>? {
        guard let setting, case .text(let text) = setting.value else { return nil }
        return Sourced(text, setting.origin)
    }

    /// `none` holds unless a name is given more strongly.
    private static func containers(_ settings: [SettingKey: Setting]) -> Containers {
        let names = [SettingKey.backendContainer, .databaseContainer, .redisContainer].compactMap { settings[$0] }
        if let none = settings[.containers], names.allSatisfy({ $0.origin.strength <= none.origin.strength }) {
            return .none
        }
        let text = names.map(\.value.description)
        return text.count == 3 ? .named(backend: text[0], database: text[1], redis: text[2]) : .none
    }
}

extension ResolvedConfiguration {
    /// The same with the password that `databasePassword` leads to.
    package func with(databasePassword password: Secret) -> ResolvedConfiguration {
        var configuration = self
        configuration.database = database.with(password: password)
        return configuration
    }

    package subscript(key: SettingKey) -> Setting? { settings.first { $0.key == key } }

    /// Refuses to go on without one of the env files.
    ///
    /// - Parameter toleratesLoss: whether those that are gone need not be there.
    package func requireEnvFiles(toleratesLoss: Bool = false) throws(SettingsFault) {
        for fault in envFileFaults {
            if toleratesLoss, case .envFileMissing = fault { continue }
            throw fault
        }
    }

    /// What to say where one of them is gone and nothing refused, one sentence without full stop each.
    package var envFileWarnings: [String] { envFileWarnings(besides: nil) }

    /// - Parameter told: a file whose loss is told with what it had.
    package func envFileWarnings(besides told: String?) -> [String] {
        envFileFaults.compactMap { fault in
            guard case .envFileMissing(let path, _, let copy) = fault else { return fault.message }
            if path == told { return nil }
            return "\(fault.message); \(copy.text)"
        }
    }

    /// Whether one of them is gone.
    package var hasLostEnvFile: Bool {
        envFileFaults.contains { if case .envFileMissing = $0 { true } else { false } }
    }

    /// The same, saying of those that are gone where a copy is.
    package func with(envFileCopy copy: EnvFileCopy) -> ResolvedConfiguration {
        var configuration = self
        configuration.envFileFaults = envFileFaults.map { fault in
            guard case .envFileMissing(let path, let origin, _) = fault else { return fault }
            return .envFileMissing(path: path, namedBy: origin, copy: copy)
        }
        return configuration
    }

    package var envFiles: [String] { list(.envFile) }
    /// By whose rules the env files are read.
    package var envSyntax: EnvSyntax {
        self[.envSyntax].flatMap { EnvSyntax(rawValue: $0.value.description) } ?? .compose
    }
    package var extraFiles: [String] { list(.files) }

    /// Whether the instance's key is deliberately not on this host.
    package var keyIsElsewhere: Bool { self[.key] != nil }

    package var recipients: [String] { list(.recipients) }
    /// Empty when they are those of the repository, whoever these are by now.
    package var escrowRecipients: [String] { list(.escrowRecipients) }

    /// Argument lists; empty where none are configured.
    package var stopCommand: [String] { list(.stopCommand) }
    package var startCommand: [String] { list(.startCommand) }
    /// What a drill that boots starts where there is no container engine, and where; empty and nil where none is named.
    /// Client id of the machine identity that reads secrets.
    package var identityClientID: String? { text(.identityClientID) }
    package var drillBackendCommand: [String] { list(.drillBackendCommand) }
    package var drillBackendFolder: String? { text(.drillBackendFolder) }
    /// The images of a drill in containers; nil where the backup says.
    package var drillImages: (backend: String?, database: String?, redis: String?) {
        (text(.drillBackendImage), text(.drillDatabaseImage), text(.drillRedisImage))
    }
    /// Where the backend is reached, if the operator says.
    package var url: String? { text(.url) }

    package var identityFile: IdentityFile {
        switch self[.identityFile]?.value {
        case .text(let path): .path(path)
        case .none?: IdentityFile.elsewhere
        default: .notConfigured
        }
    }

    /// The pinned fingerprint of the signing key.
    package var signer: String? { text(.signer) }
    package var jobs: Int { integer(.jobs) }
    package var compressionLevel: Int { integer(.compressionLevel) }
    package var yieldAfter: Duration { duration(.yieldAfter) }

    /// What this host is to do by itself, and when.
    package var schedule: Schedule {
        var times: [Schedule.Job: RunTime] = [:]
        for (job, key) in [(Schedule.Job.backup, SettingKey.scheduleBackup), (.drill, .scheduleDrill)] {
            if case .runTime(let time)? = self[key]?.value { times[job] = time }
        }
        return Schedule(times)
    }
    package var migrationWait: Duration { duration(.migrationWait) }
    package var pgDump: String? { text(.pgDump) }
    package var drillFolder: String? { text(.drillFolder) }
    package var stateFolder: String { text(.stateFolder) ?? "" }
    package var repository: String? { text(.repository) }
    /// What `export` takes where nobody says; the project may be missing.
    package var exportDefaults: (project: String?, environment: String, path: String) {
        (text(.exportProject), text(.exportEnvironment) ?? "dev", text(.exportPath) ?? "/")
    }

    /// The folder of the repository; every command that needs one fails the same way without it.
    package func requiredRepository() throws(SettingsFault) -> String {
        if let repository { return repository }
        throw .missing(
            key: SettingKey.repository.path, variable: SettingKey.repository.variables[0], searched: searched)
    }

    private func text(_ key: SettingKey) -> String? {
        if case .text(let text)? = self[key]?.value { text } else { nil }
    }

    private func list(_ key: SettingKey) -> [String] {
        if case .list(let items)? = self[key]?.value { items } else { [] }
    }

    private func integer(_ key: SettingKey) -> Int {
        if case .integer(let number)? = self[key]?.value { number } else { 1 }
    }

    private func duration(_ key: SettingKey) -> Duration {
        if case .duration(let duration)? = self[key]?.value { duration } else { .zero }
    }
}
