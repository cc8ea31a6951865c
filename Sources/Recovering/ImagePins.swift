import DurableFiles
import Instance
import InstanceAccess
import Repository
import Settings

/// Which images the containers are made from: those that ran, as far as they can still be had. What a name means may have
/// changed since.
struct ImagePins {
    /// By service: the image that is named instead of the project's, and whether it is fetched first.
    private(set) var pins: [(service: String, image: String, isFetched: Bool)] = []
    /// One sentence without full stop each.
    private(set) var warnings: [String] = []
    /// Steps for the plan.
    private(set) var steps: [String] = []
    private let formatVersion: String?

    init(_ project: RecoveryProject, _ manifest: Manifest, _ docker: Docker) throws {
        formatVersion = project.service(.database)?.formatVersion
        for role in project.roles {
            guard let service = project.services[role], let name = project.service(role)?.image else { continue }
            let present = try docker.imageID(of: name)
            guard let record = manifest.containers?.first(where: { $0.role == role.rawValue }) else {
                if present == nil { steps.append("fetch the image \(name)") }
                continue
            }
            if present == record.imageID { continue }
            if try docker.has(image: record.imageID) {
                pins.append((service, record.imageID, false))
            } else if let digest = record.digests.first {
                pins.append((service, digest, true))
                steps.append("fetch the image \(digest), which ran when the backup was taken")
            } else {
                warnings.append(
                    "the image \(name) of \(role.text) is not known to be the one that ran when the backup was taken")
                if present == nil { steps.append("fetch the image \(name)") }
            }
        }
    }

    /// Fetches what is missing, and writes the compose file that names these images.
    ///
    /// - Returns: its path; nil where every name still means what it did.
    func write(_ instance: InstanceAccess) throws -> String? {
        for pin in pins where pin.isFetched { try instance.surroundings.docker.pull(pin.image) }
        guard !pins.isEmpty else { return nil }
        let files = instance.surroundings.files, folder = instance.stateFile("compose")
        try files.createFolder(folder)
        let path = Files.join(folder, Compose.pinFile)
        let version = formatVersion.map { "version: \"\($0)\"\n" } ?? ""
        let text = pins.map { "  \"\($0.service)\":\n    image: \"\($0.image)\"\n" }.joined()
        try files.publish(Array("\(version)services:\n\(text)".utf8), at: path)
        return path
    }
}
