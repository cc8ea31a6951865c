import DurableFiles
import Instance

/// A compose file that fixes the image of one service by its id, for as long as Compose makes its container.
enum ImagePin {
    /// - Parameters:
    ///   - image: the id; nil for no pin at all.
    ///   - version: what the project's files call their form.
    ///   - body: is given the path.
    static func withPin(
        _ image: String?, of service: String, version: String?, _ instance: InstanceAccess,
        _ body: (String?) throws -> Void
    ) throws {
        guard let image else { return try body(nil) }
        let files = instance.surroundings.files
        let folder = instance.stateFile("compose")
        try files.createFolder(folder)
        let path = Files.join(folder, Compose.pinFile)
        let version = version.map { "version: \"\($0)\"\n" } ?? ""
        let text = "\(version)services:\n  \"\(service)\":\n    image: \"\(image)\"\n"
        try files.publish(Array(text.utf8), at: path)
        // It names an image and nothing else; one that stays is written over by the next run.
        defer { try? files.remove(path) }
        try body(path)
    }
}
