/// Whether a backup holds what the one before it held, and whether it is of this instance.
package struct Assessment: Sendable, Equatable {
    /// Why it is shrunk; empty when it is not.
    package var losses: [Loss]
    /// What is less than half of the most that there was, where it is not shrunk; it counts all the same.
    package var decline: Decline?
    /// The backup that it was compared with.
    package var comparedWith: BackupID?
    /// When it was accepted all the same; nil when it was not, or when there is nothing to accept.
    package var accepted: String?
    /// When it was said not to be of this instance; nil where it was not. Nothing is missing in it then: it is left out.
    package var rejected: String?
    /// Whether the database moved to another server since, which is no loss by itself.
    package var isOnOtherServer: Bool

    package init(
        losses: [Loss], decline: Decline? = nil, comparedWith: BackupID?, accepted: String? = nil,
        rejected: String? = nil,
        isOnOtherServer: Bool = false
    ) {
        self.losses = losses
        self.comparedWith = comparedWith
        self.rejected = rejected
        self.decline = losses.isEmpty ? decline : nil
        self.accepted = losses.isEmpty && decline == nil ? nil : accepted
        self.isOnOtherServer = isOnOtherServer
    }

    /// Stable identifier for scripts.
    package static let code = "backup.shrunk"

    /// Whether it lacks something that nobody has accepted.
    package var isShrunk: Bool { !losses.isEmpty && accepted == nil && rejected == nil }
    package var isRejected: Bool { rejected != nil }
    /// Whether it may count: for `status`, for retention, and for what later backups are compared with.
    package var counts: Bool { !isShrunk && !isRejected }

    /// Whether the backup may be of another instance than those before it.
    package var mayBeOfOtherInstance: Bool {
        isShrunk && losses.contains(where: \.isOfOther)
    }

    /// What it is called where something is missing: one of another instance may hold more than all before it.
    package var word: String { losses.contains(where: \.isOfOther) ? "of another instance" : "shrunk" }

    /// Whether there is something that only somebody who knows can call right.
    package var isOpen: Bool { isShrunk || decline != nil && accepted == nil && rejected == nil }

    /// Why it does not count, as a clause about the backup; nil where it does.
    package var problem: String? {
        if let rejected { return "it was rejected at \(rejected), as not of this instance" }
        return isShrunk ? text.map { "it is \(word): \($0)" } : nil
    }

    /// What to say of the backup, and what to do about it; nil where nothing is.
    package func warning(of id: BackupID) -> String? {
        guard isOpen else { return nil }
        let accept = "infisical-ops repository accept \(id.text)"
        if let decline {
            return "the backup \(id.text) holds less than half of the most that there was: \(decline.text); "
                + "\(decline.advice); if that is intended, run: \(accept)"
        }
        let text = text ?? ""
        if mayBeOfOtherInstance {
            return "the backup \(id.text) is \(word): \(text); look first whether the address is the right one; run: "
                + "infisical-ops config show; if it was not, correct it, then leave this backup out; run: "
                + "infisical-ops repository reject \(id.text); if the instance was replaced on purpose, run: \(accept)"
        }
        return "the backup \(id.text) is \(word): \(text); it does not count as complete until you accept it; "
            + "run: \(accept)"
    }

    /// The same of a backup that is not taken yet.
    package var forecast: String? {
        if let decline, isOpen {
            return "the backup would hold less than half of the most that there was: \(decline.text); "
                + "\(decline.advice); the backup would count all the same"
        }
        guard isShrunk, let text else { return nil }
        return "the backup would be \(word): \(text); it would not count as complete until you accept it"
    }

    /// What is missing, as a clause: `no users (before: 3) and another root key, compared with 2026…`; nil when nothing
    /// is.
    package var text: String? {
        guard !losses.isEmpty else { return nil }
        let list = losses.map(\.text).joined(separator: ", ")
        return list + (comparedWith.map { "; compared with \($0.text)" } ?? "")
    }
}
