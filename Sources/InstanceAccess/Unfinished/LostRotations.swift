import Repository
package import Rotation
import Settings

/// Rotations whose keys lie in the repository, while the journal of this host knows nothing of them: the state folder was lost
/// in the middle of one, or another host is at it. The keys are taken away when a rotation ends.
package enum LostRotations {
    /// What keeps another rotation from being begun, and says how to go on; nil without one.
    package static func obstacle(_ instance: InstanceAccess) throws -> RotationFault? {
        let ids = try ids(instance)
        return ids.isEmpty ? nil : .lost(ids)
    }

    /// The oldest first.
    package static func ids(_ instance: InstanceAccess) throws -> [String] {
        let history = try RotationJournal.history(instance)
        let known = Set(history.past.map(\.id) + [history.open?.work.id].compactMap(\.self))
        return published(instance).filter { !known.contains($0) }
    }

    /// All whose keys lie in the repository, the oldest first.
    package static func published(_ instance: InstanceAccess) -> [String] {
        guard let root = instance.configuration.repository else { return [] }
        do {
            return try RotationStore.ids(RepositoryLayout(root: root), instance.surroundings.files).map(\.text)
        } catch {
            // What is wrong with the repository is told by whoever opens it.
            return []
        }
    }
}
