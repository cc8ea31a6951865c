import Effects
import Faults
import InstanceAccess
import Rotation
import Synchronization

/// What a run has come by, for what is said when it fails.
package final class RunTrace: Sendable {
    private let instance = Mutex<InstanceAccess?>(nil)

    func note(_ instance: InstanceAccess) { self.instance.withLock { $0 = instance } }

    /// A fault with the change of the instance that is unfinished and may be its cause; any other as it is.
    func explained(_ fault: any Fault) -> any Fault {
        guard fault.interruption == nil, SeveralFaults.of(fault) == nil, let instance = instance.withLock({ $0 }),
            let change = RunTrace.unfinished(fault.code, instance)
        else { return fault }
        let failure = fault as? Failure
        return Failure(
            FaultDuringChange(cause: failure?.cause ?? fault, change: change.text, next: change.command),
            context: failure?.context ?? [], cleanup: failure?.cleanup ?? [])
    }

    /// The change that may be the cause: a rotation where the database lets nobody in, and a recovery where the host does not
    /// know the repository yet; or why the record of it cannot be read.
    private static func unfinished(_ code: String, _ instance: InstanceAccess) -> (text: String, command: [String])? {
        let look = ["infisical-ops", "rotate", "status"]
        do {
            if code.hasPrefix("postgres."), let rotation = try RotationJournal.obstacle(instance) {
                return (rotation.message, look)
            }
            return code == "repository.signer-not-pinned" ? try RecoveryRecord.unfinished(instance) : nil
        } catch {
            let fault: any Fault = .of(error)
            return (fault.message, look)
        }
    }
}

/// A fault while a change of the instance is unfinished.
private struct FaultDuringChange: Fault {
    let cause: any Fault
    let change: String
    /// What goes on with it.
    let next: [String]

    var code: String { cause.code }
    var message: String { "\(change); \(cause.message)" }
    var hints: [Hint] { [.command(next)] + cause.hints.filter { $0 != .command(next) } }
    /// What was refused is refused because of it.
    var exit: ExitCode { cause.exit == .refused ? .unfinishedRotation : cause.exit }
}
