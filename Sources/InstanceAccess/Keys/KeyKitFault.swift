package import Faults

/// Why a key kit was not made, or not opened.
package enum KeyKitFault: Fault, Equatable {
    /// There is no key to put into it; `reason` as a clause.
    case noKey(String)
    /// A value cannot stand in an env file as it is.
    case unwritable(variable: String)
    /// It has no sealed part, or what was sealed is something else.
    case notOne(path: String)
    /// It was sealed with a passphrase, and there is nobody who could be asked for it.
    case needsPassphrase(path: String)
    /// Both, or neither, of what opens it was named.
    case noRecipient

    package var code: String {
        switch self {
        case .noKey: "kit.no-key"
        case .unwritable: "kit.unwritable"
        case .notOne: "kit.not-one"
        case .needsPassphrase: "kit.needs-passphrase"
        case .noRecipient: "kit.no-recipient"
        }
    }

    package var message: String {
        switch self {
        case .noKey(let reason): "there is no key to put into a kit: \(reason)"
        case .unwritable(let variable):
            "the value of \(variable) has quotes or line ends, which no key that Infisical accepts has"
        case .notOne(let path): "\(path) is no key kit"
        case .needsPassphrase(let path):
            "\(path) is sealed with a passphrase, and there is no terminal to ask for it"
        case .noRecipient: "nothing says who is to open the kit"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .noKey: [.command(["infisical-ops", "config", "show"])]
        case .unwritable: [.command(["infisical-ops", "keys", "check"])]
        case .notOne:
            [.check("it must have the lines from -----BEGIN AGE ENCRYPTED FILE----- to the END, all of them")]
        case .needsPassphrase: [.check("run it on a terminal, or name a file with the passphrase: --passphrase-file")]
        case .noRecipient:
            [
                .pattern(
                    ["infisical-ops", "keys", "escrow", "--to", "RECIPIENT"],
                    with: "RECIPIENT as the public key of an age identity, age1…"),
                .check("or --passphrase, and it is asked for"),
            ]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .noKey: .keyMismatch
        case .unwritable, .notOne, .needsPassphrase, .noRecipient: .refused
        }
    }
}
