package import Faults
package import Repository

/// Why a key cannot be retired.
package enum KeyRetireFault: Fault, Equatable {
    /// No env file and no container says which key is in force, so it may be this one.
    case nothingInForce
    case inForce(label: String)
    /// Neither a backup nor this host knows it.
    case unknown(label: String)
    /// Backups that need it and do not keep it themselves, the oldest first; at least one.
    case needed(label: String, by: [BackupID])

    package var code: String {
        switch self {
        case .nothingInForce: "key-retire.nothing-in-force"
        case .inForce: "key-retire.in-force"
        case .unknown: "key-retire.unknown-label"
        case .needed: "key-retire.needed"
        }
    }

    package var message: String {
        switch self {
        case .nothingInForce: "it is not known which key is in force, so it may be the one that is to be retired"
        case .inForce(let label): "the key \(label) is in force"
        case .unknown(let label):
            "no backup here needs or keeps a key with the label \(ControlCharacters.escaped(label))"
        case .needed(let label, let backups):
            "the key \(label) is needed by \(KeyRetireFault.text(backups)), and "
                + "\(backups.count == 1 ? "it does" : "they do") not keep it: without the key nothing in "
                + "\(backups.count == 1 ? "it" : "them") can be read"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .nothingInForce: [.command(["infisical-ops", "keys", "label"])]
        case .inForce:
            [
                .command(["infisical-ops", "rotate", "encryption-key", "--dry-run"]),
                .check("only another key in its place makes it one that can be retired"),
            ]
        case .unknown: [.command(["infisical-ops", "keys", "ledger"])]
        case .needed(_, let backups):
            [
                .check("it can be retired when \(backups.count == 1 ? "that backup is" : "those backups are") deleted"),
                .command(["infisical-ops", "keys", "ledger"]),
            ]
        }
    }

    package var exit: ExitCode { .refused }

    private static func text(_ backups: [BackupID]) -> String {
        let most = 5, names = backups.prefix(most).map(\.text).joined(separator: ", ")
        return (backups.count == 1 ? "the backup " : "\(backups.count) backups: ") + names
            + (backups.count > most ? " and \(backups.count - most) more" : "")
    }
}
