/// What `--dry-run` prints with `--json`: the steps in the words that people are shown.
package struct PlanResult: CommandResult {
    package let schema: String
    package let steps: [String]
    /// One sentence without full stop each.
    package let warnings: [String]

    /// - Parameter name: of the schema, such as `init-plan`.
    package init(_ name: String, steps: [String], warnings: [String] = []) {
        schema = "infisical-ops/\(name)/1"
        self.steps = steps
        self.warnings = warnings
    }
}
