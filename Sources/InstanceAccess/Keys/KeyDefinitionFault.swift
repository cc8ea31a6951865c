package import Faults

/// Why the env files of a compose project cannot be given other keys; nothing was changed.
package enum KeyDefinitionFault: Fault, Equatable {
    /// The project would give a service another value than the one that is to be replaced.
    case notInForce(service: String, variable: String)
    /// A variable that a target is fed by is fed to a service outside of the instance too.
    case shared(name: String, service: String)
    /// A variable of the shell counts more than the files.
    case inShell(String)
    /// No env file yields the value; where a compose file says it itself.
    case notInFiles(service: String, variable: String, place: String?)
    /// Services are given different env files, and more than one of these would change.
    case severalFiles([String])

    package var code: String {
        switch self {
        case .notInForce: "keys.not-in-force"
        case .shared: "keys.shared"
        case .inShell: "keys.in-shell"
        case .notInFiles: "keys.not-in-env-files"
        case .severalFiles: "keys.several-env-files"
        }
    }

    package var message: String {
        switch self {
        case .notInForce(let service, let variable):
            "the compose project would give \(variable) of \(service) another value than the one in force"
        case .shared(let name, let service):
            "\(name) is read by the service \(service) too, which is no part of Infisical and would get the new value"
        case .inShell(let name):
            "\(name) is set in this shell, where it counts more than the env files: the next start would take it from there"
        case .notInFiles(let service, let variable, let place?):
            "\(variable) of \(service) is written in the compose file itself (\(place)), not in an env file"
        case .notInFiles(let service, let variable, nil):
            "\(variable) of \(service) comes from no env file of the compose project"
        case .severalFiles(let services):
            "the value stands in different env files of the services \(services.joined(separator: ", "))"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .notInForce(let service, _):
            [
                .command(["infisical-ops", "health"]),
                .check("was an env file edited since \(service) was made? put back the value in force first"),
            ]
        case .shared(let name, let service):
            [.check("give Infisical a variable of its own in the compose file, so that \(name) is left to \(service)")]
        case .inShell(let name): [.command(["unset", name]), .check("look for what sets it: a profile, or a script")]
        case .severalFiles:
            [.check("give these services one env file in common, recreate their containers, then try again")]
        case .notInFiles(_, let variable, _):
            [.check("have the compose file take \(variable) from an env file, recreate the container, then try again")]
        }
    }

    package var exit: ExitCode { .refused }
}
