import DurableFiles

/// Where a password, a passphrase or a client secret is to be had; never the secret itself.
package enum SecretSource: Sendable, Equatable {
    /// The first line of a file.
    case file(String)
    /// The first line that a program prints; the program comes first.
    case command([String])

    /// What systemd's `LoadCredential=` and `SetCredentialEncrypted=` have to call them.
    package static let passphraseCredential = "infisical-ops-passphrase"
    package static let databasePasswordCredential = "infisical-ops-database-password"
}

extension SettingLayers {
    /// The place that was named more strongly: a file or a command, or else the service manager's credential.
    ///
    /// - Throws: `conflict` where both are named equally strongly.
    func source(
        file: SettingKey, command: SettingKey, credential: String? = nil, _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> Sourced<SecretSource>? {
        switch (strongest[file], strongest[command]) {
        case (let path?, let words?):
            if path.origin.strength == words.origin.strength {
                throw .conflict(place: words.origin.description, key: command.path, other: file.path)
            }
            return SettingLayers.source(path.origin.strength > words.origin.strength ? path : words)
        case (let setting?, nil), (nil, let setting?): return SettingLayers.source(setting)
        case (nil, nil):
            return try credential.flatMap { name throws(SettingsFault) in
                try SettingLayers.credential(name, surroundings)
            }
        }
    }

    private static func source(_ setting: Setting) -> Sourced<SecretSource>? {
        switch setting.value {
        case .text(let path): Sourced(.file(path), setting.origin)
        case .list(let words): Sourced(.command(words), setting.origin)
        default: nil
        }
    }

    private static func credential(
        _ name: String, _ surroundings: SettingsSurroundings
    ) throws(SettingsFault) -> Sourced<SecretSource>? {
        guard let folder = surroundings.variable("CREDENTIALS_DIRECTORY"), folder.hasPrefix("/") else { return nil }
        let path = Files.join(folder, name)
        do {
            guard try Files(effects: surroundings.effects).status(path, followingLinks: true) != nil else { return nil }
        } catch { throw .file(error) }
        return Sourced(.file(path), .credential(name))
    }
}
