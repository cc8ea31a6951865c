import Faults
import InfisicalData
import InstanceAccess
import Operations
import Repository

/// How the outcome of the key trial is told; green only where everything opened.
enum KeyText {
    /// - Parameter standing: what the record comes to; nil takes it as it was recorded.
    static func of(_ record: Manifest.InfisicalRecord, _ standing: KeyStanding?, _ output: Output) -> String {
        let standing = standing ?? record.keyStanding(isElsewhere: false)
        let text = of(standing, output)
        switch standing {
        case .opens: return text + (record.keyLabel.map { " (label \($0))" } ?? "")
        case .doesNotOpen: return text + (record.firstBroken.map { ": \(ControlCharacters.escaped($0))" } ?? "")
        case .missing, .notChecked, .keptElsewhere: return text
        }
    }

    static func of(_ standing: KeyStanding, _ output: Output) -> String {
        switch standing {
        case .opens: output.styled("opens the data", .good)
        case .doesNotOpen: output.styled("does NOT open the data", .bad)
        case .missing: output.styled("is MISSING: no key was given", .bad)
        case .notChecked: output.styled("was not checked", .attention)
        case .keptElsewhere: output.styled("was not tried: it is kept elsewhere (instance.key)", .attention)
        }
    }
}
