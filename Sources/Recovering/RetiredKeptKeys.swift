import InfisicalData
import InstanceAccess
import Secrets
import Settings

/// Keys among those that a backup keeps which somebody has retired: a recovery that put them in force again would open what
/// comes to whoever has them.
struct RetiredKeptKeys: Sendable {
    /// What the kept files say, the other keys among it.
    let environment: InstanceEnvironment
    /// Those that get a new value.
    let kinds: [KeyKind]
    private let said: String

    /// - Returns: nil where none of them was retired.
    init?(_ environment: InstanceEnvironment, _ records: RetiredKeyRecords) {
        let found = KeyKind.encrypting.compactMap { kind -> (kind: KeyKind, said: String)? in
            guard let value = environment.value(of: kind)?.trimmed() else { return nil }
            let labels = EnvironmentKeys.labels(of: value, kind.variable)
            guard let label = labels.first(where: { records[$0] != nil }), let time = records[label] else { return nil }
            return (kind, "\(label) was retired at \(time)")
        }
        if found.isEmpty { return nil }
        self.environment = environment
        kinds = found.map(\.kind)
        said = found.map(\.said).joined(separator: ", and ")
    }

    var step: String {
        "  encrypt the data with a new \(kinds.map(\.variable).joined(separator: " and ")), because the key \(said), and write it "
            + "into the env files"
    }

    /// Where it is put in force all the same.
    var warning: String { "the key \(said), and is put in force again" }
}
