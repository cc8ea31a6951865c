package import InfisicalData
package import Repository

extension Manifest.InfisicalRecord {
    /// Whether the keys at hand opened the data; nil when that was not proven either way.
    package var keyOpens: Bool? {
        switch verdict {
        case .opens: true
        case .doesNotOpen: false
        case .notChecked: nil
        }
    }

    /// What the record comes to. That the key was elsewhere when the backup was taken holds whatever is configured now.
    ///
    /// - Parameter isElsewhere: whether the operator says now that the key is not on this host.
    package func keyStanding(isElsewhere: Bool) -> KeyStanding {
        if verdict == .opens { return .opens }
        if keys.contains(where: { $0.outcome == .doesNotOpen }) { return .doesNotOpen }
        if isElsewhere || keyElsewhere == true { return .keptElsewhere }
        // Earlier versions recorded a key that nobody gave as "not checked".
        if missingVariable != nil { return .missing }
        return verdict == .doesNotOpen ? .doesNotOpen : .notChecked
    }

    /// The variable whose key was needed and that nobody had set; nil where there is none.
    package var missingVariable: String? {
        KeySource.allCases.map(\.variable).first { variable in
            keys.contains { $0.note == RoleTrial.Reason.keyNotGiven(variable: variable).text }
        }
    }

    /// What did not open, or why nothing was tried, as the backup recorded it.
    package var firstBroken: String? {
        keys.first { $0.outcome == .doesNotOpen && !["staged-wrap", "retained-wrap"].contains($0.role) }
            .map { trial in "\(trial.roleText)\(trial.note.map { ": \($0)" } ?? "")" }
    }
}

extension Manifest.KeyTrial {
    /// The role in words; that of a later version as it stands.
    package var roleText: String { RoleTrial.Role(identifier: role)?.text ?? role }
}
