import DurableFiles
import Repository

/// Which keys somebody said that nobody needs any more, by their labels, on this host. It holds nothing that must be kept:
/// without it the ledger says less.
package struct RetiredKeyRecords: Codable, Sendable, Equatable {
    package struct Key: Codable, Sendable, Equatable {
        package let label: String
        /// RFC 3339, UTC.
        package let retired: String
    }

    private var schema = "infisical-ops/retired-keys/1"
    package private(set) var keys: [Key] = []

    package init() {}

    /// When it was retired; nil where it was not, or that was taken back.
    package subscript(label: String) -> String? { keys.first { $0.label == label }?.retired }

    /// That of the host; an empty one where nothing was written.
    package static func read(_ instance: InstanceAccess) throws -> RetiredKeyRecords {
        let path = path(instance), files = instance.surroundings.files
        guard try files.status(path) != nil else { return RetiredKeyRecords() }
        return try StoredJSON.decode(
            RetiredKeyRecords.self, from: try files.readRegular(path, limit: 1 << 20), path: path)
    }

    /// Notes when a key was retired.
    ///
    /// - Parameter retired: RFC 3339, UTC; nil takes it back.
    package static func note(_ label: String, retired: String?, _ instance: InstanceAccess) throws {
        var records = try read(instance)
        records.keys.removeAll { $0.label == label }
        if let retired { records.keys.append(Key(label: label, retired: retired)) }
        let path = path(instance), files = instance.surroundings.files
        try files.createFolder(Files.parent(of: path))
        try files.publish(try StoredJSON.encode(records), at: path)
    }

    private static func path(_ instance: InstanceAccess) -> String { instance.stateFile("retired-keys.json") }
}
