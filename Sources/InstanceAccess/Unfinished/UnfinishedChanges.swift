import Effects
import Faults
import Rotation

/// What a killed rotation, restore in place or recovery left to be finished: the operator's business, whatever else works.
package enum UnfinishedChanges {
    /// The identifier of a rotation, which comes before everything else that is wrong.
    package static let rotation = "unfinished-rotation"

    /// - Returns: each with a stable identifier, a sentence without full stop, and the command that goes on.
    package static func all(_ instance: InstanceAccess) throws -> [(code: String, text: String, command: [String])] {
        var found: [(code: String, text: String, command: [String])] = []
        if let rotation = try RotationJournal.obstacle(instance) {
            found.append((UnfinishedChanges.rotation, rotation.message, ["infisical-ops", "rotate", "status"]))
        }
        if let lost = try LostRotations.obstacle(instance) {
            found.append(
                (UnfinishedChanges.rotation, lost.message, ["infisical-ops", "rotate", "resume", "--from-repository"]))
        }
        if let text = try InPlaceJournal.unfinishedText(instance),
            let command = try InPlaceJournal.unfinishedCommand(instance)
        {
            found.append(("unfinished-restore", text, command))
        }
        if let recovery = try RecoveryRecord.unfinished(instance) {
            found.append(("unfinished-recovery", recovery.text, recovery.command))
        }
        return found
    }

    /// Rotations that are done, and whose new key no backup keeps yet: until then their keys stay in the repository. One
    /// sentence without full stop each.
    package static func unkeptKeys(_ instance: InstanceAccess) throws -> [String] {
        let published = Set(LostRotations.published(instance))
        return try RotationJournal.history(instance).past.filter { $0.isRotated && published.contains($0.id) }.map {
            "no backup keeps the key yet that the rotation \($0.id) has put in force, and no other copy of it may be there"
        }
    }

    /// The same as sentences, with what a backup cures.
    package static func warnings(_ instance: InstanceAccess) throws -> [String] {
        try all(instance).map { "\($0.text); run: \($0.command.map(FaultRenderer.shellQuoted).joined(separator: " "))" }
            + unkeptKeys(instance).map { "\($0); run: infisical-ops backup" }
    }

    /// The same for a backup, which is stored whatever they say: also that a record of them cannot be read.
    package static func remarks(_ instance: InstanceAccess) -> [String] {
        do { return try warnings(instance) } catch {
            let fault: any Fault = .of(error)
            return ["whether a rotation, a restore in place or a recovery is unfinished is not known: \(fault.message)"]
        }
    }
}
