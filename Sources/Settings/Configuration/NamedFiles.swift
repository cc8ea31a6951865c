import DurableFiles
import Secrets

/// Whether what the configuration names is there, and is what it has to be. What `init` or a run makes need not be there.
struct NamedFiles {
    private let settings: [Setting]
    private let surroundings: SettingsSurroundings
    private let files: Files
    /// What cannot be used, in the order of the keys.
    private(set) var problems: [SettingsFault] = []
    /// What is probably not meant, one sentence each.
    private(set) var notes: [String] = []

    /// The description that makes a folder a repository.
    private static let description = "repository.json"

    init(_ settings: [Setting], _ surroundings: SettingsSurroundings) {
        self.settings = settings.filter { $0.origin != .standard }
        self.surroundings = surroundings
        files = Files(effects: surroundings.effects)
        for setting in self.settings {
            do { try check(setting) } catch { problems.append(error) }
        }
        requireBoth(.stopCommand, .startCommand)
        requireBoth(.startCommand, .stopCommand)
        requireBoth(.drillBackendCommand, .drillBackendFolder)
        requireBoth(.drillBackendFolder, .drillBackendCommand)
        requireBoth(.identitySecretFile, .identityClientID)
        requireBoth(.identitySecretCommand, .identityClientID)
        if self[.identitySecretCommand] == nil { requireBoth(.identityClientID, .identitySecretFile) }
        if let note = unusedPassphrase() { notes.append(note) }
    }

    /// What to say of a passphrase that nothing asks for: whoever set it believes that the identity is sealed.
    private func unusedPassphrase() -> String? {
        guard let setting = self[.passphraseFile] ?? self[.passphraseCommand] else { return nil }
        let start = "\(setting.key.path) is set, but "
        guard let identity = self[.identityFile] else {
            return start + "\(SettingKey.identityFile.path) is not, and the identity that init makes has no passphrase"
        }
        guard case .text(let path) = identity.value else { return nil }
        do {
            let seals = ["age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----"].map { Array($0.utf8) }
            let isSealed = try files.readSecret(path, limit: 1 << 20).withBytes { bytes in
                let text = Array(bytes)
                return seals.contains { text.starts(with: $0) }
            }
            return isSealed ? nil : start + "the identity \(path) has no passphrase, so nothing is done with it"
        } catch {
            // That it is not there, or cannot be read, is told as that.
            return nil
        }
    }

    private subscript(key: SettingKey) -> Setting? { settings.first { $0.key == key } }

    private mutating func check(_ setting: Setting) throws(SettingsFault) {
        switch (setting.key, setting.value) {
        case (.pgDump, .text(let path)): try requireProgram(path, setting.origin)
        case (.passphraseFile, .text(let path)), (.databasePasswordFile, .text(let path)),
            (.identitySecretFile, .text(let path)):
            try requireFile(path, setting.origin, isSecret: true)
        case (.identityFile, .text(let path)):
            // Before there is a repository, `init` makes it, where nobody else's identity is to read the backups.
            if try status(path) == nil, try !hasRepository, self[.signer] == nil, self[.recipients] == nil {
                notes.append("there is no identity at \(path) yet; to create it, run: infisical-ops init")
                return
            }
            if try status(path) == nil { throw .identityMissing(path: path, namedBy: setting.origin) }
            try requireFile(path, setting.origin, isSecret: true)
        case (.repository, .text(let path)): try checkRepository(path, setting.origin)
        case (.drillBackendFolder, .text(let path)), (.drillFolder, .text(let path)):
            guard let status = try status(path) else { throw .notFound(path: path, namedBy: setting.origin) }
            if status.kind != .folder { throw .file(.wrongKind(path: path, needed: .folder)) }
        case (.stateFolder, .text(let path)): try checkNewFolder(path)
        case (.envFile, .list(let paths)):
            for path in paths {
                do throws(SettingsFault) {
                    guard try status(path) != nil else { throw .envFileMissing(path: path, namedBy: setting.origin) }
                    try requireFile(path, setting.origin, isSecret: false)
                } catch { problems.append(error) }
            }
        case (.files, .list(let paths)):
            for path in paths {
                do { try requireFile(path, setting.origin, isSecret: false) } catch { problems.append(error) }
            }
        case (_, .list(let words)) where setting.key.kind == .command:
            if let program = words.first { try requireProgram(program, setting.origin) }
        default: break
        }
    }

    // MARK: - Files

    private func status(_ path: String) throws(SettingsFault) -> FileStatus? {
        do { return try files.status(path, followingLinks: true) } catch { throw .file(error) }
    }

    /// - Parameter isSecret: whether nobody but its owner is to read it.
    private mutating func requireFile(_ path: String, _ origin: Origin, isSecret: Bool) throws(SettingsFault) {
        guard let status = try status(path) else { throw .notFound(path: path, namedBy: origin) }
        do { _ = try files.openForReading(path) } catch { throw .file(error) }
        if isSecret, status.mode & 0o077 != 0 {
            notes.append("users other than its owner may read or write \(path); run: chmod 600 \(path)")
        }
    }

    /// A folder that is made when it is needed: it, or what is there of the way to it, must be one.
    private func checkNewFolder(_ path: String) throws(SettingsFault) {
        var folder = path
        while folder != "/", folder != "." {
            if let status = try status(folder) {
                if status.kind != .folder { throw .file(.wrongKind(path: folder, needed: .folder)) }
                return
            }
            folder = Files.parent(of: folder)
        }
    }

    private var hasRepository: Bool {
        get throws(SettingsFault) {
            guard case .text(let path)? = self[.repository]?.value else { return false }
            return try status(Files.join(path, NamedFiles.description)) != nil
        }
    }

    private mutating func checkRepository(_ path: String, _ origin: Origin) throws(SettingsFault) {
        if let status = try status(path), status.kind != .folder {
            throw .file(.wrongKind(path: path, needed: .folder))
        }
        if try hasRepository { return }
        if self[.signer] != nil { throw .noRepository(path: path, namedBy: origin) }
        notes.append("there is no repository at \(path) yet; run: infisical-ops init")
    }

    // MARK: - Programs

    private func requireProgram(_ name: String, _ origin: Origin) throws(SettingsFault) {
        guard name.contains("/") else {
            guard let path = surroundings.variable("PATH") else { return }
            for folder in path.split(separator: ":") {
                if try isProgram(Files.join(String(folder), name)) { return }
            }
            throw .badProgram(name, namedBy: origin, problem: "is not in PATH")
        }
        guard try status(name) != nil else { throw .notFound(path: name, namedBy: origin) }
        if try !isProgram(name) { throw .badProgram(name, namedBy: origin, problem: "is not an executable file") }
    }

    private func isProgram(_ path: String) throws(SettingsFault) -> Bool {
        guard let status = try status(path) else { return false }
        return status.kind == .file && status.mode & 0o111 != 0
    }

    // MARK: - Keys

    private mutating func requireBoth(_ key: SettingKey, _ other: SettingKey) {
        guard let setting = self[key], self[other] == nil else { return }
        problems.append(.incomplete(place: setting.origin.description, key: key.path, other: other.path))
    }
}
