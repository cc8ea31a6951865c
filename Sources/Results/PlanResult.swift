package import Faults

/// What `--dry-run` prints with `--json`: the steps in the words that people are shown.
package struct PlanResult: CommandResult {
    package let schema: String
    package let steps: [String]
    /// One sentence without full stop each.
    package let warnings: [String]
    /// Why the run would not end with 0, as a clause; absent where it would.
    package let reason: String?
    /// What the run would end with if nothing fails on the way, and this one does.
    package let exit: Int32

    /// - Parameter name: of the schema, such as `init-plan`.
    package init(
        _ name: String, steps: [String], warnings: [String] = [], exit: ExitCode = .done, reason: String? = nil
    ) {
        schema = "infisical-ops/\(name)/1"
        self.steps = steps
        self.warnings = warnings
        self.reason = reason
        self.exit = exit.rawValue
    }
}
