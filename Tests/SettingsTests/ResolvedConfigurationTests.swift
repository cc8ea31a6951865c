import Effects
import Faults
import Glibc
import Postgres
import Settings
import TestSupport
import Testing

struct ResolvedConfigurationTests {
    private let path = "/etc/infisical-ops/infisical-ops.yaml"

    private func resolve(
        _ text: String? = nil, _ environment: [String: String] = [:], _ overrides: [SettingOverride] = []
    ) throws -> ResolvedConfiguration {
        let file = try text.map { try configuration($0) }
        return try ResolvedConfiguration(file, overrides: overrides, .test(environment))
    }

    @Test func `with nothing given the standard values hold`() throws {
        let resolved = try resolve(nil, ["HOME": "/home/u"])
        #expect(resolved.jobs == 2)
        #expect(resolved.compressionLevel == 2)
        #expect(resolved.yieldAfter == .seconds(20))
        #expect(resolved.migrationWait == .seconds(60))
        #expect(resolved.stateFolder == "/home/u/.local/state/infisical-ops")
        #expect(resolved.pgDump == nil && resolved.repository == nil && resolved.signer == nil && resolved.file == nil)
        #expect(resolved.recipients.isEmpty && resolved.envFiles.isEmpty && resolved.extraFiles.isEmpty)
        #expect(resolved.identityFile == .notConfigured)
        let containers = ResolvedConfiguration.Containers.named(
            backend: "infisical-backend", database: "infisical-db", redis: "infisical-redis")
        #expect(resolved.containers == containers)
        #expect(resolved.database.origin == .standard)
        #expect(resolved.database.host == nil && resolved.database.port == 5432)
        #expect(resolved[.jobs]?.origin == .standard)
        #expect(resolved.notes.isEmpty)
        #expect(try resolve(nil, ["XDG_STATE_HOME": "/s", "HOME": "/h"]).stateFolder == "/s/infisical-ops")
        #expect(try ResolvedConfiguration(nil, .test(isRoot: true)).stateFolder == "/var/lib/infisical-ops/state")
        #expect(try ResolvedConfiguration(nil, .test(in: "/")).stateFolder == "/infisical-ops")
    }

    @Test func `a missing repository is told with the ways to name one`() throws {
        let found = try fault { _ = try resolve().requiredRepository() }
        #expect(found.code == "settings.missing")
        #expect(seen(found).contains("INFISICAL_OPS_REPOSITORY"))
        #expect(try resolve(nil, ["INFISICAL_OPS_REPOSITORY": "r"]).requiredRepository() == "/work-folder/r")
    }

    /// A value of each level for every key, as text, and what the file and the others then give.
    @Test(arguments: SettingKey.all)
    func `every key is overridden by its variable, and that by its flag`(key: SettingKey) throws {
        let samples: (file: String, variable: String, flag: String) =
            switch key.kind {
            case .integer: ("3", "4", "5")
            case .runTimeOrNone: ("03:01", "04:01", "Mon 05:01")
            case .duration: ("3s", "4s", "5s")
            case .databaseURL: ("postgresql://a/", "postgresql://b/", "postgresql://c/")
            case .webURL: ("http://a", "http://b:1", "https://c/d")
            case .onlyNone: ("none", "none", "none")
            case .choice(let words): (words[0], words[1], words[2])
            case .onlyElsewhere: ("elsewhere", "elsewhere", "elsewhere")
            case .fingerprint:
                (
                    "SHA256:" + String(repeating: "a", count: 43), "SHA256:" + String(repeating: "b", count: 43),
                    "SHA256:" + String(repeating: "c", count: 43)
                )
            default: ("/dev/null", "/dev/zero/..", "/dev/full/..")
            }
        if key == .envFile { return }  // read as files; has its own test
        let text = Configuration.initialText([]) + ""
        let value = try #require(try configuration(yaml(key, samples.file))[key]?.value)
        // Somebody named it: /dev/null is no program that anybody would trust.
        let file = try Configuration(
            secret(try Configuration.adding(key, value, to: text, path: path)), path: path, isNamed: true)
        let fromFile = try ResolvedConfiguration(file, .test())
        #expect(fromFile[key]?.value.description == samples.file)
        #expect(fromFile[key]?.origin.description.hasPrefix(path + ":") == true)
        for variable in key.variables {
            let fromVariable = try ResolvedConfiguration(file, .test([variable: samples.variable]))
            #expect(fromVariable[key]?.value.description == samples.variable)
            #expect(fromVariable[key]?.origin == .environment(variable))
            // A name alone is noted to lack its host.
            #expect(fromVariable.notes.isEmpty || key == .databaseName)
            let override = SettingOverride(key, samples.flag, flag: "--x")
            let fromFlag = try ResolvedConfiguration(
                file, overrides: [override], .test([variable: samples.variable]))
            #expect(fromFlag[key]?.value.description == samples.flag)
            #expect(fromFlag[key]?.origin == .flag("--x"))
        }
    }

    private func yaml(_ key: SettingKey, _ value: String) -> String {
        let parts = key.path.split(separator: ".")
        return parts.enumerated().map { depth, part in String(repeating: " ", count: depth) + part + ":" }
            .joined(separator: "\n") + " " + value + "\n"
    }

    @Test func `the short names of variables are those that are documented`() {
        #expect(
            SettingKey.databaseURL.variables == ["INFISICAL_OPS_DATABASE_URL", "INFISICAL_OPS_INSTANCE_DATABASE_URL"])
        #expect(SettingKey.repository.variables == ["INFISICAL_OPS_REPOSITORY", "INFISICAL_OPS_REPOSITORY_PATH"])
        #expect(SettingKey.identityFile.variables[0] == "INFISICAL_OPS_IDENTITY_FILE")
        #expect(SettingKey.envFile.variables[0] == "INFISICAL_OPS_ENV_FILE")
        #expect(SettingKey.recipients.variables[0] == "INFISICAL_OPS_RECIPIENTS")
        #expect(SettingKey.signer.variables[0] == "INFISICAL_OPS_SIGNER")
        #expect(SettingKey.jobs.variables == ["INFISICAL_OPS_BACKUP_JOBS"])
        #expect(SettingKey.stateFolder.variables[0] == "INFISICAL_OPS_STATE_FOLDER")
        #expect(Set(SettingKey.all).count == SettingKey.all.count)
    }

    @Test func `relative paths are taken from where they were written`() throws {
        let resolved = try resolve(
            "repository: {path: ./r, identity_file: id}\ninstance: {files: [a, /b]}\n",
            ["INFISICAL_OPS_STATE_FOLDER": "./state", "INFISICAL_OPS_RECIPIENTS": "age1a, age1b age1c"],
            [SettingOverride(.pgDump, "bin/pg_dump", flag: "--pg-dump")])
        #expect(resolved.repository == "/etc/infisical-ops/r")
        #expect(resolved.identityFile == .path("/etc/infisical-ops/id"))
        #expect(resolved.extraFiles == ["/etc/infisical-ops/a", "/b"])
        #expect(resolved.stateFolder == "/work-folder/state")
        #expect(resolved.pgDump == "/work-folder/bin/pg_dump")
        #expect(resolved.recipients == ["age1a", "age1b", "age1c"])
        #expect(resolved.escrowRecipients == [])
        let own = try resolve("repository: {recipients: a, escrow_recipients: [b], identity_file: none}\n")
        #expect(own.escrowRecipients == ["b"])
        #expect(own.identityFile == .elsewhere)
    }

    @Test func `containers may be none, and a stronger name brings them back`() throws {
        let none = "instance: {containers: none}\n"
        #expect(try resolve(none).containers == ResolvedConfiguration.Containers.none)
        let back = try resolve(none, ["INFISICAL_OPS_INSTANCE_CONTAINERS_BACKEND": "x"])
        let named = ResolvedConfiguration.Containers.named(
            backend: "x", database: "infisical-db", redis: "infisical-redis")
        #expect(back.containers == named)
        let away = try resolve("instance: {containers: {backend: x}}\n", ["INFISICAL_OPS_INSTANCE_CONTAINERS": "none"])
        #expect(away.containers == ResolvedConfiguration.Containers.none)
    }

    @Test func `each part of the database's address comes from the strongest place`() throws {
        let folder = try TemporaryFolder()
        let env = folder.path(".env")
        try write("DB_CONNECTION_URI=postgres://eu:hunter2@infisical-db:6000/en?sslmode=require\n", to: env)
        let variables = ["INFISICAL_OPS_ENV_FILE": env]

        let plain = try resolve(nil, variables).database
        #expect(plain.host == "infisical-db" && plain.port == 6000 && plain.name == "en" && plain.user == "eu")
        #expect(plain.origin == .envFile(env, line: 1, name: "DB_CONNECTION_URI"))
        #expect(plain.passwordOrigin == plain.origin)

        let file = "instance: {database: {host: 127.0.0.1, user: fu}}\n"
        let merged = try resolve(file, variables).database
        #expect(merged.host == "127.0.0.1" && merged.port == 5432 && merged.name == "en" && merged.user == "fu")
        #expect(shown(merged.password) == "hunter2")
        #expect(merged.parameters.map(\.name) == ["sslmode", "sslrootcert"])
        #expect(merged.origin == .file(path, line: 1))
        // The port is the one of that host.
        #expect(try resolve("instance: {database: {host: infisical-db}}\n", variables).database.port == 6000)

        let all = variables.merging(["INFISICAL_OPS_DATABASE_URL": "postgres://u:other@h:1/n"]) { $1 }
        let url = try resolve(file, all).database
        #expect(url.host == "h" && url.port == 1 && url.name == "n" && url.user == "u")
        #expect(shown(url.password) == "other")
        #expect(url.passwordOrigin == .environment("INFISICAL_OPS_DATABASE_URL"))

        let port = SettingOverride(.databasePort, "2", flag: "--port")
        let flagged = try ResolvedConfiguration(nil, overrides: [port], .test(all)).database
        #expect(flagged.host == "h" && flagged.port == 2)
    }

    @Test func `a password that libpq finds by itself is named by its origin`() throws {
        #expect(try resolve(nil, ["PGPASSFILE": "/p"]).database.passwordOrigin == .environment("PGPASSFILE"))
        let both = try resolve(nil, ["PGPASSFILE": "/p", "PGPASSWORD": "set"]).database
        #expect(both.passwordOrigin == .environment("PGPASSWORD"))
        #expect(both.password == nil)
        #expect(try resolve().database.passwordOrigin == nil)
    }

    @Test func `a password in an option is refused`() throws {
        let override = SettingOverride(.databaseURL, "postgres://u:hunter2@h/d", flag: "--database-url")
        let found = try fault { _ = try resolve(nil, [:], [override]) }
        #expect(found == .passwordRefused(place: "--database-url", key: "instance.database.url"))
    }

    @Test func `wrong values in variables and options name their place, not the value`() throws {
        let byVariable = try fault { _ = try resolve(nil, ["INFISICAL_OPS_BACKUP_JOBS": "hunter2"]) }
        #expect(byVariable.message.contains("environment INFISICAL_OPS_BACKUP_JOBS"))
        #expect(byVariable.exit == .refused)
        let byFlag = try fault { _ = try resolve(nil, [:], [SettingOverride(.jobs, "hunter2", flag: "--jobs")]) }
        #expect(byFlag.message == "--jobs: backup.jobs must be a whole number from 1 to 64")
        #expect(byFlag.exit == .usage)
        let url = try fault { _ = try resolve(nil, ["INFISICAL_OPS_DATABASE_URL": "mysql://u:hunter2@h"]) }
        for found in [byVariable, byFlag, url] { #expect(!seen(found).contains("hunter2")) }
    }

    @Test(arguments: ["https://", "http://:8080", "https:///path", "http://?a", "http://#a", "h:8080", "ftp://h"])
    func `the address of Infisical has a host`(text: String) throws {
        let found = try fault { _ = try resolve(nil, ["INFISICAL_OPS_INSTANCE_URL": text]) }
        #expect(found.code == "settings.wrong-value" && found.message.contains("of the form http://host:port"))
    }

    @Test(arguments: ["http://a", "http://[::1]:8080", "https://c/d", "https://c?d"])
    func `the address of Infisical may have a port and a path`(text: String) throws {
        #expect(try resolve(nil, ["INFISICAL_OPS_INSTANCE_URL": text]).url == text)
    }

    @Test(arguments: SettingKey.all)
    func `an empty variable counts as unset, an empty option is an error`(key: SettingKey) throws {
        #expect(try resolve(nil, [key.variables[0]: ""])[key]?.origin ?? .standard == .standard)
        let found = try fault { _ = try resolve(nil, [:], [SettingOverride(key, "", flag: "--x")]) }
        #expect(found.code == "settings.wrong-value")
    }

    @Test func `variables that name no key are noted`() throws {
        let resolved = try resolve(nil, ["INFISICAL_OPS_REPOSITRY": "x", "INFISICAL_OPS_CONFIG": "y"])
        #expect(
            resolved.notes == [
                "the environment variable INFISICAL_OPS_REPOSITRY does not belong to any key of the configuration"
            ])
    }

    @Test func `several env files are read in order, references across them`() throws {
        let folder = try TemporaryFolder()
        try write("ENCRYPTION_KEY=one\nPART=p\nPART=q\n", to: folder.path("a.env"))
        try write("ENCRYPTION_KEY=two\nAUTH_SECRET=${PART}x\n", to: folder.path("b.env"))
        let variables = ["INFISICAL_OPS_ENV_FILE": "\(folder.path("a.env")):b.env"]
        let resolved = try ResolvedConfiguration(nil, .test(variables, in: folder.path))
        #expect(resolved.envFiles == [folder.path("a.env"), folder.path("b.env")])
        #expect(shown(resolved.instance.encryptionKey?.value) == "two")
        #expect(shown(resolved.instance.authSecret?.value) == "qx")
        #expect(resolved.notes == ["\(folder.path("a.env")): PART in line 2 is overridden by line 3"])
    }

    @Test func `an env file that is named and missing is an error of whatever needs its content`() throws {
        let resolved = try resolve("instance: {env_file: .missing-env}\n")
        try resolved.requireEnvFiles(toleratesLoss: true)
        #expect(resolved.instance.missingFiles == ["/etc/infisical-ops/.missing-env"])
        #expect(resolved.envFileWarnings.allSatisfy { $0.hasSuffix("whether a backup keeps it is not known") })
        let kept = resolved.with(envFileCopy: .backup("20261123T230000Z-00000000"))
        #expect(
            kept.envFileWarnings.allSatisfy {
                $0.hasSuffix("run: infisical-ops restore 20261123T230000Z-00000000 --files kept-files")
            })
        let none = try fault { try resolved.with(envFileCopy: .none).requireEnvFiles() }
        #expect(none.hints.first == .command(["infisical-ops", "list"]))
        let found = try fault { try resolved.requireEnvFiles() }
        #expect(found == .envFileMissing(path: "/etc/infisical-ops/.missing-env", namedBy: .file(path, line: 1)))
        #expect(found.message.contains("named by \(path):1"))
    }

    @Test func `config show has every value with its origin and no secret`() throws {
        let folder = try TemporaryFolder()
        let env = folder.path(".env")
        try write(
            """
            INFISICAL_ENCRYPTION_KEY=hunter2a
            INFISICAL_AUTH_SECRET=hunter2b
            INFISICAL_POSTGRES_PASSWORD=hunter2c
            INFISICAL_POSTGRES_HOST=::1
            INFISICAL_REDIS_URL=redis://:hunter2d@r
            INFISICAL_SITE_URL=https://infisical.example
            AUDIT_LOGS_DB_CONNECTION_URI=postgres://a:hunter2e@audit/logs

            """, to: env)
        let variables = ["INFISICAL_OPS_ENV_FILE": env, "INFISICAL_OPS_DATABASE_URL": "postgres://u:hunter2f@h/d"]
        let resolved = try resolve("instance: {containers: none}\nbackup: {jobs: 1}\n", variables)
        let lines = resolved.lines()
        let text = lines.map { "\($0.key) = \($0.value ?? "-") [\($0.origin?.description ?? "-")]" }
        #expect(!text.joined().contains("hunter2"))
        #expect(!String(reflecting: resolved).contains("hunter2"))
        #expect(text.contains("backup.jobs = 1 [\(path):2]"))
        #expect(text.contains("backup.yield_after = 20s [default]"))
        #expect(text.contains("backup.migration_wait = 1m [default]"))
        #expect(text.contains("repository.path = - [-]"))
        #expect(text.contains("instance.containers = none [\(path):1]"))
        #expect(
            text.contains("instance.database.url = postgresql://u:••••@h/d [environment INFISICAL_OPS_DATABASE_URL]"))
        #expect(text.contains("database in force = postgresql://u@h:5432/d [environment INFISICAL_OPS_DATABASE_URL]"))
        #expect(text.contains("database password = •••• [environment INFISICAL_OPS_DATABASE_URL]"))
        #expect(text.contains("encryption key = •••• [env \(env):1 INFISICAL_ENCRYPTION_KEY]"))
        #expect(text.contains("site = https://infisical.example [env \(env):6 INFISICAL_SITE_URL]"))
        #expect(text.contains { $0.hasPrefix("audit-log database = postgresql://a@audit:5432/logs") })
        // Where there are no containers, their standard names are not shown.
        let unused: Set = [SettingKey.backendContainer, .databaseContainer, .redisContainer]
        #expect(Set(SettingKey.all.filter { !unused.contains($0) }.map(\.path)).isSubset(of: Set(lines.map(\.key))))
    }

    @Test func `the surroundings of this process are taken without its secrets`() throws {
        let lines = [
            "INFISICAL_OPS_STATE_FOLDER=/s", "PGPASSWORD=hunter2", "PATH=/bin", "ENCRYPTION_KEY=hunter2", "odd",
            "HOME=/h",
            "PGPASSFILE=",
        ]
        var block = lines.map { strdup($0) } + [nil]
        defer { for line in block { free(line) } }
        let variables = block.withUnsafeMutableBufferPointer { block in
            block.baseAddress.map { SettingsSurroundings.variables(of: $0) }
        }
        #expect(
            variables == [
                "INFISICAL_OPS_STATE_FOLDER": "/s", "PGPASSWORD": "set", "PATH": "/bin", "HOME": "/h", "PGPASSFILE": "",
            ])
        let surroundings = SettingsSurroundings.ofProcess(effects: Effects())
        #expect(surroundings.environment["LANG"] == nil && surroundings.environment["USER"] == nil)
        #expect(surroundings.workingFolder.hasPrefix("/"))
        #expect(surroundings.processors >= 1)
        #expect(surroundings.isRoot == (geteuid() == 0))
    }
}
