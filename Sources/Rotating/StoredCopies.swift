import InfisicalData
import InfisicalTables
import InstanceAccess
import InstanceData
import Operations
import SecretExport
import Secrets
import Settings

/// Copies of the instance's own keys that people keep as secrets inside of Infisical. One that a start script exports into an
/// env file counts at the next start, and would take a rotation back.
package struct StoredCopies: Sendable {
    /// What becomes of those that would be in force again.
    package enum Treatment: String, CaseIterable, Sendable {
        /// Named at the end, and left to the operator, as all others are.
        case list
        /// They get the new value.
        case update
        case remove
    }

    /// Which of them this program exchanges or removes.
    package struct Choice: Sendable, Equatable {
        /// Nil where it was not said; then the first that would be in force again stops the rotation.
        package var treatment: Treatment?
        /// Further ones, whatever they are called: `PROJECT/ENVIRONMENT/FOLDER/NAME`, as they read in a list.
        package var places: [String]

        package init(_ treatment: Treatment? = nil, places: [String] = []) {
            self.treatment = treatment
            self.places = places
        }

        fileprivate func isMeant(_ copy: Copy) -> Bool {
            copy.wouldWin || copy.isWhole && places.contains(copy.place)
        }
    }

    /// A secret that holds an old value, or one of earlier days.
    package struct Copy: Sendable, Equatable {
        package let project: String
        package let projectID: String
        package let environment: String
        package let path: String
        package let name: String
        /// The variable of Infisical whose value it holds.
        package let variable: String
        /// Whether it is nothing but the value; else the value is a part of it.
        package let isWhole: Bool
        /// Whether it is called as the variable is, plainly or in the usage guide's way: an export would define the variable.
        package let isNamedLikeKey: Bool
        /// Label of the earlier key that it is; nil for the value in force.
        package let earlier: String?

        /// By what `--stored-copy` names it: `PROJECT/ENVIRONMENT/FOLDER/NAME`.
        package var place: String { "\(project)/\(environment)\(path == "/" ? "" : path)/\(name)" }

        /// As it reads in a list.
        package var text: String {
            place + (isWhole ? "" : " (it contains the value)") + (earlier == nil ? "" : " (an earlier key)")
        }

        /// Whether it would be in force once it is exported into an env file.
        package var wouldWin: Bool { isWhole && isNamedLikeKey }
    }

    package let copies: [Copy]
    /// Why a project was not looked through, one clause each.
    package let unread: [String]

    package let choice: Choice

    /// Those that this program exchanges or removes.
    var written: [RotationSite.StoredCopy] {
        guard let treatment = choice.treatment, treatment != .list else { return [] }
        return copies.filter(choice.isMeant).map { copy in
            RotationSite.StoredCopy(
                place: .init(
                    projectID: copy.projectID, environment: copy.environment, path: copy.path, name: copy.name),
                variable: copy.variable, text: copy.text, isRemoved: treatment == .remove, earlier: copy.earlier)
        }
    }

    /// Those that are left to the operator.
    var listed: [Copy] { written.isEmpty ? copies : copies.filter { !choice.isMeant($0) } }

    /// Those of the choice that name none of the copies which hold nothing but the value.
    var unknown: [String] { choice.places.filter { place in !copies.contains { $0.isWhole && $0.place == place } } }

    /// For the end of a plan.
    package var lines: [String] {
        let end = choice.treatment == .remove ? "are deleted at the end" : "get the new value at the end"
        let title =
            "Secrets inside of Infisical that \(end); before anything changes, each is written once more as it is:"
        let groups = [
            (title, written.map(\.text)), ("Secrets inside of Infisical that keep the old value:", listed.map(\.text)),
        ]
        return groups.flatMap { title, texts in texts.isEmpty ? [] : [title] + texts.map { "  \($0)" } }
    }

    /// Looks through every secret of the live database; personal values are not read.
    ///
    /// - Parameters:
    ///   - values: by Infisical's variable.
    ///   - earlier: keys of before; where a secret is called like the variable, they count as well.
    init(
        of values: [String: Secret], or earlier: EarlierKeys = .none, _ workplace: Workplace, choice: Choice = Choice()
    ) throws {
        let data = try DataOpener(workplace).live(isInstance: false)
        let samples = try HierarchyReader.read(data.source)
        let opened = try KeyTrial.open(samples, with: data.holders)
        let structures = StructureReader(data.source)
        var search = SecretSearch(data.source), places: [RowID: Place] = [:]
        var unread: [(project: Project, fault: SecretExportFault)] = []
        for project in try structures.projects() where project.holdsSecrets && !project.isDeleted {
            do {
                guard let structure = try structures.structures(of: [project])[project.id] else { continue }
                let folders = structure.environments.flatMap { structure.folders.visible(in: $0.slug) }
                try search.add(project, folders: folders.map(\.id), keys: opened.state)
                for folder in folders {
                    places[folder.id] = Place(number: places.count, project: project, folder: folder)
                }
            } catch let fault as SecretExportFault { unread.append((project, fault)) }
        }
        let sorted = values.sorted { $0.key < $1.key }
        let found = try search.find { secret in
            sorted.contains { _, value in
                secret.trimmed().equals(value) || !EnvFile.lines(of: secret, holding: value).isEmpty
            } || earlier.match(secret.trimmed()) != nil
        }
        data.close()
        unread += found.unread
        self.unread = unread.map { "the project \($0.project.slug): \($0.fault.message)" }
        copies = found.secrets.compactMap { secret in places[secret.folder].map { (secret, $0) } }
            .sorted { ($0.1.number, $0.0.key) < ($1.1.number, $1.0.key) }
            .flatMap { StoredCopies.copies(of: sorted, earlier, in: $0, at: $1) }
        self.choice = choice
    }

    /// Where a secret is.
    private struct Place {
        /// In the order in which they are told.
        let number: Int
        let project: Project
        let folder: Folder
    }

    private static func copies(
        of values: [(key: String, value: Secret)], _ earlier: EarlierKeys, in secret: StoredSecret, at place: Place
    ) -> [Copy] {
        let copy = { (variable: String, isWhole: Bool, earlier: String?) in
            Copy(
                project: place.project.slug, projectID: place.project.id, environment: place.folder.environment,
                path: place.folder.path, name: secret.key, variable: variable, isWhole: isWhole,
                isNamedLikeKey: names(of: variable).contains(secret.key), earlier: earlier)
        }
        let found = values.compactMap { variable, value -> Copy? in
            let isWhole = secret.value.trimmed().equals(value)
            guard isWhole || !EnvFile.lines(of: secret.value, holding: value).isEmpty else { return nil }
            return copy(variable, isWhole, nil)
        }
        if found.isEmpty, let (variable, label) = earlier.match(secret.value.trimmed()) {
            // Under another name it is what somebody keeps for backups of that time.
            let found = copy(variable, true, label)
            return found.isNamedLikeKey ? [found] : []
        }
        // An address that is one of the values contains the password, which is another.
        let whole = found.filter(\.isWhole)
        return whole.isEmpty ? Array(found.prefix(1)) : whole
    }

    private static func names(of variable: String) -> Set<String> {
        variable == "DB_PASSWORD"
            ? ["DB_PASSWORD", "POSTGRES_PASSWORD", "INFISICAL_POSTGRES_PASSWORD"] : [variable, "INFISICAL_" + variable]
    }
}
