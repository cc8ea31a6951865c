package import Faults
import Repository
package import Rotation

/// What a rotation would do, and everything that it is done with.
package struct RotationPlan {
    package let steps: [String]
    package let warnings: [String]
    package let work: RotationWork
    /// What it ends with if nothing fails on the way.
    package var exit: ExitCode { left == nil ? .done : .partial }
    /// What will be left to be done then; nil for nothing.
    package var left: String? { work.leaves.first ?? material.site.left }
    let material: RotationMaterial
}
