import Postgres
package import Secrets

/// What an instance's env files say about it, in the names of the usage guide (`INFISICAL_…`) or in the plain names of
/// Infisical's own compose file; or what a container was made with, where only the plain names are read by Infisical.
///
/// Where `INFISICAL_ENCRYPTION_KEY` is set, the plain names in the same file belong to other services of the stack and
/// are not read, except those that Infisical has for itself. Of these `DB_CONNECTION_URI`, `AUTH_SECRET` and `REDIS_URL`
/// give way to what the backend's container was made with. Values are trimmed and a blank one counts as unset, as
/// Infisical reads them.
package struct InstanceEnvironment: Sendable {
    /// The files, later ones overriding earlier ones.
    package let files: [EnvFile]
    /// Paths of files that should have been read as well, and are gone.
    package private(set) var missingFiles: [String] = []
    /// Whether the names are those of the usage guide.
    package let usesGuideNames: Bool
    package let encryptionKey: Sourced<Secret>?
    package let rootEncryptionKey: Sourced<Secret>?
    /// Variables that look as if they named a file with the key; Infisical reads no such file.
    package let unreadKeyFiles: [String]
    package private(set) var authSecret: Sourced<Secret>?
    /// Whether `FIPS_ENABLED` is true, nil where it is not set; whether it is in force is also a matter of the database.
    package let fips: Bool?
    package private(set) var redis: RedisSetting?
    package let siteURL: Sourced<Secret>?
    /// `NODE_EXTRA_CA_CERTS`: a file, where the backend runs, of authorities that its node.js trusts besides the public ones.
    let extraAuthorities: Sourced<String>?
    /// `HTTPS_ENABLED`: whether cookies are only sent over TLS.
    package let isHTTPS: Bool?
    /// The second database, which holds only audit logs.
    let auditParts: DatabaseParts?
    private(set) var database: DatabaseParts
    /// What the database is without the plain names beside those of the guide.
    private let ownDatabase: DatabaseParts
    /// The plain names that are read although the file has those of the guide.
    private let borrowed: Set<String>

    /// Parses env files; as in Compose, a reference in one sees the files before it first.
    package init(
        texts: [(path: String, text: Secret)], syntax: EnvSyntax = .compose
    ) throws(SettingsFault) {
        var files: [EnvFile] = [], environment: [String: Secret] = [:]
        for (path, text) in texts {
            let file = try EnvFile(text, path: path, syntax: syntax, environment: environment)
            for entry in file.entries { environment[entry.name] = entry.value }
            files.append(file)
        }
        try self.init(files: files)
    }

    package init(files: [EnvFile]) throws(SettingsFault) {
        try self.init(files: files, Names(files))
    }

    /// What a container was made with.
    package init(container: String, _ values: [String: Secret]) throws(SettingsFault) {
        try self.init(
            files: [],
            Names(plain: { name in values[name].map { Sourced($0, .container(container, detail: name)) } }))
    }

    private init(files: [EnvFile], _ names: Names) throws(SettingsFault) {
        self.files = files
        usesGuideNames = names.isGuide
        encryptionKey = names.value("ENCRYPTION_KEY")
        rootEncryptionKey = names.value("ROOT_ENCRYPTION_KEY", isDistinct: true)
        unreadKeyFiles = ["ENCRYPTION_KEY_FILE", "ROOT_ENCRYPTION_KEY_FILE"].filter { names.value($0) != nil }
        authSecret = names.value("AUTH_SECRET", isDistinct: true)
        fips = names.text("FIPS_ENABLED", isDistinct: true).map { $0.value == "true" }
        redis =
            names.value("REDIS_URL", isDistinct: true).map(RedisSetting.url)
            ?? names.value("REDIS_CLUSTER_HOSTS", isDistinct: true).map(RedisSetting.cluster)
            ?? names.value("REDIS_SENTINEL_HOSTS", isDistinct: true).map(RedisSetting.sentinel)
        siteURL = names.value("SITE_URL")
        extraAuthorities = names.text("NODE_EXTRA_CA_CERTS")
        isHTTPS = names.text("HTTPS_ENABLED").map { $0.value == "true" }
        borrowed = Set(["AUTH_SECRET", "REDIS_URL"].filter { names.isBorrowed($0) })
        var audit = try names.url(names.value("AUDIT_LOGS_DB_CONNECTION_URI", isDistinct: true))
        audit?.rootCertificate = names.value("AUDIT_LOGS_DB_ROOT_CERT", isDistinct: true)
        auditParts = audit

        // Of the URI and single values, which Infisical gives its driver together, the driver takes the URI alone.
        let certificate = names.value("DB_ROOT_CERT", isDistinct: true)
        var own: DatabaseParts
        if let url = try names.url(names.value("DB_CONNECTION_URI")) {
            own = url
        } else {
            own = try names.singleValues()
        }
        own.rootCertificate = certificate
        ownDatabase = own
        guard names.isBorrowed("DB_CONNECTION_URI"), own.host == nil,
            var borrowed = try names.url(names.value("DB_CONNECTION_URI", isDistinct: true))
        else {
            database = own
            return
        }
        borrowed.rootCertificate = certificate
        database = borrowed
    }

    /// The same beside a backend that runs: what its container was made with is what Infisical reads, and counts more than
    /// a plain name that may be another service's.
    func besides(_ running: InstanceEnvironment?) -> InstanceEnvironment {
        guard let running else { return self }
        var result = self
        if borrowed.contains("AUTH_SECRET"), running.authSecret != nil { result.authSecret = nil }
        if borrowed.contains("REDIS_URL"), running.redis != nil { result.redis = nil }
        if !running.database.isEmpty { result.database = ownDatabase }
        return result
    }

    /// The same with files that are named and gone.
    func lacking(_ paths: [String]) -> InstanceEnvironment {
        var result = self
        result.missingFiles = paths
        return result
    }

    /// What the key is called here, or would be.
    package var keyVariable: String {
        let isGuide = usesGuideNames || (!hasKey && files.contains { $0.entries.contains { $0.name.isOfGuide } })
        return isGuide ? "INFISICAL_ENCRYPTION_KEY" : "ENCRYPTION_KEY"
    }

    package var hasKey: Bool { encryptionKey != nil || rootEncryptionKey != nil }

    /// The databases as they are named here.
    package var databaseTarget: DatabaseTarget { database.target(libpqPassword: nil) }
    package var auditLogs: DatabaseTarget? { auditParts?.target(libpqPassword: nil) }
}

extension String {
    /// Whether a variable is one of the usage guide's, and not this program's own.
    fileprivate var isOfGuide: Bool { hasPrefix("INFISICAL_") && !hasPrefix(SettingKey.variablePrefix) }
}

/// Finds values by name, in several env files or in an environment.
private struct Names {
    private let definition: (String) -> Sourced<Secret>?
    /// Whether the names of the guide count.
    private let readsGuide: Bool
    private(set) var isGuide = false

    /// Those of an environment that Infisical itself has.
    init(plain definition: @escaping (String) -> Sourced<Secret>?) {
        self.definition = definition
        readsGuide = false
    }

    /// The last definition in the last file that has one counts.
    init(_ files: [EnvFile]) {
        definition = { name in
            for file in files.reversed() {
                guard let entry = file.entry(name) else { continue }
                return Sourced(entry.value, .envFile(file.path, line: entry.line, name: name))
            }
            return nil
        }
        readsGuide = true
        isGuide = find("INFISICAL_ENCRYPTION_KEY") != nil || find("INFISICAL_ROOT_ENCRYPTION_KEY") != nil
    }

    /// The definition of `name`, trimmed; nil when it is blank.
    private func find(_ name: String) -> Sourced<Secret>? {
        guard let found = definition(name) else { return nil }
        let value = found.value.trimmed()
        return value.count == 0 ? nil : Sourced(value, found.origin)
    }

    private func guideValue(_ name: String) -> Sourced<Secret>? { readsGuide ? find("INFISICAL_" + name) : nil }

    /// - Parameter isDistinct: Whether only Infisical has a variable of this plain name.
    func value(_ name: String, isDistinct: Bool = false) -> Sourced<Secret>? {
        guideValue(name) ?? (isGuide && !isDistinct ? nil : find(name))
    }

    /// Whether a value is read from a plain name beside those of the guide.
    func isBorrowed(_ name: String) -> Bool { isGuide && guideValue(name) == nil && find(name) != nil }

    func text(_ name: String, isDistinct: Bool = false) -> Sourced<String>? {
        text(value(name, isDistinct: isDistinct))
    }

    private func text(_ value: Sourced<Secret>?) -> Sourced<String>? {
        value.map { value in
            Sourced(value.value.revealedText(), value.origin)
        }
    }

    func url(_ value: Sourced<Secret>?) throws(SettingsFault) -> DatabaseParts? {
        guard let value else { return nil }
        do { return DatabaseParts(try PostgresURL(value.value, .node), value.origin) } catch {
            throw .badConnection(place: value.origin.description, problem: error.text)
        }
    }

    /// The database by one value for each part: in the guide's names, in Infisical's, and in those of the database's own
    /// container.
    func singleValues() throws(SettingsFault) -> DatabaseParts {
        let guide = try parts(
            [
                guideValue("POSTGRES_HOST"), guideValue("POSTGRES_PORT"), guideValue("POSTGRES_DATABASE"),
                guideValue("POSTGRES_USERNAME"), guideValue("POSTGRES_PASSWORD"),
            ])
        let single = try parts(
            [value("DB_HOST"), value("DB_PORT"), value("DB_NAME"), value("DB_USER"), value("DB_PASSWORD")])
        let container = try parts(
            [
                value("POSTGRES_HOST"), value("POSTGRES_PORT"), value("POSTGRES_DB"), value("POSTGRES_USER"),
                value("POSTGRES_PASSWORD"),
            ])
        return guide.over(single).over(container)
    }

    /// - Parameter values: of host, port, name, user and password.
    private func parts(_ values: [Sourced<Secret>?]) throws(SettingsFault) -> DatabaseParts {
        var parts = DatabaseParts()
        parts.host = text(values[0])
        parts.port = try port(text(values[1]))
        parts.name = text(values[2])
        parts.user = text(values[3])
        parts.password = values[4]
        return parts
    }

    private func port(_ text: Sourced<String>?) throws(SettingsFault) -> Sourced<Int>? {
        guard let text else { return nil }
        guard let port = Int(text.value), (1...65535).contains(port) else {
            throw .badConnection(place: text.origin.description, problem: "the port is not a number from 1 to 65535")
        }
        return Sourced(port, text.origin)
    }
}
