import CopyFormat
package import InfisicalData
package import InfisicalTables
package import Secrets

/// Looks through the shared secrets of any number of projects in one pass over each of their tables. Only what is found stays in
/// memory; personal values are not opened.
package struct SecretSearch {
    private struct Place {
        let project: Project
        let opener: ValueOpener
        let reader: SecretRowReader
    }

    private let source: any TableSource
    private var places: [Place] = []
    /// The number of the project that a folder belongs to.
    private var owners: [RowID: Int] = [:]

    package init(_ source: any TableSource) { self.source = source }

    /// - Parameter keys: what is known of the key that seals a value.
    package mutating func add(
        _ project: Project, folders: [RowID], keys: (KeyChain.Sealer) -> OpenedKeys.State
    ) throws(SecretExportFault) {
        let opener = try ValueOpener(keys(project.storage == .kms ? .project(project.id) : .legacyProject(project.id)))
        for folder in folders { owners[folder] = places.count }
        places.append(
            Place(
                project: project, opener: opener,
                reader: try SecretRowReader(source.facts, project.storage, opener)))
    }

    /// - Returns: the secrets whose value is wanted, and why a project's could not all be opened.
    package func find(
        _ isWanted: (Secret) -> Bool
    ) throws -> (secrets: [StoredSecret], unread: [(project: Project, fault: SecretExportFault)]) {
        var found: [StoredSecret] = []
        for storage in [Project.Storage.kms, .legacy] {
            guard let columns = places.first(where: { $0.project.storage == storage })?.reader.columns else { continue }
            for part in 0..<source.parts(of: columns.table) {
                try source.read(columns.table, columns.names, part: part) { (row) throws(CopyFault) in
                    guard let folder = columns.id("folderId", row), let number = owners[folder] else { return }
                    let place = places[number]
                    // A project that was upgraded may have left its rows in the other table.
                    guard place.project.storage == storage, let head = try place.reader.head(row), head.type == .shared,
                        let value = try place.reader.value(row), isWanted(value),
                        let secret = try place.reader.secret(head, in: folder, row)
                    else { return }
                    found.append(secret)
                }
            }
        }
        var unread: [(project: Project, fault: SecretExportFault)] = []
        for place in places {
            do throws(SecretExportFault) { try place.opener.check(place.project) } catch {
                unread.append((place.project, error))
            }
        }
        return (found, unread)
    }
}
