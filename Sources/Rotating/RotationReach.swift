import Operations
import Repository
import Rotation

/// What a rotation of the key does not do: whom it does not lock out.
struct RotationReach {
    private let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// One sentence a line, for the end of a plan.
    func lines(_ work: RotationWork) throws -> [String] {
        let labels = Set(work.changes.compactMap(\.old))
        let old = try Inventory(workplace.repository()).entries.count { entry in
            entry.manifest.infisical?.keyLabel.map(labels.contains) ?? false
        }
        let backups =
            old == 0
            ? []
            : [
                old == 1
                    ? "one existing backup opens with the old key only: keep that key as long as that backup"
                    : "\(old) existing backups open with the old key only: keep that key as long as those backups"
            ]
        let reach =
            switch work.depth {
            case .rekey:
                "whoever has the old key and an old copy of the database reads what was in it then: only new values at their targets help against that"
            case .deep, .full:
                "whoever has the old key and any copy of the database or a backup still reads it, and with its data keys what is written later, too: against that only --depth rekey helps"
            case .native:
                "whoever has the old key still reads what is encrypted past the KMS (settings, webhooks, dynamic secrets)"
            case nil: ""
            }
        return ["What it does not do:"] + (backups + [reach]).filter { !$0.isEmpty }.map { "  \($0)" }
    }
}
