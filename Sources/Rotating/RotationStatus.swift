import Faults
import InPlace
import Instance
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
        byHand =
            try history.open.map {
                try RotationStatus.byHand(
                    $0, RotationJournal.path(instance),
                    isPublished: LostRotations.published(instance).contains($0.work.id))
            } ?? []
    }

    package func standing(_ open: RotationHistory.OpenWork) -> RotationStanding {
        RotationStanding(open.work, open.state)
    }

    private static func shell(_ words: [String]) -> String {
        words.map(FaultRenderer.shellQuoted).joined(separator: " ")
    }

    /// - Parameter isPublished: whether the keys lie in the repository.
    private static func byHand(
        _ open: RotationHistory.OpenWork, _ journal: String, isPublished: Bool
    ) throws -> [String] {
        let work = open.work, standing = RotationStanding(work, open.state)
        var lines: [String] = []
        if standing.mayBeClosed {
            lines.append("let sessions into the database, in psql on template1 of \(work.server.address):")
            lines.append("  ALTER DATABASE \(Quoting.identifier(work.database.name)) WITH ALLOW_CONNECTIONS true;")
        }
        // A password is called by the names that the files have.
        for change in work.changes where work.role == nil {
            let labels = "the key \(change.old ?? "") before, and \(change.new ?? "") after"
            lines.append("\(change.variable): " + (change.old == nil ? "the old or the new value" : labels))
        }
        if work.route.migratesData {
            lines.append(
                "which of them opens the database: infisical-ops census --live; the env file must hold that one")
        }
        let site = try open.prepared.map { try RotationSite(text: $0, path: journal) }
        if let site {
            if work.role != nil { lines.append("the old or the new password is in:") }
            for file in site.files {
                lines.append("  \(file.path): \(file.names.keys.sorted().joined(separator: ", "))")
            }
            if let database = site.database {
                lines.append("start the database: " + shell(["docker", "start", database.name]))
            }
        }
        if let role = work.role {
            lines.append(
                "the role must have the password of the env file; give it that one in psql on \(work.server.address):")
            lines.append("  \\password \(Quoting.identifier(role))")
        }
        if let project = site?.remake.project {
            // One that was made before has the old value, whatever the env files say.
            lines.append(
                "make the backend's container of what the env files say by then, and start it: "
                    + shell(project.labels.commandLine(recreating: project.service)))
        }
        for container in work.containers {
            lines.append(
                "let the engine keep the backend running: "
                    + shell(["docker", "update", "--restart", container.restartPolicy, container.name]))
        }
        if work.route.migratesData, isPublished {
            lines.append("both keys lie sealed in the repository: rotations/\(work.id).age, for the escrow identity")
        }
        return lines
    }
}
