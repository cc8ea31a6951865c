import Faults
import InPlace
package import InstanceAccess
import Postgres
package import Rotation

/// What the journal says of rotations, and the repository of those that it does not know, with the stock commands that free
/// the instance without this program.
package struct RotationStatus: Sendable {
    package let open: RotationHistory.OpenWork?
    package let past: [RotationRecord.Past]
    /// Those whose keys lie in the repository while the journal knows nothing of them.
    package let lost: RotationFault?
    /// Commands and remarks, one a line.
    package let byHand: [String]
    /// What will be left to be done when the open one is finished; nil for nothing, and where that is not known.
    package let left: String?

    package init(_ instance: InstanceAccess) throws {
        let history = try RotationJournal.history(instance)
        open = history.open
        past = history.past
        lost = try LostRotations.obstacle(instance)
        let path = RotationJournal.path(instance)
        left = try history.open.flatMap { open in
            try open.left.first ?? open.work.leaves.first
                ?? open.prepared.flatMap { try RotationSite(text: $0, path: path).left }
        }
        byHand = try history.open.map { try RotationStatus.byHand($0, RotationJournal.path(instance)) } ?? []
    }

    package func standing(_ open: RotationHistory.OpenWork) -> RotationStanding {
        RotationStanding(open.work, open.state)
    }

    private static func byHand(_ open: RotationHistory.OpenWork, _ journal: String) throws -> [String] {
        let work = open.work, standing = RotationStanding(work, open.state)
        var lines: [String] = []
        if standing.mayBeClosed {
            lines.append("let sessions into the database, in psql on template1 of \(work.server.address):")
            lines.append("  ALTER DATABASE \(Quoting.identifier(work.database.name)) WITH ALLOW_CONNECTIONS true;")
        }
        for change in work.changes {
            let labels = "the key \(change.old ?? "") before, and \(change.new ?? "") after"
            lines.append("\(change.variable): " + (change.old == nil ? "the old or the new value" : labels))
        }
        if work.route.migratesData {
            lines.append(
                "which of them opens the database: infisical-ops census --live; the env file must hold that one")
        }
        if let prepared = open.prepared {
            let site = try RotationSite(text: prepared, path: journal)
            for file in site.files {
                lines.append("  \(file.path): \(file.names.keys.sorted().joined(separator: ", "))")
            }
            if let database = site.database {
                lines.append("start the database: docker start " + FaultRenderer.shellQuoted(database.name))
            }
        }
        if let role = work.role {
            lines.append(
                "the role must have the password of the env file; give it that one in psql on \(work.server.address):")
            lines.append("  \\password \(Quoting.identifier(role))")
        }
        for container in work.containers {
            lines.append(
                "let the engine keep the backend running: "
                    + ["docker", "update", "--restart", container.restartPolicy, container.name]
                    .map(FaultRenderer.shellQuoted).joined(separator: " "))
            lines.append(
                "start it: "
                    + ["docker", "start", container.name].map(FaultRenderer.shellQuoted).joined(separator: " "))
        }
        if work.route.migratesData {
            lines.append("both keys lie sealed in the repository: rotations/\(work.id).age, for the escrow identity")
        }
        return lines
    }
}
