import DurableFiles
package import Faults

/// What can be wrong with a repository, a backup in it, or the keys to it.
package enum RepositoryFault: Fault, Equatable {
    case notARepository(path: String)
    /// The same where the configuration names the signer of one.
    case gone(path: String)
    case alreadyThere(path: String)
    /// A folder that was a repository and has lost what says so.
    case remains(path: String)
    case newerFormat(path: String, found: Int)
    /// A file of the repository is not what the format says; `path` is relative to the repository.
    case malformed(path: String, reason: String)
    case missing(path: String)
    /// A damaged file that neither this host nor the manifests hold a copy of.
    case notRemakable(path: String)
    case noBackups(repository: String)
    /// All that there are were said not to be of this instance.
    case allRejected(repository: String)
    case noSuchBackup(String)
    case ambiguousBackup(String, candidates: [String])
    /// Damage may hide the latest backup; `newest` is the newest whole one.
    case latestUncertain(reason: String, newest: String)
    case badSignature(path: String, reason: String)
    case signerNotPinned(repository: String)
    /// Those that it has are not told: somebody would copy one of them, and whoever exchanged the repository made them.
    case signerUnknown(pinned: String)
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
    /// Keys of a rotation that are not of the database that they are wanted for; the reason as a clause.
    case otherRotation(String, reason: String)

    package var code: String {
        switch self {
        case .notARepository, .gone: "repository.not-found"
        case .alreadyThere: "repository.exists"
        case .remains: "repository.remains"
        case .newerFormat: "repository.newer-format"
        case .malformed: "repository.malformed"
        case .missing: "repository.missing-file"
        case .notRemakable: "repository.not-repairable"
        case .noBackups: "repository.no-backups"
        case .allRejected: "repository.all-rejected"
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
        case .otherRotation: "repository.other-rotation"
        }
    }

    /// That `repository.json` cannot be made anew either: no keyring of a trusted signer tells what it said.
    package static let undescribed = notRemakable(path: RepositoryLayout.descriptionName)

    /// Whether all that is known to be wrong is `repository.json`, which the signed files of the repository tell.
    package var isOfDescription: Bool {
        switch self {
        case .remains, .malformed(RepositoryLayout.descriptionName, _), .missing(RepositoryLayout.descriptionName): true
        default: false
        }
    }

    package var message: String {
        switch self {
        case .notARepository(let path):
            "there is no repository at \(path)"
        case .gone(let path):
            "there is no repository at \(path), although there was one (repository.signer is set)"
        case .alreadyThere(let path):
            "\(path) already holds a repository"
        case .remains(let path):
            "\(path) holds backups, but its repository.json is missing"
        case .newerFormat(let path, let found):
            "the repository at \(path) has format \(found); this program knows formats up to "
                + "\(RepositoryDescription.format)"
        case .malformed(let path, let reason):
            "\(path) is damaged: \(reason)"
        case .missing(let path):
            "\(path) is missing from the repository"
        case .notRemakable(let path):
            "\(path) cannot be restored: neither this host nor any manifest holds a copy of it"
        case .noBackups(let repository):
            "the repository at \(repository) holds no backup yet"
        case .allRejected(let repository):
            "every backup in the repository at \(repository) was rejected, as not of this instance"
        case .noSuchBackup(let text):
            "there is no backup \"\(text)\""
        case .ambiguousBackup(let text, let candidates):
            "\"\(text)\" is the beginning of \(candidates.count) backups: \(candidates.joined(separator: ", "))"
        case .latestUncertain(let reason, let newest):
            "a backup newer than \(newest) may be hidden by damage: \(reason)"
        case .badSignature(let path, let reason):
            "the signature of \(path) is not valid: \(reason)"
        case .signerNotPinned(let repository):
            "this host does not know which signer to trust for the repository at \(repository)"
        case .signerUnknown(let pinned):
            "the signer that this host trusts, \(pinned), is not among those of the repository (keys/allowed_signers)"
        case .wentBack(let newest, let remembered):
            "the repository went back: its newest backup has number \(newest), but this host saw number \(remembered)"
        case .brokenChain(let reason):
            "the chain of backups is broken: \(reason)"
        case .chunk(let name, let damage):
            "chunk \(name.hex.prefix(16))… \(damage.text)"
        case .identityMissing(let path):
            if let path {
                "the identity file \(path) does not exist, and reading backups requires it"
            } else {
                "reading backups requires the identity, which is not on this host (repository.identity_file is none)"
            }
        case .identityOpensNothing(let file):
            "the identity in \(file) opens nothing in this repository"
        case .identitySealed(let path):
            "the identity file \(path) is sealed with a passphrase, and there is no terminal to ask for it"
        case .hostKeysMissing(let folder):
            "this host's keys to the repository are missing from \(folder)"
        case .noRecipients:
            "no recipient was given, so nobody could read the backups"
        case .tooLarge(let what, let bytes):
            "\(what) has \(bytes) bytes, which is more than the format allows"
        case .changedMeanwhile:
            "there is more to repair now than when the plan was made; nothing was changed"
        case .otherRotation(let id, let reason):
            "the keys of the rotation \(id) do not belong here: \(reason)"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notARepository:
            [
                .check("is its disk mounted, and is repository.path right?"),
                .command(["infisical-ops", "init"]),
            ]
        case .gone(let path):
            [
                .check("is its disk mounted, and is repository.path right?"),
                .check("if it is lost, fetch another copy of the repository to \(path)"),
                .check(
                    "only where no copy is left, and no backup of it is needed any more: take repository.signer out of the "
                        + "configuration, then run: infisical-ops init"),
            ]
        case .noRecipients:
            [
                .check(
                    "give at least one age recipient (age1…), such as the one that age-keygen -y prints for your identity"
                )
            ]
        case .alreadyThere:
            [.command(["infisical-ops", "status"])]
        case .remains:
            [.command(["infisical-ops", "repair"]), .repairFromCopy]
        case .newerFormat:
            [.check("install a newer infisical-ops; the repository was not touched")]
        // Without it nothing here can be opened or checked.
        case .malformed(RepositoryLayout.descriptionName, _), .missing(RepositoryLayout.descriptionName):
            [.command(["infisical-ops", "repair"]), .repairFromCopy]
        case .notRemakable(RepositoryLayout.descriptionName):
            [.repairFromCopy]
        case .chunk(_, .missing):
            [.command(["infisical-ops", "verify", "--all"]), .repairFromCopy]
        case .malformed, .missing, .brokenChain, .chunk, .badSignature:
            [
                .command(["infisical-ops", "verify", "--all"]),
                .command(["infisical-ops", "repair"]),
            ]
        case .notRemakable:
            [
                .repairFromCopy,
                .check("without another copy of the repository, a new repository key makes the next backup a full one"),
                .command(["infisical-ops", "repository", "rekey"]),
            ]
        case .noBackups:
            [.command(["infisical-ops", "backup"])]
        case .allRejected:
            [.command(["infisical-ops", "list"]), .command(["infisical-ops", "backup"])]
        case .noSuchBackup, .ambiguousBackup:
            [.command(["infisical-ops", "list"])]
        case .latestUncertain(_, let newest):
            [
                .command(["infisical-ops", "list"]),
                .command(["infisical-ops", "repair"]),
                .check("to restore the newest undamaged backup anyway, give its id, \(newest), instead of latest"),
            ]
        case .signerNotPinned(let repository):
            [
                .check("the recovery sheet holds the fingerprint; never copy it from the repository itself"),
                .pattern(
                    [
                        "infisical-ops", "init", "--adopt", "--repository", repository, "--signer", "FINGERPRINT",
                        "--identity-file", "FILE",
                    ], with: "FINGERPRINT and the identity FILE as on the recovery sheet"),
            ]
        case .signerUnknown:
            [
                .check(
                    "compare the fingerprint with the recovery sheet, which init prints again on a host that uses this "
                        + "repository; never copy it from the repository itself"),
                .check("if it is right, this is another repository, or somebody has replaced it: do not use it"),
                .check("if it was mistyped, correct --signer, repository.signer or INFISICAL_OPS_SIGNER"),
            ]
        case .wentBack:
            [
                .check("find out who replaced the repository with an older copy, or copy the newer backups back"),
                .command(["infisical-ops", "verify", "--all"]),
                .command(["infisical-ops", "repair"]),
            ]
        case .identityMissing(_?):
            [
                .check(
                    "put the identity back there from where the recovery sheet says that it is kept, or give its file with "
                        + "--identity-file"),
                .check("if it is kept off this host on purpose, set repository.identity_file to none"),
                .command(["infisical-ops", "config", "show"]),
                .pattern(
                    ["infisical-ops", "init", "--repository", "FOLDER"],
                    with:
                        "FOLDER as a new one, where no copy of the identity is left and nobody can open these backups any more"
                ),
            ]
        case .identityMissing(nil), .identityOpensNothing:
            [
                .check(
                    "the recovery sheet says where the identity is kept; name its file in repository.identity_file, or give it to "
                        + "a command that reads backups with --identity-file"),
                .command(["infisical-ops", "config", "show"]),
            ]
        case .identitySealed:
            [
                .check("put the passphrase into a file and name that in INFISICAL_OPS_PASSPHRASE_FILE"),
                .check("or name a command that prints it, as repository.passphrase_command"),
            ]
        case .hostKeysMissing:
            [
                .command(["infisical-ops", "init", "--adopt"]),
                .check(
                    "where the configuration does not name the repository, its signer and the identity, add --repository, "
                        + "--signer and --identity-file: all three are on the recovery sheet"),
            ]
        case .tooLarge:
            [.check("split the file, or leave it out of instance.files")]
        case .changedMeanwhile:
            [.command(["infisical-ops", "repair"])]
        case .otherRotation:
            [
                .command(["infisical-ops", "config", "show"]),
                .check("is the configuration that of the instance whose key was being rotated?"),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .notARepository, .gone, .noBackups, .allRejected, .noSuchBackup, .ambiguousBackup: .notFound
        case .alreadyThere, .remains, .newerFormat, .signerNotPinned, .signerUnknown, .identityMissing, .identitySealed,
            .hostKeysMissing, .noRecipients, .tooLarge, .changedMeanwhile,
            .otherRotation:
            .refused
        case .malformed, .missing, .notRemakable, .badSignature, .wentBack, .brokenChain, .chunk, .latestUncertain:
            .damaged
        case .identityOpensNothing: .keyMismatch
        }
    }
}
