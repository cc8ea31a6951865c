import Crypto
import Faults
package import Instance

/// The containers that drills make, told from all others by a label.
package enum DrillContainers {
    /// Its value is who made the container.
    private static let label = "infisical-ops.drill"
    /// Its value is of one container only.
    private static let mark = "infisical-ops.container"

    /// For one that this process makes.
    package static var labels: [String: String] { [label: DrillOwner.own.text] }

    /// Makes and starts a container. One that was made and then did not start is removed again: the engine keeps it,
    /// and tells no id.
    ///
    /// - Parameter docker: one that nothing stops halfway.
    /// - Returns: its id.
    /// - Throws: with a fault of the clean-up, where it may be left.
    package static func start(_ apart: Docker.Apart, _ docker: Docker) throws -> String {
        var apart = apart
        let value = Hex.encode(try Random.bytes(count: 8))
        apart.labels[mark] = value
        do { return try docker.start(apart) } catch {
            let failure = error
            do { try docker.remove(try docker.labelled("\(mark)=\(value)").map { $0.id }) } catch {
                throw Failure(.of(failure), cleanup: [.of(error)])
            }
            throw failure
        }
    }

    /// Removes those of drills whose process is gone; those of one that runs are its own business.
    package static func removeLeft(_ docker: Docker) throws {
        let marked = try docker.labelled(label).compactMap { found in
            DrillOwner(text: found.value).map { (id: found.id, owner: $0) }
        }
        // Of those that a restart of the machine ended, none runs: one that does is of another machine.
        let others = marked.filter { $0.owner.isOfOtherBoot }.map { $0.id }
        let ended = try docker.containers(others).filter { [.created, .exited, .dead].contains($0.state) }
        try docker.remove(marked.filter { $0.owner.isGone }.map { $0.id } + ended.map(\.id))
    }
}
