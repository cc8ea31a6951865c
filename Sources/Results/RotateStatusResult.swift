import Faults
package import Rotating
import Rotation

/// What `rotate status` says.
package struct RotateStatusResult: CommandResult {
    /// The rotation that is not finished.
    package struct Open: Encodable, Sendable {
        package let rotation: String
        package let title: String
        /// The step that was begun last.
        package let state: String
        /// A clause.
        package let standing: String
        /// `old`, `new` or `mixed`.
        package let inForce: String
        /// Whether `rotate rollback` can still put the old value back.
        package let canBeTakenBack: Bool
        package let changes: [RotationChangeSummary]
        /// How to free the instance without this program, one line each.
        package let byHand: [String]
    }

    /// One that ended.
    package struct Past: Encodable, Sendable {
        package let rotation: String
        /// `rotated` or `undone`.
        package let outcome: String
        package let changes: [RotationChangeSummary]

        package var text: String {
            let names = changes.map {
                "\($0.variable)\($0.old.map { " from \($0)" } ?? "")\($0.new.map { " to \($0)" } ?? "")"
            }
            return "\(outcome), \(names.joined(separator: "; "))"
        }
    }

    package let schema = "infisical-ops/rotate-status/1"
    /// Absent while none is open.
    package let open: Open?
    /// The oldest first.
    package let past: [Past]
    /// That the repository holds the keys of one that the journal does not know; absent where it does not.
    package let lost: String?
    /// What to run next.
    package let hints: [String]
    package let exit: Int32

    package init(_ status: RotationStatus) {
        open = status.open.map { open in
            let standing = status.standing(open)
            return Open(
                rotation: open.work.id, title: open.work.title, state: open.state.rawValue, standing: standing.text,
                inForce: standing.inForce.rawValue, canBeTakenBack: !standing.isCommitted,
                changes: open.work.changes.map(RotationChangeSummary.init), byHand: status.byHand)
        }
        past = status.past.map {
            Past(
                rotation: $0.id, outcome: $0.isRotated ? "rotated" : "undone",
                changes: $0.changes.map(RotationChangeSummary.init))
        }
        lost = status.lost?.message
        hints = (status.lost?.hints ?? []).map { FaultRenderer.text($0) }
        exit = (status.open == nil && lost == nil ? ExitCode.done : .unfinishedRotation).rawValue
    }
}
