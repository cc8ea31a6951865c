package import InPlace
import Rotation

extension KeptDatabase {
    /// That one that was put aside opens with another key than the one in force, because the key was rotated since: nothing of
    /// it was encrypted anew. Nil where the journal of rotations says nothing of that; it is closed, so it is not asked.
    package static func otherKey(_ name: String, _ instance: InstanceAccess) throws -> InPlaceFault? {
        // The name of the database before it may hold such a word as well.
        let ends = ["_before_", "_undone_"].compactMap { name.ranges(of: $0).last?.upperBound }
        guard let end = ends.max() else { return nil }
        // Both are moments in UTC, in the same form.
        let moment = String(name[end...])
        let rotations = try RotationJournal.history(instance).past
        let first = rotations.first { $0.isRotated && $0.route.migratesData && $0.id > moment }
        let needed = first?.changes.compactMap(\.old) ?? []
        guard let first, !Set(KeysInForce(instance).possibleLabels).isSuperset(of: needed) else { return nil }
        return .keptUnderOtherKey(
            database: name, needed: needed.joined(separator: " and "), rotation: first.id)
    }
}
