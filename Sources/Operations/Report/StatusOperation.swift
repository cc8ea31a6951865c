import DurableFiles
package import Effects
package import Faults
import InfisicalStore
import InstanceAccess
import Postgres
package import Repository
import Settings

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
        /// What should be known of the instance's keys, one sentence without full stop each.
        package let warnings: [String]

        package var latest: BackupOverview? { backups.last }
        /// Whether the chain or the newest backup is damaged, or may be: damage was found in another backup since the
        /// newest was proven, and both may share chunks.
        package var isDamaged: Bool {
            if findings.contains(where: \.isDamage) { return true }
            guard let latest else { return false }
            if latest.standing.damaged != nil { return true }
            let found = backups.compactMap(\.standing.damaged).max()
            return found.map { $0 > latest.standing.time ?? "" } ?? false
        }
        /// How many older backups are damaged.
        package var damagedBackups: Int { backups.filter { $0.standing.damaged != nil }.count }
        package var isStale: Bool {
            guard let maxAge else { return false }
            // A backup from the future says nothing about how old it is.
            return age.map { $0 > maxAge || $0 < -StatusOperation.clockSlack } ?? true
        }

        package var exit: ExitCode {
            var codes: [ExitCode] = [.done]
            if latest == nil && maxAge == nil { codes.append(.notFound) }
            if latest?.keyOpens == false { codes.append(.keyMismatch) }
            if isDamaged { codes.append(.damaged) }
            if case .unreachable = database { codes.append(.unhealthy) }
            if isStale { codes.append(.stale) }
            if latest?.assessment.isShrunk == true { codes.append(.partial) }
            return .mostImportant(codes)
        }
    }

    /// Seconds by which two clocks may differ.
    private static let clockSlack: Int64 = 300

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
            freeBytes: try repository.files.freeSpace(at: repository.layout.root).available, maxAge: maxAge,
            warnings: try warnings())
    }

    private func warnings() throws -> [String] {
        let edited = KeysInForce(workplace.instance).finding
        let unfinished = try InPlaceJournal.unfinishedWords(workplace.instance)
        return [edited, unfinished.map { $0 + "; run: infisical-ops restore --in-place" }].compactMap { $0 }
    }

    private func reachability() -> Reachability {
        do {
            let connection = try DatabaseConnections(workplace.instance).open(.main, role: "status", deadline: 5)
            defer { connection.close() }
            return .reachable(connection.serverVersion.description)
        } catch { return .unreachable(.of(error)) }
    }
}
