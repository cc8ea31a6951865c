import InPlace
import Instance
import InstanceAccess
import InstanceHealth
import Operations
import Postgres
import Rotation
import Secrets

/// The role's side of a rotation of the database password. Every step may be done again.
struct RotationPassword {
    private let instance: InstanceAccess
    private let database: String
    private let material: RotationMaterial

    /// - Parameter workplace: looked at anew: the database's container may have been made anew, and have another address.
    init(_ workplace: Workplace, _ work: RotationWork, _ material: RotationMaterial) {
        instance = workplace.instance
        database = work.database.name
        self.material = material
    }

    /// The same instance, whose sessions are opened with whichever password the role has.
    static func trying(_ workplace: Workplace, _ work: RotationWork, _ material: RotationMaterial) -> Workplace {
        guard work.route == .databasePassword, let role = work.role else { return workplace }
        let passwords = [true, false].compactMap { material.password(isNew: $0) }
        return Workplace(
            workplace.instance.trying(PasswordCandidates(role: role, passwords: passwords)),
            lockWait: workplace.lockWait)
    }

    /// Makes the database's container with the password, where its environment holds it. Its server is stopped meanwhile.
    func makeContainer(isNew: Bool) throws {
        guard let record = material.site.database, let project = material.site.remake.project,
            let password = material.password(isNew: isNew)
        else { return }
        try DatabaseRemake(instance).make(record, project, password)
    }

    /// Starts the database's container, which a run that was killed may have left stopped, and waits for it.
    func revive(_ workplace: Workplace, patience: Duration) throws {
        guard let record = material.site.database, let project = material.site.remake.project,
            try DatabaseRemake(instance).revive(record, project)
        else { return }
        _ = try HealthWait(
            workplace.surroundings.cancellation, effects: workplace.surroundings.effects, patience: patience
        ).untilHealthy { try HealthOperation(try workplace.refreshed()).perform(through: .database) }
    }

    /// Gives the role the password, unless it is known to have it.
    ///
    /// - Parameter stop: called before anything is changed.
    func set(isNew: Bool, stop: () throws -> Void) throws {
        guard let password = material.password(isNew: isNew) else { return }
        let role = try RolePassword(instance)
        let connection = try open()
        if try role.isInForce(password, connection) == true { return connection.close() }
        // The sessions of a backend are waited for, and this is one beside them.
        connection.close()
        try stop()
        let writer = try open()
        defer { writer.close() }
        try writer.setPassword(password, of: role.role)
    }

    private func open() throws -> Connection { try DatabaseConnections(instance).openBeside("rotate", in: database) }

    /// Logs in where the backend does.
    ///
    /// - Returns: why that proves nothing, one sentence without full stop; nil where the new password is proven.
    /// - Throws: `RotationRefusal.notProven`.
    func prove() throws -> String? {
        guard let new = material.password(isNew: true), let old = material.password(isNew: false) else { return nil }
        let role = try RolePassword(instance), answer = try role.trial(new)
        switch answer {
        case .accepted:
            if try role.trial(old) == .accepted {
                throw RotationRefusal.notProven("\(role.server) still takes the old password")
            }
            return nil
        case .refused: throw RotationRefusal.notProven("\(role.server) does not take the new password")
        case .notAsked, .noSession:
            let connection = try open()
            defer { connection.close() }
            if try role.isInForce(new, connection) == false {
                throw RotationRefusal.notProven("the role \"\(role.role)\" does not have the new password")
            }
            return DatabasePasswordRotation.doubt(answer, role)
        }
    }
}
