import DurableFiles
import Effects
package import Faults
import Instance
import InstanceAccess
package import InstanceData
package import InstanceHealth
package import Operations
package import Restoring

extension RecoverOperation {
    package struct Report: Sendable {
        /// Id of the backup.
        package let backup: String
        package let project: String
        package let folder: String
        package let database: String
        /// Nil where an earlier run had restored it.
        package let rows: Int?
        package let files: [String]
        package let phases: [RecoveryPhases.Phase]
        package let seconds: Double
        package let dataAge: Int64
        package let health: HealthReport
        package let census: CensusOperation.Report
        package let losses: [ObjectLoss]
        package let warnings: [String]
        /// Whom this run was told to trust; nil where the host knows it.
        package let signer: String?

        package var exit: ExitCode {
            let isWhole = warnings.isEmpty && losses.isEmpty
            return ExitCode.mostImportant([health.exit, census.exit, isWhole ? .done : .partial])
        }
    }

    /// - Parameter told: gets a sentence before each step.
    package func perform(
        _ plan: Plan, progress: BackupProgress, told: @escaping (String) -> Void
    ) throws -> Report {
        let lock = try workplace.lockInstance(for: "recover")
        // Another run may have begun, or ended, while this one was agreed to.
        let left = try unfinished()
        if let left, left != plan.record { throw otherUnfinished(left) }
        if left == nil { try plan.project.requireFree(surroundings.docker, surroundings.files) }
        try plan.record.write(workplace.instance)
        let phases = RecoveryPhases(surroundings.clock)
        let report: Report
        do { report = try RecoveryRun(self, plan, phases, progress, told).perform() } catch {
            throw UnfinishedRecovery.of(error, during: phases.last, next: plan.record.next)
        }
        try RecoveryRecord.remove(workplace.instance)
        lock.release()
        return report
    }
}

/// A recovery that stopped on its way: what it has made stays, and the same command goes on.
struct UnfinishedRecovery: Fault {
    let cause: any Fault
    let step: String
    /// What goes on.
    let next: [String]

    /// - Parameters:
    ///   - step: the part that was begun last.
    ///   - next: the command that goes on.
    static func of(_ error: any Error, during step: String?, next: [String]) -> any Fault {
        let fault: any Fault = .of(error), failure = fault as? Failure
        if let signal = fault.interruption {
            return Failure(
                InterruptedRun(
                    signal,
                    state: "the recovery is unfinished (it was at: \(step ?? "files")), and what it has made stays",
                    hints: [.command(next)]),
                cleanup: failure?.cleanup ?? [])
        }
        return Failure(
            UnfinishedRecovery(cause: fault, step: step ?? "files", next: next), cleanup: failure?.cleanup ?? [])
    }

    var code: String { cause.code }
    var message: String { "\(step): \(cause.message); the recovery is unfinished, and what it has made stays" }
    var hints: [Hint] {
        cause.hints + [.check("then go on where this one stopped:"), .command(next)]
    }
    /// Something was changed by then.
    var exit: ExitCode { cause.exit == .refused ? .failed : cause.exit }
}
