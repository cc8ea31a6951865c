import Faults
import Repository
import Testing

/// What people and scripts see of every fault: code, exit, text. A change here is a change of what scripts rely on.
@Suite struct RepositoryFaultTests {
    private static let name = ChunkName(hex: String(repeating: "0a", count: 32))

    private static func chunk(_ damage: ChunkDamage) -> RepositoryFault {
        name.map { .chunk($0, damage: damage) } ?? .noRecipients
    }

    private static let damageHints = """
        infisical-ops: hint: run: infisical-ops verify --all
        infisical-ops: hint: run: infisical-ops repair
        """
    private static let copyHints =
        "infisical-ops: hint: run, with DIR as another copy of the repository: infisical-ops repair --from DIR"
    private static let signerHints = """
        infisical-ops: hint: the recovery sheet holds the fingerprint; never copy it from the repository itself
        infisical-ops: hint: run, with FINGERPRINT and the identity FILE as on the recovery sheet: infisical-ops init --adopt --repository /r --signer FINGERPRINT --identity-file FILE
        """
    private static let lostHints = """
        infisical-ops: hint: put the identity back there from where the recovery sheet says that it is kept, or give its file with --identity-file
        infisical-ops: hint: if it is kept off this host on purpose, set repository.identity_file to none
        infisical-ops: hint: run: infisical-ops config show
        infisical-ops: hint: run, with FOLDER as a new one, where no copy of the identity is left and nobody can open these backups any more: infisical-ops init --repository FOLDER
        """
    private static let identityHints = """
        infisical-ops: hint: the recovery sheet says where the identity is kept; name its file in repository.identity_file, or give it to a command that reads backups with --identity-file
        infisical-ops: hint: run: infisical-ops config show
        """

    static let table: [(RepositoryFault, String, ExitCode, String, String)] = [
        (
            .notARepository(path: "/r"), "repository.not-found", .notFound, "there is no repository at /r",
            "infisical-ops: hint: is its disk mounted, and is repository.path right?\n"
                + "infisical-ops: hint: run: infisical-ops init"
        ),
        (
            .gone(path: "/r"), "repository.not-found", .notFound,
            "there is no repository at /r, although there was one (repository.signer is set)",
            "infisical-ops: hint: is its disk mounted, and is repository.path right?\n"
                + "infisical-ops: hint: if it is lost, fetch another copy of the repository to /r\n"
                + "infisical-ops: hint: only where no copy is left, and no backup of it is needed any more: "
                + "take repository.signer out of the configuration, then run: infisical-ops init"
        ),
        (
            .alreadyThere(path: "/r"), "repository.exists", .refused, "/r already holds a repository",
            "infisical-ops: hint: run: infisical-ops status"
        ),
        (
            .remains(path: "/r"), "repository.remains", .refused,
            "/r holds backups, but its repository.json is missing",
            "infisical-ops: hint: run: infisical-ops repair\n" + copyHints
        ),
        (
            .newerFormat(path: "/r", found: 2), "repository.newer-format", .refused,
            "the repository at /r has format 2; this program knows formats up to 1",
            "infisical-ops: hint: install a newer infisical-ops; the repository was not touched"
        ),
        (
            .malformed(path: "p", reason: "it is empty"), "repository.malformed", .damaged, "p is damaged: it is empty",
            damageHints
        ),
        (
            .missing(path: "p"), "repository.missing-file", .damaged, "p is missing from the repository", damageHints
        ),
        (
            .noBackups(repository: "/r"), "repository.no-backups", .notFound,
            "the repository at /r holds no backup yet",
            "infisical-ops: hint: run: infisical-ops backup"
        ),
        (
            .noSuchBackup("2031"), "repository.no-such-backup", .notFound, "there is no backup \"2031\"",
            "infisical-ops: hint: run: infisical-ops list"
        ),
        (
            .ambiguousBackup("2", candidates: ["21", "22"]), "repository.ambiguous-backup", .notFound,
            "\"2\" is the beginning of 2 backups: 21, 22", "infisical-ops: hint: run: infisical-ops list"
        ),
        (
            .badSignature(path: "p", reason: "x"), "repository.bad-signature", .damaged,
            "the signature of p is not valid: x", damageHints
        ),
        (
            .signerNotPinned(repository: "/r"), "repository.signer-not-pinned", .refused,
            "this host does not know which signer to trust for the repository at /r", signerHints
        ),
        (
            .signerUnknown(pinned: "SHA256:a"), "repository.unknown-signer", .refused,
            "the signer that this host trusts, SHA256:a, is not among those of the repository (keys/allowed_signers)",
            """
            infisical-ops: hint: compare the fingerprint with the recovery sheet, which init prints again on a host that \
            uses this repository; never copy it from the repository itself
            infisical-ops: hint: if it is right, this is another repository, or somebody has replaced it: do not use it
            infisical-ops: hint: if it was mistyped, correct --signer, repository.signer or INFISICAL_OPS_SIGNER
            """
        ),
        (
            .wentBack(newest: 1, remembered: 3), "repository.went-back", .damaged,
            "the repository went back: its newest backup has number 1, but this host saw number 3",
            """
            infisical-ops: hint: find out who replaced the repository with an older copy, or copy the newer backups back
            infisical-ops: hint: run: infisical-ops verify --all
            infisical-ops: hint: run: infisical-ops repair
            """
        ),
        (
            .latestUncertain(reason: "x", newest: "20"), "repository.latest-uncertain", .damaged,
            "a backup newer than 20 may be hidden by damage: x",
            """
            infisical-ops: hint: run: infisical-ops list
            infisical-ops: hint: run: infisical-ops repair
            infisical-ops: hint: to restore the newest undamaged backup anyway, give its id, 20, instead of latest
            """
        ),
        (
            .identitySealed(path: "/i"), "repository.identity-sealed", .refused,
            "the identity file /i is sealed with a passphrase, and there is no terminal to ask for it",
            """
            infisical-ops: hint: put the passphrase into a file and name that in INFISICAL_OPS_PASSPHRASE_FILE
            infisical-ops: hint: or name a command that prints it, as repository.passphrase_command
            """
        ),
        (
            .brokenChain("x"), "repository.broken-chain", .damaged, "the chain of backups is broken: x", damageHints
        ),
        (
            .identityMissing(path: "/i"), "repository.identity-missing", .refused,
            "the identity file /i does not exist, and reading backups requires it", lostHints
        ),
        (
            .identityMissing(path: nil), "repository.identity-missing", .refused,
            "reading backups requires the identity, which is not on this host (repository.identity_file is none)",
            identityHints
        ),
        (
            .identityOpensNothing(file: "/i"), "repository.identity-opens-nothing", .keyMismatch,
            "the identity in /i opens nothing in this repository", identityHints
        ),
        (
            .hostKeysMissing(folder: "/s"), "repository.host-keys-missing", .refused,
            "this host's keys to the repository are missing from /s",
            """
            infisical-ops: hint: run: infisical-ops init --adopt
            infisical-ops: hint: where the configuration does not name the repository, its signer and the identity, add \
            --repository, --signer and --identity-file: all three are on the recovery sheet
            """
        ),
        (
            .noRecipients, "repository.no-recipients", .refused,
            "no recipient was given, so nobody could read the backups",
            "infisical-ops: hint: give at least one age recipient (age1…), such as the one that age-keygen -y prints for "
                + "your identity"
        ),
        (
            .notRemakable(path: "p"), "repository.not-repairable", .damaged,
            "p cannot be restored: neither this host nor any manifest holds a copy of it",
            """
            infisical-ops: hint: run, with DIR as another copy of the repository: infisical-ops repair --from DIR
            infisical-ops: hint: without another copy of the repository, a new repository key makes the next backup a full one
            infisical-ops: hint: run: infisical-ops repository rekey
            """
        ),
        (
            .tooLarge(what: "the escrow", bytes: 9), "repository.too-large", .refused,
            "the escrow has 9 bytes, which is more than the format allows",
            "infisical-ops: hint: split the file, or leave it out of instance.files"
        ),
        (
            .changedMeanwhile, "repository.changed-meanwhile", .refused,
            "there is more to repair now than when the plan was made; nothing was changed",
            "infisical-ops: hint: run: infisical-ops repair"
        ),
        (
            .otherRotation("20261123T234700Z-1f2e3d4c", reason: "they are of another server (1 and not 2)"),
            "repository.other-rotation", .refused,
            "the keys of the rotation 20261123T234700Z-1f2e3d4c do not belong here: they are of another server (1 and not 2)",
            """
            infisical-ops: hint: run: infisical-ops config show
            infisical-ops: hint: is the configuration that of the instance whose key was being rotated?
            """
        ),
        (
            chunk(.missing), "repository.chunk-missing", .damaged, "chunk 0a0a0a0a0a0a0a0a… is missing",
            "infisical-ops: hint: run: infisical-ops verify --all\n" + copyHints
        ),
        (
            chunk(.notAFile), "repository.chunk-not-a-file", .damaged, "chunk 0a0a0a0a0a0a0a0a… is not a regular file",
            damageHints
        ),
        (
            chunk(.unreadable("x")), "repository.chunk-unreadable", .damaged,
            "chunk 0a0a0a0a0a0a0a0a… cannot be read: x", damageHints
        ),
        (chunk(.empty), "repository.chunk-empty", .damaged, "chunk 0a0a0a0a0a0a0a0a… is empty", damageHints),
        (
            chunk(.wrongSize(found: 1, expected: 2)), "repository.chunk-wrong-size", .damaged,
            "chunk 0a0a0a0a0a0a0a0a… is truncated: 1 of 2 bytes", damageHints
        ),
        (
            chunk(.wrongSize(found: 3, expected: 2)), "repository.chunk-wrong-size", .damaged,
            "chunk 0a0a0a0a0a0a0a0a… is too long: 3 instead of 2 bytes", damageHints
        ),
        (
            chunk(.wrongHash), "repository.chunk-wrong-hash", .damaged,
            "chunk 0a0a0a0a0a0a0a0a… was changed: its bytes do not have the recorded SHA-256", damageHints
        ),
        (
            chunk(.doesNotDecrypt("x")), "repository.chunk-does-not-decrypt", .damaged,
            "chunk 0a0a0a0a0a0a0a0a… does not decrypt: x", damageHints
        ),
        (
            chunk(.doesNotDecompress), "repository.chunk-does-not-decompress", .damaged,
            "chunk 0a0a0a0a0a0a0a0a… does not decompress", damageHints
        ),
        (
            chunk(.wrongContent), "repository.chunk-wrong-content", .damaged,
            "chunk 0a0a0a0a0a0a0a0a… holds data that does not match its name", damageHints
        ),
    ]

    @Test(arguments: RepositoryFaultTests.table.indices)
    func `a fault has a stable code, an exit, and says what to do`(index: Int) {
        let (fault, code, exit, message, hints) = RepositoryFaultTests.table[index]
        #expect(fault.code == code)
        #expect(fault.exit == exit)
        #expect(FaultRenderer.text(fault) == "infisical-ops: error: \(message)\n\(hints)\n")
    }

    @Test func `no two kinds share a code`() {
        let codes = Dictionary(grouping: RepositoryFaultTests.table, by: \.1)
        #expect(codes.count == 33)
        // The same kind twice is one with another text.
        #expect(
            Set(codes.filter { $0.value.count > 1 }.keys) == [
                "repository.identity-missing", "repository.chunk-wrong-size", "repository.not-found",
            ])
    }
}
