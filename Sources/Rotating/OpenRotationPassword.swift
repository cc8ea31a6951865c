import InstanceAccess
package import Operations
import Rotation

/// The password of the database while a rotation of it is unfinished: the role may have another one than the env file says.
package enum OpenRotationPassword {
    /// The same workplace with the password that the server takes now. Where nothing tells, it stays as it is, and whoever
    /// opens a session says what is wrong.
    package static func settled(_ workplace: Workplace) -> Workplace {
        do { return try found(workplace) ?? workplace } catch { return workplace }
    }

    private static func found(_ workplace: Workplace) throws -> Workplace? {
        guard let open = try RotationJournal.history(workplace.instance).open, open.work.route == .databasePassword,
            let prepared = open.prepared, let keys = try RotationSafe.open(open, workplace)
        else { return nil }
        let site = try RotationSite(text: prepared, path: RotationJournal.path(workplace.instance))
        let trying = RotationPassword.trying(workplace, open.work, RotationMaterial(keys, site, depth: nil))
        guard let password = try DatabaseConnections(trying.instance).acceptedPassword() else { return nil }
        return Workplace(trying.instance.with(databasePassword: password), lockWait: workplace.lockWait)
    }
}
