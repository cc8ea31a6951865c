import DurableFiles
package import Effects
package import Faults
import InfisicalStore
import Postgres
package import Repository

/// Answers "are my backups fresh and proven": the instance, the newest backup, its age and its proof.
package struct StatusOperation {
    /// What became of asking the database.
    package enum Reachability: Sendable {
        /// Reachable; the server's version.
        case reachable(String)
        case unreachable(any Fault)
    }

    package struct Report: Sendable {
        package let now: Timestamp
        package let database: Reachability
        package let repository: String
        package let backups: [BackupOverview]
        package let findings: [Finding]
        /// Seconds since the newest backup was finished; nil without one. Negative when the clock went back.
        package let age: Int64?
        /// Bytes free on the repository's disk.
        package let freeBytes: Int
        /// Seconds that `--max-age` allows.
        package let maxAge: Int64?

        package var latest: BackupOverview? { backups.last }
        /// Whether the chain or the newest backup is.
        package var isDamaged: Bool { findings.contains(where: \.isDamage) || latest?.standing.damaged != nil }
        package var isStale: Bool {
            guard let maxAge else { return false }
            return age.map { $0 > maxAge } ?? true
        }

        package var exit: ExitCode {
            var codes: [ExitCode] = [.done]
            if latest == nil && maxAge == nil { codes.append(.notFound) }
            if latest?.keyOpens == false { codes.append(.keyMismatch) }
            if isDamaged { codes.append(.damaged) }
            if case .unreachable = database { codes.append(.unhealthy) }
            if isStale { codes.append(.stale) }
            return .mostImportant(codes)
        }
    }

    private let workplace: Workplace
    private let maxAge: Int64?

    package init(_ workplace: Workplace, maxAge: Int64?) {
        self.workplace = workplace
        self.maxAge = maxAge
    }

    package func perform() throws -> Report {
        let repository = try workplace.repository()
        let inventory = try Inventory(repository)
        let now = workplace.surroundings.clock.now()
        let finished = inventory.latest.flatMap { Timestamp(iso8601: $0.manifest.finished) }
        return Report(
            now: now, database: reachability(), repository: repository.layout.root,
            backups: try BackupOverview.all(inventory, repository), findings: inventory.findings,
            age: finished.map { now.seconds - $0.seconds },
            freeBytes: try repository.files.freeSpace(at: repository.layout.root).available, maxAge: maxAge)
    }

    private func reachability() -> Reachability {
        do {
            let connection = try DatabaseConnections(workplace).open(.main, role: "status", deadline: 5)
            defer { connection.close() }
            return .reachable(connection.serverVersion.description)
        } catch { return .unreachable(.of(error)) }
    }
}
