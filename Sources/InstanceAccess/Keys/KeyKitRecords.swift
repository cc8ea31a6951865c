import DurableFiles
import Repository

/// When key kits were made and last opened on this host, by the labels of their keys. It holds nothing that must be kept:
/// without it the ledger says less.
package struct KeyKitRecords: Codable, Sendable, Equatable {
    package struct Kit: Codable, Sendable, Equatable {
        package let label: String
        /// RFC 3339, UTC: when the last one was made; nil where another host did.
        package var made: String?
        /// When one was last opened.
        package var opened: String?
    }

    private var schema = "infisical-ops/key-kits/1"
    package private(set) var kits: [Kit] = []

    package init() {}

    package subscript(label: String) -> Kit? { kits.first { $0.label == label } }

    /// That of the host; an empty one where nothing was written.
    package static func read(_ instance: InstanceAccess) throws -> KeyKitRecords {
        let path = path(instance), files = instance.surroundings.files
        guard try files.status(path) != nil else { return KeyKitRecords() }
        return try StoredJSON.decode(KeyKitRecords.self, from: try files.readRegular(path, limit: 1 << 20), path: path)
    }

    /// Notes that a kit with these keys was made, or opened.
    package static func note(
        _ labels: [String], made: String? = nil, opened: String? = nil, _ instance: InstanceAccess
    )
        throws
    {
        var records = try read(instance)
        for label in labels {
            let index = records.kits.firstIndex { $0.label == label } ?? records.kits.endIndex
            if index == records.kits.endIndex { records.kits.append(Kit(label: label)) }
            if let made { records.kits[index].made = made }
            if let opened { records.kits[index].opened = opened }
        }
        let path = path(instance), files = instance.surroundings.files
        try files.createFolder(Files.parent(of: path))
        try files.publish(try StoredJSON.encode(records), at: path)
    }

    private static func path(_ instance: InstanceAccess) -> String { instance.stateFile("key-kits.json") }
}
