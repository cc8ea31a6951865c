import InfisicalData
import InfisicalTables
import InstanceAccess
import InstanceData
package import Operations
import SecretExport
package import Secrets
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

    /// A secret that holds an old value.
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

        /// By what `--stored-copy` names it: `PROJECT/ENVIRONMENT/FOLDER/NAME`.
        package var place: String { "\(project)/\(environment)\(path == "/" ? "" : path)/\(name)" }

        /// As it reads in a list.
        package var text: String {
            place + (isWhole ? "" : " (it contains the value)")
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
                variable: copy.variable, text: copy.text, isRemoved: treatment == .remove)
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

    /// How many folders are read at once: their values are in memory together.
    private static let batch = 200

    /// Looks through every secret of the live database; personal values are not read.
    ///
    /// - Parameter values: by Infisical's variable.
    package init(of values: [String: Secret], _ workplace: Workplace, choice: Choice = Choice()) throws {
        let data = try DataOpener(workplace).live(isInstance: false)
        let samples = try HierarchyReader.read(data.source)
        let opened = try KeyTrial.open(samples, with: data.holders)
        let structures = StructureReader(data.source)
        var copies: [Copy] = [], unread: [String] = []
        for project in try structures.projects() where project.holdsSecrets && !project.isDeleted {
            do {
                copies += try StoredCopies.copies(
                    of: values, in: structures.structures(of: [project])[project.id],
                    SecretReader(data.source, project, keys: opened.state))
            } catch let fault as SecretExportFault { unread.append("the project \(project.slug): \(fault.message)") }
        }
        try data.close()
        self.copies = copies
        self.unread = unread
        self.choice = choice
    }

    private static func copies(
        of values: [String: Secret], in structure: ProjectStructure?, _ reader: SecretReader
    ) throws -> [Copy] {
        guard let structure else { return [] }
        let folders = structure.environments.flatMap { structure.folders.visible(in: $0.slug) }
        var copies: [Copy] = []
        for start in stride(from: 0, to: folders.count, by: batch) {
            let some = folders[start..<min(start + batch, folders.count)]
            let read = try reader.folders(Set(some.map(\.id)), user: nil)
            for folder in some {
                for secret in read[folder.id]?.all ?? [] {
                    let found = values.sorted { $0.key < $1.key }.compactMap { variable, value -> Copy? in
                        let isWhole = secret.value.trimmed().equals(value)
                        guard isWhole || !EnvFile.lines(of: secret.value, holding: value).isEmpty else { return nil }
                        return Copy(
                            project: structure.project.slug, projectID: structure.project.id,
                            environment: folder.environment, path: folder.path, name: secret.key, variable: variable,
                            isWhole: isWhole,
                            isNamedLikeKey: names(of: variable).contains(secret.key))
                    }
                    // An address that is one of the values contains the password, which is another.
                    let whole = found.filter(\.isWhole)
                    copies += whole.isEmpty ? Array(found.prefix(1)) : whole
                }
            }
        }
        return copies
    }

    private static func names(of variable: String) -> Set<String> {
        variable == "DB_PASSWORD"
            ? ["DB_PASSWORD", "POSTGRES_PASSWORD", "INFISICAL_POSTGRES_PASSWORD"] : [variable, "INFISICAL_" + variable]
    }
}
