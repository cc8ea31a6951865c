import InfisicalData
package import InstanceAccess

/// The trial of the keys at hand on the database as it is now.
package struct LiveKeySummary: Encodable, Sendable {
    /// `opens`, `does not open`, `missing`, `not checked` or `elsewhere`.
    package let outcome: String
    package let detail: String?

    package init(_ key: LiveKey) {
        switch key {
        case .tried(let standing, let summary, _, _):
            (outcome, detail) = (standing.word, summary)
        case .notTried(let reason): (outcome, detail) = ("not checked", reason)
        case .notInfisical: (outcome, detail) = ("not checked", "this does not look like Infisical")
        }
    }
}
