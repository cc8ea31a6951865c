package import DurableFiles
package import Faults

/// Why a host was not set up.
package enum InitFault: Fault, Equatable {
    /// The configuration pins a signer, so there was a repository; making another one would hide that it is gone.
    case repositoryGone(path: String, signer: String)
    case nothingToAdopt(path: String)
    case otherSignerPinned(configured: String, given: String)
    /// The identity is to be kept elsewhere, and no recipient says whose it is.
    case nobodyCouldRead(repository: String)
    case otherRecipients([String])
    /// A repository is to be taken over, and nothing says where it is.
    case noPlaceToAdopt
    /// The configuration file has a form that nothing can be added to; the reason as a sentence, and what it lacks.
    case notCompletable(reason: String, path: String, lines: [String])
    /// Something of another kind has the place of one of ours.
    case wrongKind(String, path: String, needed: FileKind)
    /// One of our places lies in another.
    case inside(String, path: String, of: String, folder: String)

    package var code: String {
        switch self {
        case .repositoryGone: "init.repository-gone"
        case .nothingToAdopt: "init.nothing-to-adopt"
        case .otherSignerPinned: "init.other-signer-pinned"
        case .nobodyCouldRead: "init.nobody-could-read"
        case .otherRecipients: "init.other-recipients"
        case .noPlaceToAdopt: "init.no-place-to-adopt"
        case .notCompletable: "init.not-completable"
        case .wrongKind: "init.wrong-kind"
        case .inside: "init.inside"
        }
    }

    package var message: String {
        switch self {
        case .repositoryGone(let path, let signer):
            "the configuration trusts the signer \(signer), but there is no repository at \(path); a new one would have "
                + "another signer and none of the backups"
        case .nothingToAdopt(let path): "there is no repository at \(path) to take over"
        case .otherSignerPinned(let configured, let given):
            "the configuration trusts the signer \(configured), not \(given)"
        case .nobodyCouldRead:
            "repository.identity_file is none, so no identity is created here; without a recipient nobody could read the "
                + "backups"
        case .otherRecipients(let recipients):
            "the repository exists, and others can read it: \(recipients.joined(separator: ", "))"
        case .noPlaceToAdopt: "it is not known where the repository is that is to be taken over"
        case .notCompletable(let reason, _, _): "the configuration cannot be completed: \(reason)"
        case .wrongKind(let name, let path, let needed):
            "\(name) cannot be created: \(path) is not a \(needed == .folder ? "folder" : "file")"
        case .inside(let name, let path, let outer, let folder):
            "\(name) (\(path)) lies inside \(outer) (\(folder)): whoever copied or lost one of them would copy or lose "
                + "both"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .repositoryGone(let path, _):
            [
                .command(["findmnt", "-T", Files.parent(of: path)]),
                .check("if its disk is not mounted, mount it; if the folder moved, correct repository.path"),
                .check("to create a new repository anyway, remove repository.signer from the configuration first"),
            ]
        case .nothingToAdopt: [.check("is its disk mounted, and is repository.path or --repository right?")]
        case .otherSignerPinned:
            [.check("compare both with the recovery sheet, then correct repository.signer or --signer")]
        case .nobodyCouldRead(let path):
            [
                .check(
                    "on the machine that keeps the identity: age-keygen -o identity.txt, which prints the recipient"),
                .pattern(
                    ["infisical-ops", "init", "--repository", path, "--recipient", "RECIPIENT"],
                    with: "RECIPIENT as what it printed"),
            ]
        case .noPlaceToAdopt:
            [
                .pattern(
                    [
                        "infisical-ops", "init", "--adopt", "--repository", "FOLDER", "--signer", "FINGERPRINT",
                        "--identity-file", "FILE",
                    ],
                    with:
                        "FOLDER as where the repository is, FINGERPRINT and the identity FILE as on the recovery sheet"
                )
            ]
        case .notCompletable(_, let path, let lines):
            [
                .check("write its sections as lines of their own, without braces, then run the same command again"),
                .check(
                    "or add --no-configuration to the command, and write by hand into \(path): "
                        + lines.joined(separator: ", ")),
            ]
        case .wrongKind(_, let path, _):
            [.command(["ls", "-ld", path]), .check("move it away, or name another place")]
        case .inside:
            [
                .check(
                    "give each a folder of its own: repository.path, state_folder, and the file named with --config"),
                .command(["infisical-ops", "config", "show"]),
            ]
        case .otherRecipients: [.command(["infisical-ops", "repository", "recipients", "--help"])]
        }
    }

    package var exit: ExitCode { .refused }
}
