/// What the drills of all backups of a repository came to: nightly backups have none of their own, and the last drill was of
/// an older one.
package struct DrillRecord: Sendable {
    /// A drill that opened every ciphertext with the backup's own keys.
    package struct Success: Sendable, Equatable {
        package let backup: BackupID
        package let time: String
        /// What nothing at hand can prove; nil where the proof does not say.
        package let notProvable: [Proof.NotProvable]?
    }

    package struct Failure: Sendable, Equatable {
        package let backup: BackupID
        package let drill: ProofStore.FailedDrill
        /// The newest backup whose drill would take it back; nil where none that is as new counts.
        package let clearedBy: BackupID?
    }

    /// The last one that came to *decrypts* or further; nil without one.
    package private(set) var success: Success?
    /// The last one that failed, unless one that went as far, of the same backup or a newer one, has succeeded since.
    package private(set) var failure: Failure?

    /// - Parameters:
    ///   - backups: from the oldest to the newest: what the proofs of each say, and whether it counts: what a shrunk one
    ///     proves is not enough.
    ///   - end: a success after it is of a clock that was wrong, and would hide all later ones; RFC 3339.
    package init(_ backups: [(id: BackupID, standing: ProofStore.Standing, counts: Bool)], until end: String) {
        for backup in backups where backup.counts {
            guard let time = backup.standing.proven(at: .decrypts), time <= end, time > success?.time ?? "" else {
                continue
            }
            success = Success(backup: backup.id, time: time, notProvable: backup.standing.notProvable)
        }
        for (place, backup) in backups.enumerated() {
            guard let drill = backup.standing.failure, drill.time > failure?.drill.time ?? "" else { continue }
            // What an older one proves says nothing of this one. Of a newer one the same second is enough: of one backup times
            // are kept apart, and run ahead for it.
            let isRefuted = backups[place...].enumerated().contains { distance, other in
                guard other.counts, let success = other.standing.wasProven(at: drill.level) else { return false }
                return distance == 0 ? success > drill.time : success >= drill.time
            }
            if isRefuted { continue }
            failure = Failure(
                backup: backup.id, drill: drill, clearedBy: backups[place...].last(where: \.counts)?.id)
        }
    }
}
