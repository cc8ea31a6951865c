import Crypto
import DurableFiles
import Effects
import Faults
import InfisicalData
import InfisicalStore
import InstanceAccess
package import Operations
import Postgres
import Repository
import Rotation
import Secrets
import Settings

/// Plans a rotation of the secret that signs tokens. Nothing in the database is encrypted with it.
package struct AuthSecretRotation {
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
    private let variable = KeyKind.authSecret.variable

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    package func plan() throws -> RotationPlan {
        let ground = try RotationGround(workplace, stopPatience: stopPatience)
        let running = workplace.configuration.running
        guard let old = (running?.authSecret ?? ground.environment.authSecret)?.value.trimmed() else {
            throw RotationRefusal.notSet(variable)
        }
        let new = try newValue()
        if new.equals(old) { throw RotationRefusal.sameValue(variable) }
        let files = try ground.edits([variable: (old, new)])
        let copies = try RotationGround.copies(
            of: [variable: (old, new)], workplace, choice: options.storedCopies)
        let keys = try keys(old, new, ground), labels = Set(ground.inForce.candidates.map(\.label))
        let site = RotationSite(
            remake: ground.remake, files: files, oldLabels: labels, newLabels: labels,
            copies: copies.listed.map(\.text), stored: copies.written)
        let work = RotationWork(
            id: keys.id.text, route: .authSecret, depth: nil, changes: [.init(variable: variable, old: nil, new: nil)],
            server: ground.server, database: ground.database, containers: ground.containers,
            files: files.map(\.path))
        return RotationPlan(
            steps: steps(work, ground) + (try reach()) + copies.lines,
            warnings: ground.warnings + copies.unread,
            work: work,
            material: RotationMaterial(keys, site, depth: nil), workplace.instance)
    }

    private func newValue() throws -> Secret {
        guard let file = options.newKeyFile else { return try GeneratedKey(.authSecret).value }
        let text = try workplace.surroundings.files.readSecret(file, limit: 1 << 20)
        let given = try InstanceEnvironment(
            texts: [(path: file, text: text)], syntax: workplace.configuration.envSyntax)
        guard let value = given.authSecret?.value.trimmed() else {
            throw RotationRefusal.otherVariables(file: file, needed: [variable])
        }
        if let problem = KeyKind.authSecret.problem(of: value, fips: false) {
            throw RotationRefusal.unusableValue(problem, generator: KeyKind.authSecret.generator(fips: false))
        }
        return value
    }

    private func keys(_ old: Secret, _ new: Secret, _ ground: RotationGround) throws -> RotationKeys {
        let now = workplace.surroundings.clock.now()
        return RotationKeys(
            id: RotationID(started: now, random: try RotationID.random()), started: now, depth: nil,
            isFIPS: ground.isFIPS, database: ground.keysDatabase,
            environmentFiles: ground.environment.files.map(\.path),
            old: .init(environment: [variable: old], label: nil), new: .init(environment: [variable: new], label: nil))
    }

    private func steps(_ work: RotationWork, _ ground: RotationGround) -> [String] {
        ["Rotate \(work.subject) (\(variable))", "  take a backup, and read it again"]
            + work.files.map { "  write the new value into \($0)" } + [
                ground.remake.project == nil
                    ? "  stop the backend, start it again, and wait until everything works"
                    : "  make the backend's container anew from the image it has, start it, and wait until everything works",
                "  whatever fails until then puts everything back", "  take a backup with the new value",
            ]
    }

    /// What stops working, and what does not.
    private func reach() throws -> [String] {
        let connection = try DatabaseConnections(workplace.instance).open(.main, role: "rotate")
        defer { connection.close() }
        let reach = try SignedTokens(InfisicalDatabase(connection)).read()
        return [("What stops working with it:", reach.ended), ("What keeps working:", reach.kept)].flatMap {
            title, lines in
            lines.isEmpty ? [] : [title] + lines.map { "  \($0)" }
        }
    }
}
