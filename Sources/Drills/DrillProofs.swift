import DurableFiles
import Effects
import InstanceAccess
import Repository
import Restoring

/// Writes down what a drill found, signed.
struct DrillProofs {
    let repository: Repository
    let inventory: Inventory
    let surroundings: Surroundings

    /// Writes a proof of the level that was reached, one of the failure to reach the next, and one of damage where the
    /// backup itself is at fault.
    ///
    /// What is wrong with the restored copy alone takes back nothing that was proven of the backup.
    ///
    /// - Returns: why nothing was written, when nothing was, and whether something should have been.
    func record(_ report: DrillReport) throws -> (reason: String?, fails: Bool) {
        let signer: Signer
        switch try ProofSigner(repository) {
        case .signer(let own): signer = own
        case .none(_, let reason, let isMeant): return (reason, !isMeant)
        }
        if let level = report.reached { try write(level, .proven, report, of: report.entry, signer) }
        // After it, so that it is the last word.
        if let (level, failure) = report.failure {
            try write(level, .failed, report, of: report.entry, signer, failure: failure)
        }
        for (id, found) in Finding.damage(in: report.damage) {
            guard let entry = inventory.entries.first(where: { $0.id == id }) else { continue }
            try write(found.level, .damaged, report, of: entry, signer, chunks: found.chunks)
        }
        if report.problems.contains(where: \.isOfBackup) {
            // Every chunk is what its name says: what they hold together is not what the manifest says.
            try write(.equal, .damaged, report, of: report.entry, signer, chunks: [])
        }
        return (nil, false)
    }

    private func write(
        _ level: ProofLevel, _ outcome: Proof.Outcome, _ report: DrillReport, of entry: InventoryEntry,
        _ signer: Signer, chunks: [ChunkName]? = nil, failure: Proof.Failure? = nil
    ) throws {
        let time = try ProofStore.time(of: entry, now: surroundings.clock.now(), repository)
        let drill = Proof.Drill(
            on: report.on, server: report.server,
            phases: report.phases.map { .init(name: $0.name, milliseconds: Self.milliseconds($0.seconds)) },
            milliseconds: Self.milliseconds(report.seconds), losses: report.losses.map(\.text),
            notes: report.notes + report.unchecked, notProvable: report.notProvable)
        try ProofStore.record(
            Proof(
                backup: entry.id, manifest: entry.sha256, level: level, outcome: outcome, time: time.iso8601,
                program: Release.nameAndVersion, host: surroundings.hostName, chunks: chunks,
                drill: outcome == .damaged ? nil : drill, failure: failure),
            signer: signer, repository: repository)
    }

    private static func milliseconds(_ seconds: Double) -> Int { Int(saturating: (seconds * 1000).rounded()) }
}
