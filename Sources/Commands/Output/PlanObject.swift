/// What `--dry-run` prints with `--json`: the steps in the words that people are shown.
struct PlanObject: Encodable {
    let schema: String
    let steps: [String]
    let warnings: [String]

    /// - Parameter name: of the schema, such as `init-plan`.
    init(_ name: String, steps: [String], warnings: [String] = []) {
        schema = "infisical-ops/\(name)/1"
        self.steps = steps
        self.warnings = warnings
    }
}
