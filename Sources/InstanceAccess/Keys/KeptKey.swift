package import Faults
package import Repository

/// The backup whose kept files hold the right key when the one in force is another (`KeyKeepers`), and how it is brought
/// back from there.
package struct KeptKey: Sendable, Equatable {
    /// Id of the backup.
    package let backup: String
    /// Label of the key that is kept with it.
    package let label: String?
    /// Where the key is when what is kept was brought back, as it reads in a sentence.
    private let source: String
    /// What the key is called in the instance's env files.
    private var variable = "ENCRYPTION_KEY"
    /// Where it belongs, as it reads in a sentence.
    private var target = "the instance's env file"
    /// How the backend takes it up.
    private var restart = Hint.command(["infisical-ops", "restart", "--recreate"])

    package init(_ entry: InventoryEntry) {
        backup = entry.id.text
        label = entry.manifest.infisical?.keyLabel
        source = KeptKey.source(KeptKey.envFiles(of: entry), label)
    }

    /// The same with the names of an instance: of its variable, and of its env file where there is one.
    ///
    /// - Parameter restart: how its backend takes a key up.
    func named(_ variable: String, in envFiles: [String], _ restart: Hint) -> KeptKey {
        var key = self
        (key.variable, key.restart) = (variable, restart)
        if envFiles.count == 1 { key.target = envFiles[0] }
        return key
    }

    /// Where the files are that may have the key, when what a backup keeps was brought back. One that was taken while the
    /// container ran on another key than the env file keeps the container's as well.
    private static func envFiles(of entry: InventoryEntry) -> [String] {
        (entry.manifest.escrow?.names ?? []).filter { name in
            ![".yml", ".yaml", ".json"].contains { name.hasSuffix($0) }
        }.map { "\(Hint.keptFiles)/\($0)" }
    }

    /// Where the key is among the files that came back, as it reads in a sentence.
    private static func source(_ files: [String], _ label: String?) -> String {
        if files.count == 1 { return files[0] }
        guard !files.isEmpty, let label else { return "the env file in \(Hint.keptFiles)" }
        return "the one of \(files.joined(separator: " and ")) whose key has the label \(label) "
            + "(keys label --key-file FILE says it)"
    }

    // MARK: - Texts

    /// What to say to whoever takes the files out of a backup for the key in them; nil where that opened all of the data, and
    /// where there was nothing to try.
    package static func warning(of entry: InventoryEntry, _ keepers: KeyKeepers) -> String? {
        guard let record = entry.manifest.infisical, record.verdict != .opens || !record.keyWasAtHand else {
            return nil
        }
        // That the key is not in these files was meant.
        if record.keyElsewhere == true { return nil }
        let start =
            record.verdict == .doesNotOpen
            ? "when this backup was taken, no key in these files opened all of its data"
            : "whether a key in these files opens the data was not tried when this backup was taken"
        guard let kept = keepers.best(of: record.instance, needed: record.keyLabel).map(KeptKey.init) else {
            return start + "; no other backup here holds a key that did"
        }
        let command = "; " + FaultRenderer.text(.files(of: kept.backup))
        guard let needed = record.keyLabel, needed == kept.label else {
            let other = record.keyLabel.map { "; it needs the key with the label \($0), which no backup here keeps" }
            return start + (record.keyWasAtHand ? "" : other ?? "")
                + "; the newest backup with a key that opened everything is \(kept.backup)"
                + (kept.label.map { " (label \($0))" } ?? "") + command
        }
        return start + "; the key that it needs (label \(needed)) is kept with the backup \(kept.backup)" + command
    }

    /// Where the backup is, for the end of a sentence about a key that is missing or wrong.
    package var text: String {
        "the newest backup with a key that opened everything is \(backup); \(FaultRenderer.text(.files(of: backup)))"
    }

    /// The same of a whole repository.
    package static func text(_ keepers: KeyKeepers, of record: Manifest.InfisicalRecord? = nil) -> String {
        if let best = keepers.best(of: record?.instance, needed: record?.keyLabel) { return KeptKey(best).text }
        return keepers.best() == nil
            ? "no backup here keeps a key that opened everything"
            : "no backup of that instance here keeps a key that opened everything"
    }

    // MARK: - Hints

    /// How to bring the key back: steps, in their order.
    package var hints: [Hint] { hints(then: restart) }

    /// The same where the last step is another than to restart the backend.
    package func hints(then last: Hint) -> [Hint] {
        [.files(of: backup), .check("put the \(variable) of \(source) back into \(target)"), last]
    }

    /// How to try the key on data, by a command that takes an env file.
    package var tryingHints: [Hint] {
        [.files(of: backup), .check("then run the same command with --key-file and \(source)")]
    }

    /// How to try it on all ciphertexts of a backup.
    package func censusHints(of id: String) -> [Hint] {
        let isPath = source.hasPrefix(Hint.keptFiles)
        return [
            .files(of: backup),
            isPath ? .command(["infisical-ops", "census", id, "--key-file", source]) : .census(of: id),
        ]
    }

    /// What to do where no backup has one.
    package static let noneHints: [Hint] = [
        .command(["infisical-ops", "list"]),
        .check(
            "no backup that can be read here keeps a key that opened it; look for an older env file of this instance"),
    ]

    /// - Parameter obstacle: why the repository cannot be read.
    package static func unknown(_ obstacle: String) -> Hint {
        .check("whether a backup keeps the right key is not known: \(obstacle)")
    }
}
