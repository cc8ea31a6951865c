package import Faults
import InstanceAccess
import Repository
package import Rotation

/// What a rotation would do, and everything that it is done with.
package struct RotationPlan {
    package let steps: [String]
    package let warnings: [String]
    package let work: RotationWork
    /// What it ends with if nothing fails on the way.
    package var exit: ExitCode { reason == nil ? .done : .partial }
    /// Why it ends with something left; nil where nothing is.
    package var reason: String? { unproven ?? work.leaves.first ?? material.site.left ?? strays.left.first }
    /// Why the new value cannot be proven here; nil where it can.
    var unproven: String?
    let material: RotationMaterial
    private let strays: StrayEnvFiles

    init(
        steps: [String], warnings: [String], work: RotationWork, material: RotationMaterial, _ instance: InstanceAccess
    ) {
        strays = StrayEnvFiles(material, instance)
        self.steps = steps + strays.lines
        self.warnings = warnings + strays.warnings
        self.work = work
        self.material = material
    }
}
