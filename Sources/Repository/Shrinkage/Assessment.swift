/// Whether a backup holds what the one before it held.
package struct Assessment: Sendable, Equatable {
    /// Why it is shrunk; empty when it is not.
    package var losses: [Loss]
    /// The backup that it was compared with.
    package var comparedWith: BackupID?
    /// When it was accepted all the same; nil when it was not, or when there is nothing to accept.
    package var accepted: String?
    /// Whether the database moved to another server since, which is no loss by itself.
    package var isOnOtherServer: Bool

    package init(losses: [Loss], comparedWith: BackupID?, accepted: String? = nil, isOnOtherServer: Bool = false) {
        self.losses = losses
        self.comparedWith = comparedWith
        self.accepted = losses.isEmpty ? nil : accepted
        self.isOnOtherServer = isOnOtherServer
    }

    /// Stable identifier for scripts.
    package static let code = "backup.shrunk"

    /// Whether it must not count: for `status`, for retention, and for what later backups are compared with.
    package var isShrunk: Bool { !losses.isEmpty && accepted == nil }

    /// What to say of the backup, and what to do about it; nil where it counts.
    package func warning(of id: BackupID) -> String? {
        guard isShrunk, let text else { return nil }
        return "the backup \(id.text) is shrunk: \(text); it does not count as complete until you accept it; "
            + "run: infisical-ops repository accept \(id.text)"
    }

    /// The same of a backup that is not taken yet.
    package var forecast: String? {
        guard isShrunk, let text else { return nil }
        return "the backup would be shrunk: \(text); it would not count as complete until you accept it"
    }

    /// What is missing, as a clause: `no users (before: 3) and another root key, compared with 2026…`; nil when nothing
    /// is.
    package var text: String? {
        guard !losses.isEmpty else { return nil }
        let list = losses.map(\.text).joined(separator: ", ")
        return list + (comparedWith.map { "; compared with \($0.text)" } ?? "")
    }
}
