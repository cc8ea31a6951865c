package import InfisicalData
import Postgres
package import Rekeying

/// Which keys a database goes from, and which it goes to.
package struct KeyExchange: Sendable {
    /// The environment's keys in force before, and after.
    package let old: EnvironmentKeys
    package let new: EnvironmentKeys
    /// Keys of earlier rotations, which may still open what was left behind.
    package var older: [EnvironmentKeys] = []
    package let depth: RekeyingDepth
    /// Values that no key opens and that stay as they are.
    package var leaves: Set<ValueName> = []
    /// Whether a rotation of Infisical's own that somebody prepared is dropped (S8).
    package var replacesStaged = false

    package init(old: EnvironmentKeys, new: EnvironmentKeys, depth: RekeyingDepth) {
        self.old = old
        self.new = new
        self.depth = depth
    }

    /// Says what the way forward would do, and refuses what it cannot; changes nothing.
    func survey(_ reader: Connection) throws -> RekeyingSurvey { try forward.survey(reader) }

    var forward: Rekeying {
        var rekeying = Rekeying(old: [old] + older, new: new, depth: depth)
        rekeying.leaves = leaves
        rekeying.replacesStaged = replacesStaged
        return rekeying
    }

    /// Whatever was exchanged below the keys of the environment stays exchanged: it is wrapped with the old key again.
    ///
    /// - Parameter retired: keys that the way forward replaced.
    func back(retired: RetiredKeys) -> Rekeying {
        var rekeying = Rekeying(old: [new, old] + older, new: old, depth: .full)
        rekeying.retired = retired
        rekeying.replacesStaged = true
        return rekeying
    }

    /// Finds what was written under the old keys after the database went over.
    func sweep(retired: RetiredKeys) -> Rekeying {
        var rekeying = Rekeying(old: [old] + older, new: new, depth: .full)
        rekeying.retired = retired
        rekeying.leaves = leaves
        return rekeying
    }
}
