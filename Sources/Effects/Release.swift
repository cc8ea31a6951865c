/// What this program is called and which release it is; the one place that knows.
package enum Release {
    package static let name = "infisical-ops"
    package static let version = "0.1.0"
    /// As it stands in manifests and proofs.
    package static var nameAndVersion: String { "\(name) \(version)" }
}
