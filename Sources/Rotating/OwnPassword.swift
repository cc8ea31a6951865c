import Faults
import InstanceAccess
import Postgres
import Secrets
import Settings

/// From where this program itself has the password of the backend's role, if it connects as that.
struct OwnPassword {
    private let target: DatabaseTarget
    private let role: RolePassword

    init(_ instance: InstanceAccess, _ role: RolePassword) {
        target = instance.configuration.database
        self.role = role
    }

    /// Refuses where this program would be kept out afterwards.
    ///
    /// - Parameters:
    ///   - files: that are edited.
    ///   - connection: a session of this program.
    /// - Throws: `RotationRefusal.ownPassword`.
    func require(_ files: [RotationSite.File], _ connection: Connection) throws(RotationRefusal) {
        guard role.isNeeded(by: connection) else { return }
        switch target.passwordOrigin {
        case .container: return
        case .envFile(let path, _, let name) where files.contains { $0.path == path && $0.names[name] != nil }: return
        case let origin?: throw .ownPassword(origin: origin.description)
        case nil: throw .ownPassword(origin: "libpq's own password file")
        }
    }

    /// What to say of a place that keeps the old password, where nothing depends on it now; nil where none does.
    var warning: String? {
        guard target.user == role.role, let password = target.password, let given = role.given,
            password.equals(given), let origin = target.passwordOrigin
        else { return nil }
        switch origin {
        case .container, .envFile: return nil
        default: return "\(origin) keeps the old password: change it afterwards"
        }
    }
}
