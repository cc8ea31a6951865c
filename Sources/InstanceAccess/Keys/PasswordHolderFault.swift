package import Faults

/// Why the password cannot be changed where it stands; nothing was changed.
package enum PasswordHolderFault: Fault, Equatable {
    /// It holds the password in a way that cannot be changed safely.
    case unclear(variable: String)
    /// No variable of the backend's container holds the password.
    case none(container: String)

    package var code: String {
        switch self {
        case .unclear: "password.unclear"
        case .none: "password.not-in-container"
        }
    }

    package var message: String {
        switch self {
        case .unclear(let variable):
            "\(variable) holds the database password in a way that cannot be changed without changing something else"
        case .none(let container): "no variable of the container \(container) holds the database password"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .unclear(let variable):
            [.check("write the password in \(variable) plainly, as postgresql://USER:PASSWORD@HOST:PORT/NAME")]
        case .none: [.check("give it as DB_CONNECTION_URI or DB_PASSWORD")]
        }
    }

    package var exit: ExitCode { .refused }
}
