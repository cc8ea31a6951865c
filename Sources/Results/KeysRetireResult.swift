package import InstanceData

/// Whether a key is retired.
package struct KeysRetireResult: CommandResult {
    package let schema = "infisical-ops/keys-retire/1"
    package let label: String
    /// Whether this run changed it.
    package let changed: Bool
    /// When it was retired; absent where it is not.
    package let retired: String?
    /// One sentence without full stop each.
    package let warnings: [String]

    /// - Parameter retired: when it was retired, after the run.
    package init(_ plan: KeysRetireOperation.Plan, retired: String?) {
        label = plan.label
        changed = retired != plan.retired
        self.retired = retired
        warnings = plan.warnings
    }
}
