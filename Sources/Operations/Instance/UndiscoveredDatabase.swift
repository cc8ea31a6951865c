import Faults
import Postgres

/// A database that does not answer where the env file says, while the containers that could tell its real address were
/// not found either.
struct UndiscoveredDatabase: Fault {
    let cause: PostgresFault
    let discovery: any Fault

    var code: String { cause.code }
    var message: String { "\(cause.message); its container could not be asked for the address: \(discovery.message)" }
    var hints: [Hint] { discovery.hints + cause.hints }
    var exit: ExitCode { cause.exit }
}
