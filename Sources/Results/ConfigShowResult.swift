package import Settings

/// Every setting with where its value comes from; secrets are masked.
package struct ConfigShowResult: CommandResult {
    package struct Value: Encodable, Sendable {
        let key: String
        /// Absent where nothing sets it and it has no default.
        let value: String?
        let origin: String?
    }

    package let schema = "infisical-ops/config-show/1"
    /// The configuration file; absent where there is none.
    package let file: String?
    package let values: [Value]

    package init(_ configuration: ResolvedConfiguration) {
        file = configuration.file
        values = configuration.lines().map { Value(key: $0.key, value: $0.value, origin: $0.origin?.description) }
    }
}
