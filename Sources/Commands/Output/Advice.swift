/// What to do next, in the same words wherever it is said.
enum Advice {
    static let damage = "damage was found; run: infisical-ops verify --all, then: infisical-ops repair"

    /// The commands for scripts; empty when nothing is damaged.
    static func hints(damaged: Bool) -> [String] {
        damaged ? ["run: infisical-ops verify --all", "run: infisical-ops repair"] : []
    }
}
