package import Secrets

/// What an instance's env files say about it, in the names of the usage guide (`INFISICAL_…`) or in the plain names of
/// Infisical's own compose file.
///
/// Where `INFISICAL_ENCRYPTION_KEY` is set, the plain names in the same file belong to other services of the stack and
/// are not read, except those that only Infisical has. Values are trimmed and a blank one counts as unset, as
/// Infisical reads them.
package struct InstanceEnvironment: Sendable {
    /// The files, later ones overriding earlier ones.
    package let files: [EnvFile]
    /// Whether the names are those of the usage guide.
    package let usesGuideNames: Bool
    package let encryptionKey: Sourced<Secret>?
    package let rootEncryptionKey: Sourced<Secret>?
    /// Variables that look as if they named a file with the key; Infisical reads no such file.
    package let unreadKeyFiles: [String]
    package let authSecret: Sourced<Secret>?
    /// `FIPS_ENABLED=true`; whether it is in force is also a matter of the database.
    package let isFIPS: Bool
    package let redis: RedisSetting?
    package let siteURL: Sourced<Secret>?
    /// `HTTPS_ENABLED`: whether cookies are only sent over TLS.
    package let isHTTPS: Bool?
    /// The certificate authority of the database, base64 of PEM.
    package let databaseRootCertificate: Sourced<Secret>?
    /// The second database, which holds only audit logs.
    let auditParts: DatabaseParts?
    let database: DatabaseParts

    /// Parses env files; as in Compose, a reference in one sees the files before it first.
    package init(texts: [(path: String, text: Secret)]) throws(SettingsFault) {
        var files: [EnvFile] = [], environment: [String: Secret] = [:]
        for (path, text) in texts {
            let file = try EnvFile(text, path: path, environment: environment)
            for entry in file.entries { environment[entry.name] = entry.value }
            files.append(file)
        }
        try self.init(files: files)
    }

    package init(files: [EnvFile]) throws(SettingsFault) {
        try self.init(files: files, Names(files))
    }

    /// What a container was made with; its variables are those that Infisical itself reads.
    package init(container: String, _ values: [String: Secret]) throws(SettingsFault) {
        try self.init(
            files: [],
            Names { name in values[name].map { Sourced($0, .container(container, detail: name)) } })
    }

    private init(files: [EnvFile], _ names: Names) throws(SettingsFault) {
        self.files = files
        usesGuideNames = names.isGuide
        encryptionKey = names.value("ENCRYPTION_KEY")
        rootEncryptionKey = names.value("ROOT_ENCRYPTION_KEY", isDistinct: true)
        unreadKeyFiles = ["ENCRYPTION_KEY_FILE", "ROOT_ENCRYPTION_KEY_FILE"].filter { names.value($0) != nil }
        authSecret = names.value("AUTH_SECRET")
        isFIPS = names.text("FIPS_ENABLED")?.value == "true"
        redis =
            names.value("REDIS_URL", isDistinct: true).map(RedisSetting.url)
            ?? names.value("REDIS_CLUSTER_HOSTS", isDistinct: true).map(RedisSetting.cluster)
            ?? names.value("REDIS_SENTINEL_HOSTS", isDistinct: true).map(RedisSetting.sentinel)
        siteURL = names.value("SITE_URL")
        isHTTPS = names.text("HTTPS_ENABLED").map { $0.value == "true" }
        databaseRootCertificate = names.value("DB_ROOT_CERT")
        auditParts = try names.url("AUDIT_LOGS_DB_CONNECTION_URI", isDistinct: true)

        // Infisical gives the driver URI and single values together, and the driver prefers the URI.
        var guide = DatabaseParts()
        guide.host = names.guideText("POSTGRES_HOST")
        guide.port = try names.port(names.guideText("POSTGRES_PORT"))
        guide.name = names.guideText("POSTGRES_DATABASE")
        guide.user = names.guideText("POSTGRES_USERNAME")
        guide.password = names.guideValue("POSTGRES_PASSWORD")
        var single = DatabaseParts()
        single.host = names.text("DB_HOST")
        single.port = try names.port(names.text("DB_PORT"))
        single.name = names.text("DB_NAME")
        single.user = names.text("DB_USER")
        single.password = names.value("DB_PASSWORD")
        // The names of the database's own container.
        var container = DatabaseParts()
        container.host = names.text("POSTGRES_HOST")
        container.port = try names.port(names.text("POSTGRES_PORT"))
        container.name = names.text("POSTGRES_DB")
        container.user = names.text("POSTGRES_USER")
        container.password = names.value("POSTGRES_PASSWORD")
        let url = try names.url("DB_CONNECTION_URI") ?? DatabaseParts()
        database = guide.over(url).over(single).over(container)
    }

    package var hasKey: Bool { encryptionKey != nil || rootEncryptionKey != nil }

    /// The databases as they are named here.
    package var databaseTarget: DatabaseTarget { database.target(libpqPassword: nil) }
    package var auditLogs: DatabaseTarget? { auditParts?.target(libpqPassword: nil) }
}

/// Finds values by name, in several env files or in an environment.
private struct Names {
    private let definition: (String) -> Sourced<Secret>?
    private(set) var isGuide = false

    init(_ definition: @escaping (String) -> Sourced<Secret>?) {
        self.definition = definition
        isGuide = find("INFISICAL_ENCRYPTION_KEY") != nil || find("INFISICAL_ROOT_ENCRYPTION_KEY") != nil
    }

    /// The last definition in the last file that has one counts.
    init(_ files: [EnvFile]) {
        self.init { name in
            for file in files.reversed() {
                guard let entry = file.entry(name) else { continue }
                return Sourced(entry.value, .envFile(file.path, line: entry.line, name: name))
            }
            return nil
        }
    }

    /// The definition of `name`, trimmed; nil when it is blank.
    private func find(_ name: String) -> Sourced<Secret>? {
        guard let found = definition(name) else { return nil }
        let value = found.value.trimmed()
        return value.count == 0 ? nil : Sourced(value, found.origin)
    }

    func guideValue(_ name: String) -> Sourced<Secret>? { find("INFISICAL_" + name) }

    func guideText(_ name: String) -> Sourced<String>? { text(guideValue(name)) }

    /// - Parameter isDistinct: Whether only Infisical has a variable of this plain name.
    func value(_ name: String, isDistinct: Bool = false) -> Sourced<Secret>? {
        guideValue(name) ?? (isGuide && !isDistinct ? nil : find(name))
    }

    func text(_ name: String) -> Sourced<String>? { text(value(name)) }

    private func text(_ value: Sourced<Secret>?) -> Sourced<String>? {
        value.map { value in
            Sourced(value.value.revealedText(), value.origin)
        }
    }

    func url(_ name: String, isDistinct: Bool = false) throws(SettingsFault) -> DatabaseParts? {
        guard let value = value(name, isDistinct: isDistinct) else { return nil }
        do { return DatabaseParts(try PostgresURL(value.value), value.origin) } catch {
            throw .badConnection(place: value.origin.description, problem: error.text)
        }
    }

    func port(_ text: Sourced<String>?) throws(SettingsFault) -> Sourced<Int>? {
        guard let text else { return nil }
        guard let port = Int(text.value), (1...65535).contains(port) else {
            throw .badConnection(place: text.origin.description, problem: "the port is not a number from 1 to 65535")
        }
        return Sourced(port, text.origin)
    }
}
