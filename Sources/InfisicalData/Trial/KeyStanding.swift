/// What a trial comes to for people who have to act on it.
package enum KeyStanding: Sendable, Equatable {
    /// The whole chain opens.
    case opens
    /// A link of the chain stays closed with the keys at hand.
    case doesNotOpen
    /// No key was given for something that needs one; nobody chose that.
    case missing
    /// Not proven either way, although a key was given.
    case notChecked
    /// The key is deliberately kept elsewhere, so nothing could be tried.
    case keptElsewhere

    /// - Parameter isElsewhere: whether the operator says that the key is not on this host.
    package init(_ report: KeyTrialReport, isElsewhere: Bool) {
        switch report.verdict {
        case .opens: self = .opens
        case .doesNotOpen: self = .doesNotOpen
        case .notChecked where isElsewhere: self = .keptElsewhere
        case .notChecked: self = report.lacksKey ? .missing : .notChecked
        }
    }

    /// One word for it, wherever a table or a script is told.
    package var word: String {
        switch self {
        case .opens: "opens"
        case .doesNotOpen: "does not open"
        case .missing: "missing"
        case .notChecked: "not checked"
        case .keptElsewhere: "elsewhere"
        }
    }

    /// Whether it counts as a wrong key.
    package var isWrong: Bool { self == .doesNotOpen || self == .missing }
}
