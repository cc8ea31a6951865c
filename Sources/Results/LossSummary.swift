package import Restoring

/// What a restore left out, for scripts.
package struct LossSummary: Encodable, Sendable {
    /// Such as `event trigger`.
    package let kind: String
    package let name: String
    /// The server's, without values of rows.
    package let reason: String
    package let sqlState: String

    package init(_ loss: ObjectLoss) {
        kind = loss.kind
        name = loss.name
        reason = loss.reason
        sqlState = loss.sqlState
    }
}
