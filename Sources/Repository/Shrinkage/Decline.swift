package import Faults

/// What became less than half of the most that there was, in steps of which each was small beside the one before: no loss by
/// itself, and worth a look.
package struct Decline: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        package let kind: Holdings.Kind
        package let most: Int
        package let now: Int
        /// The newest backup that holds the most.
        package let backup: BackupID
    }

    /// In the order of the kinds; never empty.
    package let parts: [Part]

    fileprivate init(_ parts: [Part]) { self.parts = parts }

    /// The backup to turn to: of several the one with the most of what people made last.
    package var fuller: BackupID { parts[parts.count - 1].backup }

    /// As a clause: `187 secrets (most: 786, in the backup 2026…)`.
    package var text: String {
        parts.map { "\($0.now) \($0.kind.text) (most: \($0.most), in the backup \($0.backup.text))" }
            .joined(separator: ", ")
    }

    /// How to look into the fuller backup, and how to have all of it beside the live database.
    package var hints: [Hint] {
        [
            .check("to see what is missing:"), .command(["infisical-ops", "export", "--list", "--from", fuller.text]),
            .check("to have all of that backup beside the live database:"),
            .command(["infisical-ops", "restore", fuller.text, "--to-database", "infisical_check"]),
        ]
    }

    /// The same on one line.
    package var advice: String { FaultRenderer.sentence(hints) }
}

/// The most that good backups held of each kind since somebody last said that less is right.
struct Peak: Sendable {
    private var figures: [Holdings.Kind: (figure: Holdings.Figure, backup: BackupID)] = [:]

    /// Takes in a good backup; of equals the newer one, which is kept longer.
    mutating func rise(to holdings: Holdings, of backup: BackupID) {
        for kind in Holdings.Kind.allCases {
            if let known = figures[kind] {
                let (most, now) = Holdings.comparable(known.figure, holdings[kind])
                if now < most { continue }
            }
            figures[kind] = (holdings[kind], backup)
        }
    }

    /// - Returns: nil where nothing is below half of it.
    func decline(to holdings: Holdings) -> Decline? {
        let parts: [Decline.Part] = Holdings.Kind.allCases.compactMap { kind in
            guard let known = figures[kind], let lost = Holdings.lost(known.figure, holdings[kind]) else { return nil }
            return Decline.Part(kind: kind, most: lost.before, now: lost.now, backup: known.backup)
        }
        return parts.isEmpty ? nil : Decline(parts)
    }
}
