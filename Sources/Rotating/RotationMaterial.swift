import InfisicalData
import InstanceAccess
import Rekeying
import Repository
import Rotation
import Secrets

/// What one rotation is done with: its keys, and where it takes place. The steps of a run hand on to each other what they
/// found; a process that goes on has it from the journal.
final class RotationMaterial {
    let site: RotationSite
    /// With root keys and replaced ones once the transaction knows them.
    private(set) var keys: RotationKeys
    private let depth: RotationWork.Depth?

    /// What the transaction did; nil where another process had it committed.
    var report: RekeyingReport?
    /// Values that were found under the old key after the new start, and sealed anew.
    var swept = 0
    /// Values that no key opens, as the way back found them.
    var leftBack: [ValueName] = []
    /// When the backend was stopped, and when it worked again, by the monotonic clock in nanoseconds.
    var stopped: UInt64?
    var started: UInt64?
    /// Seconds between both; nil where one of them is not known.
    var downtime: Double? { stopped.flatMap { stopped in started.map { Double($0 - stopped) / 1e9 } } }
    /// The backup that was taken with the new key, and is proven.
    var nextBackup: String?

    init(_ keys: RotationKeys, _ site: RotationSite, depth: RotationWork.Depth?) {
        self.keys = keys
        self.site = site
        self.depth = depth
    }

    func take(_ report: RekeyingReport) {
        keys = keys.with(roots: report.root, retired: report.retired.isEmpty ? nil : report.retired.secret)
    }

    var old: EnvironmentKeys { keys.keys(keys.old.environment) }
    var new: EnvironmentKeys { keys.keys(keys.new.environment) }
    private var older: [EnvironmentKeys] { keys.older.map(keys.keys) }

    /// What the database goes from and to; a staged key is exchanged by the server, and only its way back is this.
    var exchange: KeyExchange {
        let depth: RekeyingDepth =
            switch self.depth {
            case .rekey: .rekey
            case .deep: .deep
            case .full, .native, nil: .full
            }
        var exchange = KeyExchange(old: old, new: new, depth: depth)
        exchange.older = older
        exchange.leaves = site.leaves
        exchange.replacesStaged = site.replacesStaged
        return exchange
    }

    var staging: NativeStaging {
        NativeStaging(old: [old] + older, new: new, replacesStaged: site.replacesStaged)
    }

    var retired: RetiredKeys { keys.retired.flatMap { RetiredKeys($0) } ?? RetiredKeys() }

    /// The password before, or after; nil where none is rotated.
    func password(isNew: Bool) -> Secret? { (isNew ? keys.new : keys.old).environment[PasswordHolders.variable] }

    /// What the container's variables must be, besides the keys that are told by their labels.
    func values(isNew: Bool) -> [String: Secret] {
        let side = isNew ? keys.new : keys.old
        let names = site.variables ?? [KeyKind.authSecret.variable]
        return side.environment.filter { names.contains($0.key) }
    }

    func labels(isNew: Bool) -> Set<String> { isNew ? site.newLabels : site.oldLabels }
}
