import DurableFiles
package import Faults

/// What can be wrong with a repository, a backup in it, or the keys to it.
package enum RepositoryFault: Fault, Equatable {
    case notARepository(path: String)
    case alreadyThere(path: String)
    /// A folder that was a repository and has lost what says so.
    case remains(path: String)
    case newerFormat(path: String, found: Int)
    /// A file of the repository is not what the format says; `path` is relative to the repository.
    case malformed(path: String, reason: String)
    case missing(path: String)
    case noBackups(repository: String)
    case noSuchBackup(String)
    case ambiguousBackup(String, candidates: [String])
    /// Damage may hide the latest backup; `newest` is the newest whole one.
    case latestUncertain(reason: String, newest: String)
    case badSignature(path: String, reason: String)
    case signerNotPinned(repository: String)
    case signerUnknown(pinned: String, found: [String])
    case wentBack(newest: Int, remembered: Int)
    case brokenChain(String)
    case chunk(ChunkName, damage: ChunkDamage)
    case identityMissing(path: String?)
    case identityOpensNothing(file: String)
    /// The identity file has a passphrase, and nobody can be asked for it.
    case identitySealed(path: String)
    case hostKeysMissing(folder: String)
    case noRecipients
    case tooLarge(what: String, bytes: Int)
    /// What was agreed to is not what would have to be done now.
    case changedMeanwhile

    package var code: String {
        switch self {
        case .notARepository: "repository.not-found"
        case .alreadyThere: "repository.exists"
        case .remains: "repository.remains"
        case .newerFormat: "repository.newer-format"
        case .malformed: "repository.malformed"
        case .missing: "repository.missing-file"
        case .noBackups: "repository.no-backups"
        case .noSuchBackup: "repository.no-such-backup"
        case .ambiguousBackup: "repository.ambiguous-backup"
        case .latestUncertain: "repository.latest-uncertain"
        case .badSignature: "repository.bad-signature"
        case .signerNotPinned: "repository.signer-not-pinned"
        case .signerUnknown: "repository.unknown-signer"
        case .wentBack: "repository.went-back"
        case .brokenChain: "repository.broken-chain"
        case .chunk(_, let damage): "repository.chunk-\(damage.code)"
        case .identityMissing: "repository.identity-missing"
        case .identityOpensNothing: "repository.identity-opens-nothing"
        case .identitySealed: "repository.identity-sealed"
        case .hostKeysMissing: "repository.host-keys-missing"
        case .noRecipients: "repository.no-recipients"
        case .tooLarge: "repository.too-large"
        case .changedMeanwhile: "repository.changed-meanwhile"
        }
    }

    package var message: String {
        switch self {
        case .notARepository(let path):
            "there is no repository at \(path)"
        case .alreadyThere(let path):
            "\(path) already holds a repository"
        case .remains(let path):
            "\(path) holds backups, but its repository.json is missing; nothing was changed"
        case .newerFormat(let path, let found):
            "the repository at \(path) has format \(found); this program knows formats up to "
                + "\(RepositoryDescription.format)"
        case .malformed(let path, let reason):
            "\(path) is damaged: \(reason)"
        case .missing(let path):
            "\(path) is missing from the repository"
        case .noBackups(let repository):
            "the repository at \(repository) holds no backup yet"
        case .noSuchBackup(let text):
            "there is no backup \"\(text)\""
        case .ambiguousBackup(let text, let candidates):
            "\"\(text)\" is the beginning of \(candidates.count) backups: \(candidates.joined(separator: ", "))"
        case .latestUncertain(let reason, let newest):
            "a backup newer than \(newest) may be hidden by damage: \(reason)"
        case .badSignature(let path, let reason):
            "the signature of \(path) does not hold: \(reason)"
        case .signerNotPinned(let repository):
            "this host does not know which signer to trust for the repository at \(repository)"
        case .signerUnknown(let pinned, let found):
            "no key in keys/allowed_signers has the pinned fingerprint \(pinned)"
                + (found.isEmpty ? "" : "; it holds \(found.joined(separator: ", "))")
        case .wentBack(let newest, let remembered):
            "the repository went back: its newest backup has number \(newest), but this host saw number \(remembered)"
        case .brokenChain(let reason):
            "the chain of backups is broken: \(reason)"
        case .chunk(let name, let damage):
            "chunk \(name.hex.prefix(16))… \(damage.text)"
        case .identityMissing(let path):
            if let path {
                "there is no identity at \(path), and reading backups needs one"
            } else {
                "reading backups needs the identity, and the configuration keeps it off this host"
            }
        case .identityOpensNothing(let file):
            "the identity in \(file) opens nothing in this repository"
        case .identitySealed(let path):
            "the identity file \(path) is sealed with a passphrase, and nobody can be asked for it here"
        case .hostKeysMissing(let folder):
            "this host's keys to the repository are missing from \(folder)"
        case .noRecipients:
            "no recipient was given: nobody could read the backups"
        case .tooLarge(let what, let bytes):
            "\(what) has \(bytes) bytes, which is more than the format allows"
        case .changedMeanwhile:
            "there is more to repair now than when the plan was made; nothing was changed"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notARepository:
            [
                .check("is its disk mounted, and is repository.path right?"),
                .command(["infisical-ops", "init"]),
            ]
        case .noRecipients:
            [.command(["infisical-ops", "init"])]
        case .alreadyThere:
            [.command(["infisical-ops", "status"])]
        case .remains(let path):
            [
                .check(
                    "copy repository.json back from another copy; it holds format 1 and the id that every manifest in "
                        + "\(path)/backups names (docs/format.md, section 1.1)")
            ]
        case .newerFormat:
            [.check("install a newer infisical-ops; the repository was not touched")]
        case .malformed, .missing, .brokenChain, .chunk, .badSignature:
            [
                .command(["infisical-ops", "verify", "--all"]),
                .command(["infisical-ops", "repair"]),
            ]
        case .noBackups:
            [.command(["infisical-ops", "backup"])]
        case .noSuchBackup, .ambiguousBackup:
            [.command(["infisical-ops", "list"])]
        case .latestUncertain(_, let newest):
            [
                .command(["infisical-ops", "list"]),
                .command(["infisical-ops", "repair"]),
                .check("to restore the newest whole backup all the same, give its id, \(newest), instead of latest"),
            ]
        case .signerNotPinned, .signerUnknown:
            [
                .check("the recovery sheet says the fingerprint; never take it from the repository itself"),
                .command(["infisical-ops", "init", "--adopt", "--signer", "FINGERPRINT"]),
            ]
        case .wentBack:
            [
                .check("find out who replaced the repository by an older copy, or copy the newer backups back"),
                .command(["infisical-ops", "verify", "--all"]),
                .command(["infisical-ops", "repair"]),
            ]
        case .identityMissing, .identityOpensNothing:
            [
                .check("the recovery sheet says where the identity is kept; give its file with --identity-file"),
                .command(["infisical-ops", "config", "show"]),
            ]
        case .identitySealed:
            [
                .check("put the passphrase into a file and name that in INFISICAL_OPS_PASSPHRASE_FILE"),
                .check("or name a command that prints it, as repository.passphrase_command"),
            ]
        case .hostKeysMissing:
            [.command(["infisical-ops", "init", "--adopt"])]
        case .tooLarge:
            [.check("split the file, or leave it out of instance.files")]
        case .changedMeanwhile:
            [.command(["infisical-ops", "repair"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notARepository, .noBackups, .noSuchBackup, .ambiguousBackup: .notFound
        case .alreadyThere, .remains, .newerFormat, .signerNotPinned, .signerUnknown, .identityMissing, .identitySealed,
            .hostKeysMissing, .noRecipients, .tooLarge, .changedMeanwhile:
            .refused
        case .malformed, .missing, .badSignature, .wentBack, .brokenChain, .chunk, .latestUncertain: .damaged
        case .identityOpensNothing: .keyMismatch
        }
    }
}
