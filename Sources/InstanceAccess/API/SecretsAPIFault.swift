package import Faults
import Settings

/// Why a secret could not be read or written through Infisical's API. Never holds a value.
package enum SecretsAPIFault: Fault, Equatable {
    case noAddress
    case noIdentity
    case notLoggedIn(identity: String, status: Int)
    /// It answers, and not as Infisical does.
    case foreign(address: String)
    case refused(identity: String, status: Int)
    /// What was written waits until somebody agrees.
    case needsApproval

    package var code: String {
        switch self {
        case .noAddress: "api.no-address"
        case .noIdentity: "api.no-identity"
        case .notLoggedIn: "api.not-logged-in"
        case .foreign: "api.foreign"
        case .refused: "api.refused"
        case .needsApproval: "api.needs-approval"
        }
    }

    package var message: String {
        switch self {
        case .noAddress: "the address of Infisical is not known"
        case .noIdentity: "no machine identity is configured, by which Infisical lets this program in"
        case .notLoggedIn(let identity, let status):
            "Infisical does not let the machine identity \(identity) in: it answers \(status)"
        case .foreign(let address): "what answers at \(address) is not Infisical"
        case .refused(let identity, let status):
            "Infisical does not let the machine identity \(identity) do that: it answers \(status)"
        case .needsApproval: "an approval policy holds the change back until somebody agrees"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .noAddress, .foreign: [.check("set instance.url in the configuration"), Self.configuration]
        case .noIdentity:
            [
                .check(
                    "make a machine identity (universal auth) in Infisical that may edit the secrets, and name it as "
                        + "\(SettingKey.identityClientID.path) and \(SettingKey.identitySecretFile.path)")
            ]
        case .notLoggedIn:
            [
                .check("\(SettingKey.identityClientID.path) and its client secret must be those that Infisical shows"),
                Self.configuration,
            ]
        case .refused(let identity, _):
            [.check("make the machine identity \(identity) a member of the project, with a role that may edit secrets")]
        case .needsApproval: [.check("change the secret in Infisical, and have it approved")]
        }
    }

    package var exit: ExitCode { .refused }

    private static let configuration = Hint.command(["infisical-ops", "config", "show"])
}
