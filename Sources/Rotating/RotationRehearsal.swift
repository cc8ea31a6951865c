package import Drills
package import Faults
import InfisicalData
package import Operations
import Postgres
import Rekeying
import Repository
package import Rotation
import Synchronization

/// A rotation of the encryption key that is only practised: a backup is taken and restored into a scratch server, the copy goes
/// over to the new keys there, and Infisical is started on it with them. The instance keeps its keys, and goes on.
package struct RotationRehearsal {
    package struct Report: Sendable {
        package let work: RotationWork
        /// How the copy was restored and proven, and Infisical started on it.
        package let drill: DrillReport
        /// Values that were encrypted anew; nil where the copy was not reached, and where the server does it itself.
        package let rewritten: Int?
        /// What the transaction took; nil where the copy was not reached.
        package var exchangeSeconds: Double? {
            drill.phases.first { $0.name == DrillOperation.Exchange.phase }?.seconds
        }
        /// Seconds without Infisical that are to be expected, but for those that its backend takes to stop; nil where it did not
        /// start on the copy.
        package var downtime: Double? {
            exchangeSeconds.flatMap { exchange in drill.bootSeconds.map { exchange + $0 } }
        }
        package var exit: ExitCode { drill.exit }
    }

    private let workplace: Workplace
    private let plan: RotationPlan

    package init(_ workplace: Workplace, _ plan: RotationPlan) {
        self.workplace = workplace
        self.plan = plan
    }

    /// - Parameter told: gets a sentence before each step.
    package func perform(progress: BackupProgress, told: (String) -> Void) throws -> Report {
        var options = DrillOperation.Options()
        options.level = .boots
        try DrillOperation(workplace, options).requireBoot()
        told("taking a backup")
        options.id = try RotationBackup(workplace).take(keeping: plan.material.keys.old.label, progress)
        told("restoring it, encrypting the copy with a new key, and starting Infisical on it")
        let material = plan.material, rewritten = Mutex<Int?>(nil)
        let exchange = material.exchange, staging = plan.work.route == .stagedKey ? material.staging : nil
        let drill = try DrillOperation(
            workplace, options,
            exchange: .init(
                encryptionKey: material.keys.new.environment[KeyKind.encryptionKey.variable],
                rootEncryptionKey: material.keys.new.environment[KeyKind.rootEncryptionKey.variable]
            ) { writer, reader in
                try writer.transaction {
                    if let staging {
                        try staging.stage(writer)
                    } else {
                        let report = try exchange.forward.perform(writer: writer, reader: reader)
                        rewritten.withLock { $0 = report.rewritten }
                    }
                }
            }
        ).perform(progress: progress)
        return Report(work: plan.work, drill: drill, rewritten: rewritten.withLock(\.self))
    }
}
