import DurableFiles

/// Where everything lies in a repository folder. `docs/format.md` is the specification of this.
package struct RepositoryLayout: Sendable {
    /// The repository's folder, absolute.
    package let root: String
    package init(root: String) { self.root = root }

    /// Format number, repository id, time of creation.
    package var description: String { "\(root)/\(RepositoryLayout.descriptionName)" }
    static let descriptionName = "repository.json"
    package var keys: String { root + "/keys" }
    /// The generations of repository keys and who may open them; signed. Every revision is a file of its own, so that
    /// a crash can never leave one with the signature of another.
    package func keyring(revision: Int) -> String { keys + "/keyring-\(revision).json" }
    /// All signers ever used, one line each in the form of OpenSSH's allowed signers file.
    package var allowedSigners: String { keys + "/allowed_signers" }
    /// The signature by an earlier signer that introduces the signer in line `line` (from 2) of `allowedSigners`.
    package func introduction(line: Int) -> String { keys + "/introduction-\(line).sig" }
    /// The repository's age identity of one generation, sealed to the recipients.
    package func identity(generation: Int) -> String { keys + "/identity-\(generation).age" }
    /// The key that names chunks, sealed to the recipients.
    package func idKey(generation: Int) -> String { keys + "/id-key-\(generation).age" }
    /// The signing key of the signer in line `line` of `allowedSigners`, sealed to the recipients.
    package func signingKey(line: Int) -> String { keys + "/signing-key-\(line).age" }

    package var chunks: String { root + "/chunks" }
    /// Chunks are spread over 256 folders by the first two digits of their names.
    package func chunkFolder(_ name: ChunkName) -> String { chunks + "/" + name.hex.prefix(2) }
    package func chunk(_ name: ChunkName) -> String { chunkFolder(name) + "/" + name.hex + ".zst.age" }

    package var backups: String { root + "/backups" }
    package func manifest(_ id: BackupID) -> String { backups + "/\(id.text).json" }
    package var escrow: String { root + "/escrow" }
    package func escrow(_ id: BackupID) -> String { escrow + "/\(id.text).age" }
    package var proofs: String { root + "/proofs" }
    package func proofs(_ id: BackupID) -> String { proofs + "/\(id.text)" }
    package var removals: String { root + "/removals" }
    /// What was accepted although it is shrunk.
    package var accepted: String { root + "/accepted" }
    /// Keys of rotations that are open.
    package var rotations: String { root + "/rotations" }
    package func rotation(_ id: RotationID) -> String { rotations + "/\(id.text).age" }
    package var quarantine: String { root + "/quarantine" }
    /// Files that are being written; whatever is found here at the start of a backup is left from a killed run.
    package var temporary: String { root + "/tmp" }

    package var repositoryLock: String { root + "/locks/repository" }
    package var backupLock: String { root + "/locks/backup" }
    package var recoverScript: String { root + "/recover.sh" }
    package var recoverGuide: String { root + "/RECOVER.md" }

    /// The folders that every repository has.
    package var folders: [String] {
        [
            root, keys, chunks, backups, escrow, proofs, removals, accepted, rotations, quarantine, temporary,
            root + "/locks",
        ]
    }

    /// Those of them in which every backup writes.
    package var foldersOfBackups: [String] { [root, chunks, backups, escrow, temporary, root + "/locks"] }

    /// The path of the signature that belongs to a signed file.
    package static func signature(of path: String) -> String { path + ".sig" }
    /// A path as seen from the repository's root, for messages and manifests.
    package func relative(_ path: String) -> String {
        path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
    }
}
