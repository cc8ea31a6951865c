import Faults
import InfisicalData
import InstanceAccess
import InstanceData
import Operations
import Repository

/// How the outcome of the key trial is told; green only where everything opened.
enum KeyText {
    /// A clause that follows `the key`.
    ///
    /// - Parameter standing: what the record comes to; nil takes it as it was recorded.
    static func of(_ manifest: Manifest, _ standing: KeyStanding?, _ output: Output) -> String {
        let standing = standing ?? manifest.infisical?.keyStanding(isElsewhere: false)
        let isPast = standing.map { [.notChecked, .keptElsewhere].contains($0) } ?? true
        return (isPast ? "was " : "") + label(manifest, standing, output)
    }

    /// The same beside a title.
    static func label(_ manifest: Manifest, _ standing: KeyStanding?, _ output: Output) -> String {
        guard let record = manifest.infisical else { return label(.notChecked, nil, output) }
        let standing = standing ?? record.keyStanding(isElsewhere: false)
        switch standing {
        case .opens: return label(standing, nil, output) + (record.keyLabel.map { " (label \($0))" } ?? "")
        case .doesNotOpen: return label(standing, record.firstBroken, output)
        case .missing:
            let absence = record.missingVariable.map { LiveKeys.absence(of: $0, hasFile: manifest.escrow != nil) }
            return label(standing, absence, output)
        case .notChecked, .keptElsewhere: return label(standing, nil, output)
        }
    }

    /// - Parameter detail: why; a clause, or what fails.
    static func label(_ standing: KeyStanding, _ detail: String?, _ output: Output) -> String {
        let more = detail.map { ": \(ControlCharacters.escaped($0))" } ?? ""
        return switch standing {
        case .opens: output.styled("opens the data", .good)
        case .doesNotOpen: output.styled("does NOT open the data", .bad) + more
        case .missing: output.styled("is MISSING", .bad) + more
        case .notChecked: output.styled("not checked", .attention) + more
        case .keptElsewhere: output.styled("not tried: it is kept elsewhere (instance.key)", .attention) + more
        }
    }

    /// What the database says of keys that were copied.
    ///
    /// - Parameter isPage: whether the copy itself went to standard output.
    static func showCopied(_ database: KeysLabelOperation.Database, _ output: Output, isPage: Bool = false) {
        if let closed = database.closed {
            output.warning(closed)
            output.hint(.command(["infisical-ops", "keys", "check"]))
        } else if let reason = database.unverified {
            let text = "whether it opens the database was not verified: \(reason)"
            if isPage { output.remark(text) } else { output.line(ControlCharacters.escaped(text)) }
        }
    }

    /// What a trial came to when the backup was taken.
    static func of(_ trial: Manifest.KeyTrial) -> String {
        switch trial.outcome {
        case .opens: "opened"
        case .doesNotOpen: "did not open"
        case .notChecked: "not tried"
        }
    }
}
