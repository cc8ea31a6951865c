import CopyFormat
package import InfisicalData

/// Reads the whole key hierarchy of a database: every wrap of the root key, every KMS key and data key, the boxes of
/// version-1/2 projects, and the keys of bots (format specification, sections 4 to 7).
///
/// The trial of a live instance reads the same with SQL, and samples of values; this one works without a server.
package struct HierarchyReader {
    private let source: any TableSource
    private var facts: CatalogFacts { source.facts }
    private var kmsKeys: [KeyChain.KMSKey] = []
    private var dataKeys: [KeyChain.DataKey] = []
    private var legacyKeys: [LegacyKey] = []
    private var unread: [String] = []

    private init(_ source: any TableSource) { self.source = source }

    /// - Returns: the chain without values; those are what the keys are for. Of the legacy tier some of each column, because
    ///   its keys have no wrap that would prove them.
    package static func read(_ source: any TableSource) throws -> KeySamples {
        var reader = HierarchyReader(source)
        try reader.readKMSKeys()
        try reader.readDataKeys(of: "organizations", "kmsEncryptedDataKey", "kmsDefaultKeyId") { .organization($0) }
        try reader.readDataKeys(
            of: "projects", "kmsSecretManagerEncryptedDataKey", "kmsSecretManagerKeyId"
        ) { .project($0) }
        var legacy = LegacyHierarchyReader(source)
        reader.legacyKeys = try legacy.read()
        return KeySamples(
            rootWraps: try reader.rootWraps(), triples: try legacy.samples(), legacySnapshot: try reader.snapshot(),
            chain: KeyChain(
                kmsKeys: reader.kmsKeys, dataKeys: reader.dataKeys, legacyKeys: reader.legacyKeys,
                unread: reader.unread))
    }

    private mutating func isThere(_ table: String, _ columns: [String]) -> Bool {
        guard facts.has(table) else { return false }
        if facts.has(table, all: columns) { return true }
        unread.append("the table \(table) does not look like that of any known version")
        return false
    }

    // MARK: - Root key

    private mutating func rootWraps() throws -> [RootWrap]? {
        let table = "kms_root_config"
        guard facts.has(table, all: ["id", "encryptedRootKey"]) else { return nil }
        let optional = ["encryptionStrategy", "kekLabel", "supersededAt"].filter { facts.has(table, $0) }
        let columns = ["id", "encryptedRootKey"] + optional
        let place = { (name: String) in columns.firstIndex(of: name) }
        var wraps: [RootWrap] = []
        try source.read(table, columns) { (row) throws(CopyFault) in
            let id = try row.identifier(0) ?? ""
            let isSuperseded = place("supersededAt").map { row.bytes($0) != nil } ?? false
            var blob: [UInt8] = []
            guard try row.byteString(1, into: &blob) else { return }
            // Where the column is there and NULL, that is a fault of its own.
            let strategy = try place("encryptionStrategy").map { (at) throws(CopyFault) in try row.text(at) ?? "" }
            let label = try place("kekLabel").flatMap { (at) throws(CopyFault) in try row.text(at) }
            wraps.append(
                RootWrap(
                    role: RootWrap.role(id: id, isSuperseded: isSuperseded), strategy: strategy, blob: blob,
                    label: label))
        }
        return wraps
    }

    private func snapshot() throws -> [UInt8]? {
        let table = "kms_legacy_encryption_keys", column = "encryptedKeySnapshot"
        guard facts.hasBytes(table, column), facts.has(table, "id") else { return nil }
        var found: [UInt8]?
        try source.read(table, ["id", column]) { (row) throws(CopyFault) in
            // The server looks for this row and no other.
            guard try row.identifier(0) == LegacySnapshot.rowID else { return }
            var blob: [UInt8] = []
            if try row.byteString(1, into: &blob) { found = blob }
        }
        return found
    }

    // MARK: - KMS keys and data keys

    private mutating func readKMSKeys() throws {
        guard facts.has("kms_keys") else { return }
        let isOldest = facts.hasBytes("kms_keys", "encryptedKey")
        let table = isOldest ? "kms_keys" : "internal_kms", id = isOldest ? "id" : "kmsKeyId"
        guard isThere("kms_keys", ["id"]), isThere(table, ["id", id, "encryptedKey"]) else { return }
        var providers: [String: String] = [:]
        if facts.has("external_kms", all: ["kmsKeyId", "provider"]) {
            try source.read("external_kms", ["kmsKeyId", "provider"]) { (row) throws(CopyFault) in
                if let key = try row.identifier(0) { providers[key] = try row.text(1) ?? "?" }
            }
        }
        var material: [String: [UInt8]] = [:], keyOfRow: [String: String] = [:]
        try source.read(table, ["id", id, "encryptedKey"]) { (row) throws(CopyFault) in
            guard let own = try row.identifier(0), let key = try row.identifier(1) else { return }
            var wrapped: [UInt8] = []
            guard try row.byteString(2, into: &wrapped) else { return }
            material[key] = wrapped
            keyOfRow[own] = key
        }
        var ids: [String] = []
        try source.read("kms_keys", ["id"]) { (row) throws(CopyFault) in
            if let id = try row.identifier(0) { ids.append(id) }
        }
        for id in ids.sorted() {
            let place = KeyChain.Place(table, "encryptedKey", "the KMS key \(id)")
            let found: KeyChain.KMSKey.Material =
                material[id].map { .wrapped($0) } ?? providers[id].map { .external(provider: $0) } ?? .missing
            kmsKeys.append(KeyChain.KMSKey(id: id, place: place, material: found))
        }
        try readEarlierVersions(isOldest ? "kms_key_versions" : "internal_kms_key_version", keyOfRow)
    }

    /// The earlier material of KMS keys that were rotated.
    private mutating func readEarlierVersions(_ table: String, _ keyOfRow: [String: String]) throws {
        guard facts.hasBytes(table, "encryptedKey"), facts.has(table, "id") else { return }
        let owner = ["internalKmsId", "kmsKeyId"].first { facts.has(table, $0) }
        var found: [KeyChain.KMSKey] = []
        try source.read(table, ["id", "encryptedKey"] + [owner].compactMap(\.self)) { (row) throws(CopyFault) in
            guard let id = try row.identifier(0) else { return }
            var wrapped: [UInt8] = []
            guard try row.byteString(1, into: &wrapped) else { return }
            let key = try owner == nil ? nil : row.identifier(2)
            found.append(
                KeyChain.KMSKey(
                    id: "version \(id)", place: KeyChain.Place(table, "encryptedKey", "the row \(id)"),
                    material: .wrapped(wrapped), earlierOf: key.map { keyOfRow[$0] ?? $0 }))
        }
        kmsKeys += found.sorted { $0.id < $1.id }
    }

    private mutating func readDataKeys(
        of table: String, _ wrapped: String, _ kmsKey: String, _ owner: (String) -> KeyChain.Sealer
    ) throws {
        guard facts.has(table, wrapped), isThere(table, ["id", wrapped, kmsKey]) else { return }
        let name = facts.has(table, "slug") ? "slug" : "id"
        let kind = table == "projects" ? "project" : "organization"
        var found: [KeyChain.DataKey] = []
        try source.read(table, ["id", name, wrapped, kmsKey]) { (row) throws(CopyFault) in
            guard let id = try row.identifier(0) else { return }
            var blob: [UInt8] = []
            let isFilled = try row.byteString(2, into: &blob)
            found.append(
                KeyChain.DataKey(
                    owner: owner(id),
                    place: KeyChain.Place(table, wrapped, "the \(kind) \"\(try row.identifier(1) ?? "")\""),
                    kmsKey: try row.identifier(3), wrapped: isFilled ? blob : nil))
        }
        dataKeys += found.sorted { $0.place.row < $1.place.row }
    }
}
