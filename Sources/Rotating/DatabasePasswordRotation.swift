import Crypto
import DurableFiles
import Effects
import Faults
import InPlace
import InfisicalData
import Instance
import InstanceAccess
package import Operations
import Postgres
import Repository
import Rotation
import Secrets
import Settings

/// Plans a rotation of the password of the role that the backend connects as.
package struct DatabasePasswordRotation {
    package struct Options: Sendable {
        /// An env file with the new value; nil makes one.
        package var newKeyFile: String?
        /// What becomes of secrets that hold the old value.
        package var storedCopies = StoredCopies.Choice()
        package init() {}
    }

    private let workplace: Workplace
    private let options: Options
    private let stopPatience = RotationActions.Patience().stop
    private let variable = PasswordHolders.variable

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    package func plan() throws -> RotationPlan {
        // Whatever else is wrong may come of it.
        if let open = try RotationJournal.obstacle(workplace.instance) { throw open }
        let role = try RolePassword(workplace.instance)
        guard let old = role.given else { throw RotationRefusal.notSet(variable) }
        // Told before all that fails because of it.
        let answer = try answer(role, old)
        let ground = try RotationGround(workplace, stopPatience: stopPatience)
        let new = try newValue()
        if new.equals(old) { throw RotationRefusal.sameValue(variable) }
        let connection = try DatabaseConnections(workplace.instance).openBeside("rotate", in: ground.database.name)
        defer { connection.close() }
        var refusals = Refusals()
        try refusals.check { try requireInForce(role, old, answer, connection) }
        try refusals.check { try role.rehearse(new, connection) }
        let holders = try refusals.required {
            try PasswordHolders(of: workplace.instance, role: role.role, old: old, new: new)
        }
        let files = try refusals.check { try ground.edits(holders) } ?? []
        let container = try refusals.check { try DatabaseRemake(workplace.instance).survey(old, connection) } ?? nil
        let ownSource = OwnPassword(workplace.instance, role)
        try refusals.check { try ownSource.require(files, connection) }
        let copies = try refusals.check {
            try RotationGround.copies(of: holders.values, workplace, choice: options.storedCopies)
        }
        try refusals.end()
        let keys = try keys(holders, ground), labels = Set(ground.inForce.candidates.map(\.label))
        let site = RotationSite(
            remake: ground.remake, database: container, files: files, oldLabels: labels, newLabels: labels,
            variables: holders.ofBackend, copies: copies?.listed.map(\.text) ?? [],
            stored: copies?.written ?? [])
        let work = RotationWork(
            id: keys.id.text, route: .databasePassword, depth: nil,
            changes: [.init(variable: variable, old: nil, new: nil)], server: ground.server, database: ground.database,
            role: role.role, containers: ground.containers, files: files.map(\.path))
        let unproven = DatabasePasswordRotation.doubt(answer, role)
        var plan = RotationPlan(
            steps: steps(work, site) + (try holding(role, connection)) + (copies?.lines ?? []),
            warnings: ground.warnings + [unproven, ownSource.warning].compactMap(\.self)
                + holders.ofOtherServers.map {
                    "\($0) gives the same role and password for another server, or calls this one otherwise: it stays as it is"
                } + (copies?.unread ?? []),
            work: work, material: RotationMaterial(keys, site, depth: nil), workplace.instance)
        plan.unproven = unproven
        return plan
    }

    // MARK: - The password in force

    private func answer(_ role: RolePassword, _ old: Secret) throws -> RolePassword.Answer {
        do throws(PostgresFault) {
            let answer = try role.trial(old)
            // The container has what the file said when it was made; the next one gets what it says now.
            let file = workplace.configuration.instance.databaseTarget.password
            var isRefused = answer == .refused
            if let file, !file.equals(old), try role.trial(file) == .refused { isRefused = true }
            if !isRefused { return answer }
        } catch {
            if case .pooler = error { throw RotationRefusal.pooler(server: role.server) }
            throw error
        }
        throw RotationRefusal.passwordDiffers(role: role.role, server: role.server)
    }

    /// Where no login tells, what the server keeps may: the way back would give the role a password that it never had.
    private func requireInForce(
        _ role: RolePassword, _ old: Secret, _ answer: RolePassword.Answer, _ connection: Connection
    ) throws {
        guard answer != .accepted, try role.isInForce(old, connection) == false else { return }
        throw RotationRefusal.passwordDiffers(role: role.role, server: role.server)
    }

    /// Why a login with the new password will prove nothing; nil where it will.
    static func doubt(_ answer: RolePassword.Answer, _ role: RolePassword) -> String? {
        switch answer {
        case .accepted, .refused: nil
        case .notAsked:
            "the new password is not provable here (trust): \(role.server) lets the role \"\(role.role)\" in without asking for one"
        case .noSession(let reason):
            "the new password is not provable here: the backend's own way to its database is closed to this program (\(reason))"
        }
    }

    // MARK: - Parts

    private func newValue() throws -> Secret {
        guard let file = options.newKeyFile else { return try GeneratedKey(.postgresPassword).value }
        let text = try workplace.surroundings.files.readSecret(file, limit: 1 << 20)
        let given = try InstanceEnvironment(
            texts: [(path: file, text: text)], syntax: workplace.configuration.envSyntax)
        guard let value = given.databaseTarget.password?.trimmed() else {
            throw RotationRefusal.otherVariables(file: file, needed: [KeyKind.postgresPassword.variable])
        }
        if let problem = KeyKind.postgresPassword.problem(of: value, fips: false) {
            throw RotationRefusal.unusableValue(problem, generator: KeyKind.postgresPassword.generator(fips: false))
        }
        return value
    }

    private func keys(_ holders: PasswordHolders, _ ground: RotationGround) throws -> RotationKeys {
        let now = workplace.surroundings.clock.now()
        return RotationKeys(
            id: RotationID(started: now, random: try RotationID.random()), started: now, depth: nil,
            isFIPS: ground.isFIPS, database: ground.keysDatabase,
            environmentFiles: ground.environment.files.map(\.path),
            old: .init(environment: holders.values.mapValues(\.old), label: nil),
            new: .init(environment: holders.values.mapValues(\.new), label: nil))
    }

    private func steps(_ work: RotationWork, _ site: RotationSite) -> [String] {
        let role = work.role ?? ""
        return ["Rotate \(work.subject) of the role \"\(role)\"", "  take a backup, and read it again"]
            + site.files.map {
                "  write the new value into \($0.path): \($0.names.keys.sorted().joined(separator: ", "))"
            }
            + [
                site.remake.project == nil
                    ? "  stop the backend, give the role the new password, start the backend again, and wait until everything works"
                    : "  make the containers of \(site.database == nil ? "" : "the database and ")the backend anew from the images they have, give the role the new password, start them, and wait until everything works",
                "  whatever fails until then puts everything back", "  take a backup with the new value",
            ]
    }

    /// Whose sessions are open as the role now: these programs have the password from somewhere, and the backend is one of
    /// them.
    private func holding(_ role: RolePassword, _ connection: Connection) throws -> [String] {
        var names: [String: String] = [:]
        for network in workplace.instance.containers?[.backend]?.networks ?? [] where !network.address.isEmpty {
            names[network.address] = "Infisical's backend"
        }
        let sessions = try ClientSession.others(of: role.role, calling: names, connection)
        return ["Sessions as the role \"\(role.role)\" now; programs besides Infisical need the new password, too:"]
            + (sessions.isEmpty ? ["  none"] : sessions.map { "  \($0)" })
            + ["Not seen here: pgpass files, poolers, and programs that are not connected now"]
    }
}
