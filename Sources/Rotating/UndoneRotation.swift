import Faults
import InstanceAccess

/// A rotation that failed on its way and was taken back: nothing is left to be done but about its cause.
struct UndoneRotation: Fault {
    let title: String
    let cause: any Fault

    let code = "rotation.undone"
    var message: String { "\(title) failed and was taken back, so that everything is as it was: \(cause.message)" }
    var hints: [Hint] {
        // The container that did not work is gone, and what is there now works.
        guard case InstanceFault.unhealthy = (cause as? Failure)?.cause ?? cause else { return cause.hints }
        return [
            .command(["infisical-ops", "health"]),
            .check("was the time too short? then try again with a longer --timeout"),
        ]
    }
    let exit = ExitCode.failed
}
