package import Faults
import InfisicalData

/// Why a rotation is not begun, or a step of it not done.
package enum RotationRefusal: Fault, Equatable {
    /// Env file and container do not have the same key.
    case edited(String)
    /// The env or compose files say other values than the container has; names of variables.
    case pendingChanges([String])
    /// A part of the instance does not work before anything is done.
    case unhealthy(role: String, condition: String, reason: String, hints: [Hint], exit: ExitCode)
    /// Nothing says afterwards whether the backend works.
    case uncheckable
    /// It was never tried on a real server of this era.
    case untriedEra(String)
    /// Containers beside the backend's run on the old key; their names.
    case strangers([String])
    /// The new key file gives other variables than those in force.
    case otherVariables(file: String, needed: [String])
    /// A variable that is to be rotated alone is not set.
    case notSet(String)
    case unusableValue(String, generator: [String])
    case sameValue(String)
    /// The backup that a rotation takes is none to rely on; a clause.
    case backup(id: String, String)
    /// An env file, and perhaps a definition in it, is not what it was or should be.
    case filesDiffer(path: String, name: String?)
    /// The running instance does not open with the new key, or something opens with the old one; a clause.
    case notProven(String)
    /// No env file defines the value.
    case noDefinition(String)
    /// The file of values that may stay is not one.
    case badList(file: String, line: Int)
    /// The journal belongs to another database.
    case otherDatabase(String)
    case nothingOpen
    /// The key that opens the journal's keys is gone.
    case hostKeyLost(path: String)
    /// Secrets inside of Infisical would be in force at the next start.
    case storedCopies([String], canBeRemoved: Bool, hasIdentity: Bool)
    /// One of them cannot be read or written through Infisical; its place and a clause.
    case copyOutOfReach(String, String, hints: [Hint])
    /// No secret that holds nothing but an old value is there, by the place that was given.
    case unknownCopy(String)
    /// Without the stored copies the only env file would lose the value at the next export.
    case loneExport(path: String)
    /// The keys of more than one rotation lie in the repository.
    case severalOpen([String])
    /// Nobody knew the phrase that the escrow identity opens, or nobody could be asked.
    case notVerified(isAsked: Bool, isRequired: Bool)
    /// The server does not take the password that the env file says.
    case passwordDiffers(role: String, server: String)
    /// The backend's sessions are those of a pooler, which has the password in files of its own.
    case pooler(server: String)
    /// This program's own sessions need the password from where no rotation changes it.
    case ownPassword(origin: String)

    package var code: String {
        switch self {
        case .edited: "rotation.edited"
        case .pendingChanges: "rotation.pending-changes"
        case .unhealthy: "rotation.unhealthy"
        case .uncheckable: "rotation.uncheckable"
        case .untriedEra: "rotation.untried-era"
        case .strangers: "rotation.strangers"
        case .otherVariables: "rotation.other-variables"
        case .notSet: "rotation.not-set"
        case .unusableValue: "rotation.unusable-value"
        case .sameValue: "rotation.same-value"
        case .backup: "rotation.backup"
        case .filesDiffer: "rotation.files-differ"
        case .notProven: "rotation.not-proven"
        case .noDefinition: "rotation.no-definition"
        case .badList: "rotation.bad-list"
        case .otherDatabase: "rotation.other-database"
        case .nothingOpen: "rotation.nothing-open"
        case .hostKeyLost: "rotation.host-key-lost"
        case .storedCopies: "rotation.stored-copies"
        case .copyOutOfReach: "rotation.copy-out-of-reach"
        case .unknownCopy: "rotation.unknown-copy"
        case .loneExport: "rotation.lone-export"
        case .severalOpen: "rotation.several-open"
        case .notVerified: "rotation.not-verified"
        case .passwordDiffers: "rotation.password-differs"
        case .pooler: "rotation.pooler"
        case .ownPassword: "rotation.own-password"
        }
    }

    package var message: String {
        switch self {
        case .edited(let text): text
        case .pendingChanges(let names):
            "the backend's container was made with other values of \(names.joined(separator: ", ")) than the files have now, and would get them with the new key"
        case .unhealthy(let role, let condition, let reason, _, _):
            "the \(role) does not work before the rotation: \(condition)\(reason.isEmpty ? "" : ": \(reason)")"
        case .uncheckable:
            "whether the backend works after the rotation could not be checked, because its address is not known"
        case .untriedEra(let era): "a rotation was never tried on a real server with a database of the era \(era)"
        case .strangers(let names):
            "other containers of this host run on the old key and would go on writing under it: \(names.joined(separator: ", "))"
        case .otherVariables(let file, let needed):
            "\(file) must give a new value for exactly what is rotated: \(needed.joined(separator: " and "))"
        case .notSet(let variable): "the instance has no \(variable)"
        case .unusableValue(let problem, _): problem
        case .sameValue(let variable): "the new value of \(variable) is the one in force"
        case .backup(let id, let reason): "the backup \(id), taken for the rotation, is none to rely on: \(reason)"
        case .filesDiffer(let path, let name?): "\(name) in \(path) has neither the old nor the new value"
        case .filesDiffer(let path, nil): "\(path) is no env file of the instance any more"
        case .notProven(let reason): "the new value is not proven on the running instance: \(reason)"
        case .noDefinition(let variable): "no env file of the instance defines \(variable)"
        case .badList(let file, let line):
            "line \(line) of \(file) does not name a value, such as webhooks.urlCipherText of the row ID"
        case .otherDatabase(let text): "the open rotation is not of this database: \(text)"
        case .nothingOpen: "no rotation is open"
        case .hostKeyLost(let path): "\(path), which opens the keys in the journal of the open rotation, is gone"
        case .storedCopies(let copies, _, _):
            "an old value is kept as a secret inside of Infisical, and a start script that exports it would put it in force again: \(copies.joined(separator: "; "))"
        case .copyOutOfReach(let copy, let reason, _):
            "the secret \(copy) cannot be exchanged: \(reason)"
        case .unknownCopy(let place): "no secret \(place) holds the old value, and nothing else"
        case .loneExport(let path):
            "\(path) is the only env file of the instance: if it is written out of Infisical, it has no key any more once the secret is removed"
        case .severalOpen(let ids):
            "the repository has the keys of \(ids.count) rotations: \(ids.joined(separator: ", "))"
        case .notVerified(isAsked: true, _):
            "that is not the phrase, so nobody here can open what the new key would be put away in"
        case .notVerified(isAsked: false, _): "there is no terminal to ask for the phrase of --require-verification"
        case .passwordDiffers(let role, let server):
            "what the env file says is not what the role \"\(role)\" has: \(server) refuses that password; was it edited there? a database that was made once keeps the password that it was made with"
        case .pooler(let server):
            "the backend reaches its database through a pooler at \(server), which has the password in files of its own"
        case .ownPassword(let origin):
            "this program itself connects with the database password, and has it from \(origin), which a rotation does not change"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .edited:
            [
                .command(["infisical-ops", "keys", "label"]),
                .check("put the value that the database opens with back into the env file, then try again"),
            ]
        case .pendingChanges:
            [
                .command(["infisical-ops", "restart", "--recreate"]),
                .check("or put the values of before back into the files"),
            ]
        case .unhealthy(_, _, _, let hints, _): hints
        case .uncheckable: [.check("set instance.url in the configuration")]
        case .untriedEra:
            [
                .check("rehearse it first: infisical-ops drill --level boots"),
                .check("to go on all the same, add --untried-era"),
            ]
        case .strangers(let names):
            [.command(["docker", "stop"] + names), .check("give them the new key afterwards, or remove them")]
        case .otherVariables(_, let variables): RotationRefusal.newValue(variables)
        case .sameValue(let variable): RotationRefusal.newValue([variable])
        case .badList(let file, _):
            [
                .check(
                    "have the list written anew, to another file than \(file): infisical-ops rotate encryption-key --dry-run --leave-unreadable FILE"
                )
            ]
        case .notSet: [.command(["infisical-ops", "keys", "label"])]
        case .unusableValue(_, let generator): [.command(generator)]
        case .backup(let id, _): [.command(["infisical-ops", "verify", id])]
        case .filesDiffer(let path, _):
            [
                .check("who else writes \(path)? put one of the two values there"),
                .command(["infisical-ops", "rotate", "status"]),
            ]
        case .notProven: [.command(["infisical-ops", "census", "--live"])]
        case .noDefinition(let variable):
            [.check("name the env file that defines \(variable) in instance.env_file")]
        case .otherDatabase: [.command(["infisical-ops", "config", "show"])]
        case .nothingOpen: [.command(["infisical-ops", "keys", "ledger"])]
        case .hostKeyLost: [.command(["infisical-ops", "rotate", "resume", "--from-repository"])]
        case .storedCopies(_, let canBeRemoved, let hasIdentity):
            [
                hasIdentity
                    ? nil
                    : .check(
                        "update and remove go through Infisical: for them set instance.identity in the configuration to a machine identity that may edit these secrets"
                    ),
                .check("add --stored-copies update: they get the new value at the end"),
                canBeRemoved
                    ? .check(
                        "or --stored-copies remove, if nothing needs them there; after a leak that is the better way")
                    : nil,
                .check("or --stored-copies list: they are named again at the end, and changing them is left to you"),
            ].compactMap(\.self)
        case .copyOutOfReach(_, _, let hints):
            hints + [.check("or add --stored-copies list, and change it by hand afterwards")]
        case .unknownCopy:
            [.check("those that hold it are named by the same command with --dry-run and without --stored-copy")]
        case .loneExport: [.check("use --stored-copies update, or keep the key in an env file of its own")]
        case .severalOpen:
            [
                .command(["infisical-ops", "keys", "label"]),
                .check("move those that are over out of the repository's folder rotations, with their signatures"),
            ]
        case .notVerified(isAsked: true, let isRequired):
            [
                .check("the phrase is opened with an identity of these recipients:"),
                .command(["infisical-ops", "repository", "recipients"]),
                .check(isRequired ? "or leave --require-verification away" : "or add --yes, to go on without"),
            ]
        case .notVerified(isAsked: false, _):
            [.check("run the same command in a terminal, or leave --require-verification away")]
        case .passwordDiffers(let role, _):
            [
                .check("put the password that the role has back into the env file, then try again"),
                .check("or give the role the one of the env file by hand, in psql: \\password \(role)"),
            ]
        case .pooler:
            [.check("change it by hand: in the pooler's files, in the env file, and in psql with \\password")]
        case .ownPassword:
            [
                .check("leave the password away there: then that of the instance's env file counts"),
                .command(["infisical-ops", "config", "show"]),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .backup, .filesDiffer, .notProven: .failed
        case .unhealthy(_, _, _, _, let exit): exit
        case .hostKeyLost, .otherDatabase: .unfinishedRotation
        default: .refused
        }
    }

    private static func newValue(_ variables: [String]) -> [Hint] {
        let kind = KeyKind.allCases.first { variables == [$0.variable] }
        let words = kind == .encryptionKey ? [] : kind.map { ["--kind", $0.rawValue] } ?? []
        return [
            .pattern(
                ["infisical-ops", "keys", "write", "--new"] + words + ["--to", "FILE"], with: "FILE as a new file"),
            .check("or leave --new-key-file away: then a new value is made"),
        ]
    }
}
