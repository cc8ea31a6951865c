package import Faults
package import Postgres

/// A database that does not answer where the env file says, while the containers that could tell its real address were
/// not found either.
package struct UndiscoveredDatabase: Fault {
    package let cause: PostgresFault
    package let discovery: any Fault

    package var code: String { cause.code }
    package var message: String {
        "\(cause.message); its container could not be asked for the address: \(discovery.message)"
    }
    package var hints: [Hint] { discovery.hints + cause.hints }
    package var exit: ExitCode { cause.exit }
}
