import Rotation

/// One variable that a rotation changes.
package struct RotationChangeSummary: Encodable, Sendable {
    /// As Infisical calls it.
    package let variable: String
    /// Labels; absent for what is no key.
    package let old: String?
    package let new: String?

    init(_ change: RotationWork.Change) {
        variable = change.variable
        old = change.old
        new = change.new
    }
}
