import Crypto
import DurableFiles
import Effects
import Faults
import InPlace
package import InfisicalData
import InstanceAccess
package import Operations
import Postgres
import Rekeying
import Repository
package import Rotation
import Secrets
import Settings

/// Plans a rotation of the keys that encrypt the database.
package struct EncryptionKeyRotation {
    package struct Options: Sendable {
        package var depth = RotationWork.Depth.full
        /// The one that is rotated where both are set; nil for both.
        package var only: KeyKind?
        /// An env file with the new values; nil makes them.
        package var newKeyFile: String?
        /// Env files with keys of earlier days.
        package var oldKeyFiles: [String] = []
        /// A file that names values which may stay as they are, one a line.
        package var leavesFile: String?
        /// Whether that file, where it is not there, gets all of them for a review.
        package var writesLeaves = false
        package var replacesStaged = false
        package var allowsUntriedEra = false
        /// What becomes of secrets that hold the old value.
        package var storedCopies = StoredCopies.Choice()
        /// Whether the server must not lose what it confirmed; a test's may.
        var needsDurableServer = true
        package init() {}
    }

    private let workplace: Workplace
    private let options: Options
    private let stopPatience = RotationActions.Patience().stop

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    /// Eras whose rotation was tried on a real server, or on its own code.
    private static let tried: Set<Era> = [.s1, .s3, .s4, .s6, .s7, .s8]

    /// Checks everything that can be checked before something is changed, and names all that stands in the way.
    package func plan() throws -> RotationPlan {
        let ground = try RotationGround(workplace, stopPatience: stopPatience)
        if !EncryptionKeyRotation.tried.contains(ground.era), !options.allowsUntriedEra {
            throw RotationRefusal.untriedEra(ground.era.rawValue)
        }
        let kinds = try kinds(ground), fresh = try newValues(kinds, ground)
        let old = ground.environment.values(of: KeyKind.encrypting, or: workplace.configuration.running)
        var new = old
        for (variable, value) in fresh { new[variable] = value }
        let keys = try keys(old, new, ground)
        let leaves = try leaves(), survey = try survey(keys, ground, leaving: leaves)
        var refusals = Refusals()
        if options.depth != .native {
            try refusals.check { try ground.requireClosing(isDurable: options.needsDurableServer) }
        }
        let labels = Set(ground.inForce.candidates.map(\.label))
        let newLabels = Set(keys.keys(new).candidates.map(\.label))
        try refusals.check { try ground.requireNoStrangers(labels, stopPatience: stopPatience) }
        if options.depth == .rekey { try refusals.check { try InstanceRedis.requireAnswer(workplace.instance) } }
        var changed: [String: (old: Secret, new: Secret)] = [:]
        for (variable, value) in fresh { if let before = old[variable] { changed[variable] = (before, value) } }
        let files = try refusals.check { try ground.edits(changed) } ?? []
        let copies = try refusals.check {
            let earlier = try EarlierKeys(of: changed.keys, besides: labels.union(newLabels), workplace)
            return try RotationGround.copies(of: changed, or: earlier, workplace, choice: options.storedCopies)
        }
        try refusals.end()
        let site = RotationSite(
            remake: ground.remake, files: files, oldLabels: labels,
            newLabels: newLabels, leaves: leaves,
            replacesStaged: options.replacesStaged,
            copies: copies?.listed.map(\.text) ?? [],
            stored: copies?.written ?? [])
        let work = RotationWork(
            id: keys.id.text, route: options.depth == .native ? .stagedKey : .encryptionKey, depth: options.depth,
            changes: keys.changes, server: ground.server, database: ground.database, containers: ground.containers,
            files: files.map(\.path), leaves: leaves.sorted().map(\.text))
        return RotationPlan(
            steps: try steps(work, survey, ground) + (copies?.lines ?? []),
            warnings: ground.warnings + warnings(survey) + (copies?.unread ?? []),
            work: work, material: RotationMaterial(keys, site, depth: options.depth), workplace.instance)
    }

    // MARK: - Keys

    private func kinds(_ ground: RotationGround) throws -> [KeyKind] {
        let environment = ground.environment.hasKey ? ground.environment : workplace.configuration.running
        let set = KeyKind.encrypting.filter { environment?.value(of: $0) != nil }
        guard let only = options.only else {
            if set.isEmpty { throw RotationRefusal.notSet(KeyKind.encryptionKey.variable) }
            return set
        }
        guard set.contains(only) else { throw RotationRefusal.notSet(only.variable) }
        return [only]
    }

    /// Those of the file that is given, or made here.
    private func newValues(_ kinds: [KeyKind], _ ground: RotationGround) throws -> [String: Secret] {
        var values: [String: Secret] = [:]
        guard let file = options.newKeyFile else {
            for kind in kinds { values[kind.variable] = try GeneratedKey(kind, fips: ground.isFIPS).value }
            return values
        }
        let given = try read(file)
        for kind in KeyKind.encrypting { values[kind.variable] = given.value(of: kind)?.trimmed() }
        guard Set(values.keys) == Set(kinds.map(\.variable)) else {
            throw RotationRefusal.otherVariables(file: file, needed: kinds.map(\.variable))
        }
        for kind in kinds {
            if let value = values[kind.variable], let problem = kind.problem(of: value, fips: ground.isFIPS) {
                throw RotationRefusal.unusableValue(problem, generator: kind.generator(fips: ground.isFIPS))
            }
            let before = ground.environment.value(of: kind)
            if let before, values[kind.variable]?.equals(before.trimmed()) == true {
                throw RotationRefusal.sameValue(kind.variable)
            }
        }
        return values
    }

    private func read(_ file: String) throws -> InstanceEnvironment {
        let text = try workplace.surroundings.files.readSecret(file, limit: 1 << 20)
        return try InstanceEnvironment(texts: [(path: file, text: text)], syntax: workplace.configuration.envSyntax)
    }

    private func keys(
        _ old: [String: Secret], _ new: [String: Secret], _ ground: RotationGround
    ) throws -> RotationKeys {
        let now = workplace.surroundings.clock.now()
        var keys = RotationKeys(
            id: RotationID(started: now, random: try RotationID.random()), started: now, depth: options.depth.rawValue,
            isFIPS: ground.isFIPS, database: ground.keysDatabase,
            environmentFiles: ground.environment.files.map(\.path),
            old: .init(environment: old, label: EnvironmentKeys(old, fips: ground.isFIPS).rootCandidate?.label),
            new: .init(environment: new, label: EnvironmentKeys(new, fips: ground.isFIPS).rootCandidate?.label))
        keys.older = try options.oldKeyFiles.map { file in
            let values = try read(file).values(of: KeyKind.encrypting, or: nil)
            if values.isEmpty {
                throw RotationRefusal.otherVariables(file: file, needed: KeyKind.encrypting.map(\.variable))
            }
            return values
        }
        return keys
    }

    // MARK: - What there is

    private func leaves() throws -> Set<ValueName> {
        guard let file = options.leavesFile else { return [] }
        if options.writesLeaves, try workplace.surroundings.files.status(file) == nil { return [] }
        let text = String(decoding: try workplace.surroundings.files.readRegular(file, limit: 16 << 20), as: UTF8.self)
        var leaves: Set<ValueName> = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy(\.isWhitespace) { continue }
            guard let name = ValueName(text: String(line)) else {
                throw RotationRefusal.badList(file: file, line: number + 1)
            }
            leaves.insert(name)
        }
        return leaves
    }

    private func survey(
        _ keys: RotationKeys, _ ground: RotationGround, leaving leaves: Set<ValueName>
    ) throws -> RekeyingSurvey? {
        let connection = try DatabaseConnections(workplace.instance).open(.main, role: "rotate")
        defer { connection.close() }
        let site = RotationSite(
            remake: ground.remake, files: [], oldLabels: [], newLabels: [], leaves: leaves,
            replacesStaged: options.replacesStaged)
        let material = RotationMaterial(keys, site, depth: options.depth)
        if options.depth == .native {
            try material.staging.survey(connection)
            return nil
        }
        let survey = try material.exchange.survey(connection)
        guard survey.closed.isEmpty else {
            if let file = options.leavesFile, options.writesLeaves { try write(survey.closed, to: file) }
            throw RekeyingFault.closed(
                count: survey.closed.count,
                examples: survey.closed.sorted { $0.key < $1.key }.prefix(20).map { "\($0.key.text): \($0.value)" },
                settings: survey.closed.keys.count { $0.endsTheStart })
        }
        return survey
    }

    private func write(_ closed: [ValueName: String], to file: String) throws {
        let files = workplace.surroundings.files
        guard try files.status(file) == nil else { return }
        let lines = closed.sorted { $0.key < $1.key }.map { "\($0.key.text): \($0.value)\n" }
        try files.publish(Array(lines.joined().utf8), at: file)
    }

    // MARK: - Words

    private func warnings(_ survey: RekeyingSurvey?) -> [String] {
        guard let survey else {
            return [
                "native renews the root key's wrap only: what is encrypted past the KMS stays under the old key, which the "
                    + "database keeps"
            ]
        }
        var warnings = survey.unreached
        if !survey.older.isEmpty {
            warnings.append(
                "values under keys of earlier days are encrypted with the new key, too: "
                    + survey.older.map(\.name).joined(separator: ", "))
        }
        return warnings
    }

    private func steps(_ work: RotationWork, _ survey: RekeyingSurvey?, _ ground: RotationGround) throws -> [String] {
        let changes = work.changes.map { "\($0.variable) from \($0.old ?? "-") to \($0.new ?? "-")" }
        var steps = [
            "Rotate \(work.subject) of the database \"\(work.database.name)\" (\(ground.era.rawValue)), depth \(options.depth.rawValue)",
            "  change \(changes.joined(separator: ", and ")) (labels)",
            "  take a backup, read it again, and put the new key where it survives the loss of this host",
        ]
        if let survey {
            steps += [
                "  stop the backend and close the database; nobody can use Infisical from then on",
                survey.rewritten == 0
                    ? "  encrypt the root key anew, which is all that is under the old one, in one transaction"
                    : "  encrypt the root key and \(survey.rewritten) values in \(survey.columns.count { $0.rewritten > 0 }) columns anew, in one transaction",
            ]
        } else {
            steps.append("  stage the new key in the database; the server takes it into use when it starts")
        }
        steps += work.files.map { "  write the new value into \($0)" }
        if options.depth == .rekey {
            steps.append(
                "  empty Redis: what is there is sealed with keys that are no more, and schedules are made again as after a restore in place"
            )
        }
        steps += [
            ground.remake.project == nil
                ? "  start the backend, and wait until everything works"
                : "  make the backend's container anew from the image it has, start it, and wait until everything works",
            "  try the new key on the running instance; whatever fails until then puts everything back",
            "  take a backup with the new key",
        ]
        return steps + (try RotationReach(workplace).lines(work))
    }
}
