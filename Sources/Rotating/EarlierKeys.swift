import InfisicalData
import Operations
import Repository
import Secrets

/// Keys that an instance had before the one in force, known by the labels in its backups. A secret that is called like the
/// variable and holds one of them ends the instance when it is exported, as the value in force would after a rotation.
struct EarlierKeys: Sendable {
    static let none = EarlierKeys()

    private var labels: Set<String> = []
    private var variables: [String] = []

    private init() {}

    /// - Parameters:
    ///   - variables: those that are rotated.
    ///   - others: labels of keys that are no earlier ones: those in force, and those that will be.
    init(of variables: some Collection<String>, besides others: Set<String>, _ workplace: Workplace) throws {
        self.variables = KeyKind.encrypting.map(\.variable).filter(variables.contains)
        if self.variables.isEmpty { return }
        for entry in try Inventory(workplace.repository()).entries {
            labels.formUnion(entry.manifest.infisical?.keys.compactMap(\.label) ?? [])
        }
        labels.subtract(others)
    }

    /// The label of the earlier key that a value is, and the variable that it was of; nil for any other value.
    func match(_ value: Secret) -> (variable: String, label: String)? {
        // Of all secrets hardly one has the length of a key: 32 characters, or 32 bytes in base64.
        guard !labels.isEmpty, value.count == 32 || value.count == 43 || value.count == 44 else { return nil }
        for variable in variables {
            if let label = EnvironmentKeys.labels(of: value, variable).first(where: labels.contains) {
                return (variable, label)
            }
        }
        return nil
    }
}
