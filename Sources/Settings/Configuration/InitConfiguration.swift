package import DurableFiles

/// The configuration file that `init` writes, or the lines that an existing one lacks; nothing in it is changed.
package struct InitConfiguration: Sendable {
    package let path: String
    /// Whether there is no file yet.
    package let isNew: Bool
    /// What the file lacks, without the signer, which is known only when the repository is made.
    private let values: [(key: SettingKey, value: SettingValue)]
    private let addsSigner: Bool
    /// Values of the command line that the file contradicts.
    package let notes: [String]

    package var isEmpty: Bool { !isNew && values.isEmpty && !addsSigner || path.isEmpty }

    /// The keys that an existing file gets.
    package var adds: [String] { values.map(\.key.path) + (addsSigner ? [SettingKey.signer.path] : []) }

    /// - Parameters:
    ///   - newPath: where a new file goes; nil when none is to be written or touched.
    ///   - keepsIdentity: false where the identity is kept off this host and nothing says so yet.
    package init(
        _ configuration: ResolvedConfiguration, newPath: String?, keepsIdentity: Bool, files: Files
    ) throws {
        guard let newPath else {
            (path, isNew, values, addsSigner, notes) = ("", false, [], false, [])
            return
        }
        path = configuration.file ?? newPath
        isNew = configuration.file == nil
        let file = try isNew ? nil : Configuration(try files.readSecret(path, limit: 1 << 22), path: path)
        var values: [(key: SettingKey, value: SettingValue)] = [], notes: [String] = []
        for setting in configuration.settings {
            switch setting.origin {
            // The next run would not know it.
            case .flag(let flag):
                if let there = file?[setting.key] {
                    if there.value.description == setting.value.description { continue }
                    notes.append("\(flag) applies to this run only: \(there.origin) sets another \(setting.key)")
                } else {
                    values.append((setting.key, setting.value))
                }
            // In force beside a file that is there; a new file shall do without it, under cron for example.
            case .environment: if isNew { values.append((setting.key, setting.value)) }
            default: continue
            }
        }
        if !keepsIdentity { values.append((.identityFile, .none)) }
        self.values = values
        self.notes = notes
        addsSigner = configuration.signer == nil
    }

    /// What the file gets, as a person would write it.
    ///
    /// - Parameter signer: nil where it is not made yet.
    package func lines(signer: String?) -> [String] {
        all(signer: signer ?? "the fingerprint on the recovery sheet").map { "\($0.key.path): \($0.value.description)" }
    }

    private func all(signer: String) -> [(key: SettingKey, value: SettingValue)] {
        values + (addsSigner ? [(key: SettingKey.signer, value: .text(signer))] : [])
    }

    /// Tries what `write` will do to a file that is there, as far as its form may stand in the way.
    ///
    /// - Throws: `SettingsFault.notAppendable`.
    package func requireAppendable(files: Files) throws {
        // Any fingerprint has the same form.
        if !isEmpty, !isNew { _ = try added(all(signer: "SHA256:" + String(repeating: "A", count: 43)), files) }
    }

    private func added(
        _ values: [(key: SettingKey, value: SettingValue)], _ files: Files
    ) throws -> (text: String, status: FileStatus) {
        guard let status = try files.status(path), status.kind == .file else {
            throw SettingsFault.notAppendable(path: path, key: adds.joined(separator: ", "), reason: "it is not a file")
        }
        var text = String(decoding: try files.read(path, limit: 1 << 22), as: UTF8.self)
        for value in values { text = try Configuration.adding(value.key, value.value, to: text, path: path) }
        return (text, status)
    }

    package func write(signer: String, files: Files) throws {
        let values = all(signer: signer)
        guard !isNew else {
            try files.createFolder(Files.parent(of: path))
            return try files.publish(
                Array(Configuration.initialText(values).utf8), at: path, mode: 0o600, existing: .refuse)
        }
        let (text, status) = try added(values, files)
        try files.publish(
            Array(text.utf8), at: path, mode: status.mode & 0o777,
            owner: FileOwner(user: status.user, group: status.group))
    }
}
