/// What to do next, in the same words wherever it is said.
package enum Advice {
    package static let damage = "damage was found; run: infisical-ops verify --all, then: infisical-ops repair"

    /// The commands for scripts; empty when nothing is damaged.
    package static func hints(damaged: Bool) -> [String] {
        damaged ? ["run: infisical-ops verify --all", "run: infisical-ops repair"] : []
    }
}
