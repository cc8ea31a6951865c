package import Faults
package import InfisicalData
package import Instance

/// Keys that are missing or do not open everything, and how to come to the right ones.
package struct WrongKey: Sendable {
    /// Whether it is not for the key that something stays closed: below the root key, or because that is gone.
    private let isBroken: Bool
    private let isMissing: Bool
    package let text: String
    package let hints: [Hint]

    /// - Parameters:
    ///   - isMissing: whether there was no key to try.
    ///   - fileOpens: whether the env file has the right key, which only a new container takes.
    ///   - search: for the backup to take the right key from.
    package init(_ trial: KeyTrialReport, isMissing: Bool, fileOpens: Bool, kept search: KeptKeySearch) {
        let kept = search.key
        isBroken = (trial.opensRoot || trial.lacksRoot) && !isMissing
        self.isMissing = isMissing
        text = [trial.summary, search.other].compactMap(\.self).joined(separator: "; ")
        // In place comes back what opens with the key in force; that of before a rotation would not start.
        let isRestorable =
            kept?.label.map { trial.lacksRoot ? trial.labels.contains($0) : $0 == trial[.rootWrap]?.label } ?? false
        let restorable = isRestorable ? kept : nil
        hints =
            if search.other != nil {
                // Whatever key a backup keeps is another one's.
                DatabaseIdentity.addressHints + [.check(WrongKey.ofReplaced)]
            } else if isBroken {
                (trial.lacksRoot ? [.check("do not start the backend before that")] : []) + [
                    restorable.map { .command(["infisical-ops", "restore", $0.backup, "--in-place"]) }
                        ?? .command(["infisical-ops", "list"]),
                    .check("what is named does not decrypt; a backup whose key opened everything brings it back"),
                ]
            } else if fileOpens {
                [.command(["infisical-ops", "restart", "--recreate", "--service", "backend"])]
            } else if isMissing {
                [
                    .check("if another env file holds the key, name that file as instance.env_file"),
                    .check("or, if the key is deliberately not on this host, set instance.key to elsewhere"),
                ]
                    + (kept.map {
                        [.check("or, if the key was lost, take it from the backup \($0.backup), in three steps:")]
                            + $0.hints
                    } ?? search.obstacle.map { [KeptKey.unknown($0)] } ?? [])
            } else {
                kept?.hints ?? search.noneHints
            }
    }

    /// What helps where another instance stands there on purpose.
    package static let ofReplaced =
        "if the instance was replaced on purpose, its key is in its own env file: name that as instance.env_file"

    /// How it shows in a look at the backend.
    package var condition: Condition { isBroken ? .brokenKeys : isMissing ? .missingKey : .wrongKey }
}
