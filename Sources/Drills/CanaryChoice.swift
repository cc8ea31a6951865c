package import Booting
package import InfisicalData
package import InfisicalTables
import SecretExport
import Secrets

/// A secret of a backup that every server gives back as it is: shared, of one line, without references.
package struct CanaryChoice {
    private let source: any TableSource
    private let holders: [KeyHolder]

    package init(_ source: any TableSource, with holders: [KeyHolder]) {
        self.source = source
        self.holders = holders
    }

    /// Projects of which one is looked for where there is an identity, which belongs to some only.
    private static let mostProjects = 8

    /// The first that there is; nil where the backup holds none.
    package func canary() throws -> Canary? { try canaries(most: 1).first }

    /// One of each project, for somebody who may not read all.
    package func ofProjects() throws -> [Canary] { try canaries(most: CanaryChoice.mostProjects) }

    private func canaries(most: Int) throws -> [Canary] {
        let listing = try InstanceListing.read(source)
        let opened = try KeyTrial.open(HierarchyReader.read(source), with: holders)
        let exporter = SecretExporter(source, keys: opened.state)
        var found: [Canary] = []
        for listed in listing.projects where found.count < most {
            project: for environment in listed.environments {
                for folder in environment.folders where folder.shared > 0 {
                    let export: Export
                    // A project whose key is kept elsewhere has none for us.
                    do {
                        export = try exporter.export(
                            ExportRequest(
                                project: listed.project.id, environment: environment.slug, path: folder.path,
                                expands: false, includesImports: false))
                    } catch is SecretExportFault { break project }
                    guard let secret = export.secrets.first(where: CanaryChoice.isPlain) else { continue }
                    found.append(
                        Canary(
                            projectID: listed.project.id, environment: environment.slug, path: folder.path,
                            name: secret.key, value: secret.value))
                    break project
                }
            }
        }
        return found
    }

    private static func isPlain(_ secret: ExportedSecret) -> Bool {
        let isName = secret.key.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
        }
        return isName && secret.type == .shared && !secret.isImported && (1...1024).contains(secret.value.count)
            && secret.value.withBytes { bytes in
                bytes.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "$") }
            }
    }
}
