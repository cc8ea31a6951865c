import DurableFiles
import InfisicalData
import Instance
import InstanceAccess
import Postgres
import Rekeying
import Secrets
import Settings

/// New keys in place of retired ones, before a backend runs on what was recovered. The env files come first, then the database,
/// in one transaction: a key that anything is encrypted with is on disk by then, and what was done is seen from both.
struct RetiredKeyExchange {
    private let retired: RetiredKeptKeys
    private let project: RecoveryProject
    private let surroundings: Surroundings

    init(_ retired: RetiredKeptKeys, _ project: RecoveryProject, _ surroundings: Surroundings) {
        self.retired = retired
        self.project = project
        self.surroundings = surroundings
    }

    /// Writes new values into the env files, where an earlier run has not.
    ///
    /// - Parameter record: gets the paths of the files before the first of them is written.
    /// - Returns: all keys that the environment has from then on.
    func write(_ flag: FIPSMode.DatabaseFlag, record: ([String]) throws -> Void) throws -> EnvironmentKeys {
        let now = try project.environment(), service = project.services[.backend] ?? ""
        let isFIPS = FIPSMode.isActive(environment: now.fips ?? false, database: flag)
        var values = now.values(of: KeyKind.encrypting, or: nil)
        var targets: [KeyDefinitions.Target] = []
        for kind in retired.kinds {
            guard let old = retired.environment.value(of: kind)?.trimmed(), values[kind.variable]?.equals(old) == true
            else {
                continue
            }
            let new = try GeneratedKey(kind, fips: isFIPS).value
            targets.append(.init(service: service, variable: kind.variable, old: old, new: new))
            values[kind.variable] = new
        }
        if !targets.isEmpty {
            let edits = try KeyDefinitions(
                targets, of: project.labels, own: Set(project.services.values), surroundings.docker, surroundings.files
            ).edits
            let rewrites = try edits.map { try EnvFileRewrite($0) }
            for rewrite in rewrites { try rewrite.requireWritable(surroundings.files) }
            try record(rewrites.map(\.edit.before.path))
            for rewrite in rewrites { try rewrite.write(surroundings.files) }
        }
        return EnvironmentKeys(values, fips: isFIPS)
    }

    /// Encrypts what is under the kept keys with the new ones; a second time changes nothing.
    ///
    /// - Returns: what stayed under no known key, a sentence without full stop each.
    func perform(
        _ new: EnvironmentKeys, _ flag: FIPSMode.DatabaseFlag, writer: Connection, reader: Connection
    ) throws -> [String] {
        var rekeying = Rekeying(old: [KeysInForce.ofRendered(retired.environment, flag).keys], new: new)
        // What was prepared when the backup was taken is of another time.
        rekeying.replacesStaged = true
        rekeying.leaves = Set(try rekeying.survey(reader, migrationIsOver: true).closed.keys)
        let report = try writer.transaction { try rekeying.perform(writer: writer, reader: reader) }
        return report.left.map { "\($0.text) opens with no key, and stayed as it is" }
    }
}
