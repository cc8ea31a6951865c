package import Instance

/// The containers that drills make, told from all others by a label.
package enum DrillContainers {
    /// Its value is who made the container.
    private static let label = "infisical-ops.drill"

    /// For one that this process makes.
    package static var labels: [String: String] { [label: DrillOwner.own.text] }

    /// Removes those of drills whose process is gone; those of one that runs are its own business.
    package static func removeLeft(_ docker: Docker) throws {
        let left = try docker.labelled(label).filter { DrillOwner(text: $0.value)?.isGone ?? false }
        try docker.remove(left.map(\.id))
    }
}
