import CopyFormat
import InfisicalData

/// Reads the keys that the environment's own key leads to, past the KMS: project keys in NaCl boxes, for every project
/// that has one, and the symmetric keys of the organizations' bots (format specification, sections 6 and 7).
struct LegacyHierarchyReader {
    private struct Pair {
        var publicKey: String?
        var privateKey: KeySamples.Triple?
    }

    private let source: any TableSource
    private var facts: CatalogFacts { source.facts }
    private var users: [String: Pair] = [:]

    init(_ source: any TableSource) { self.source = source }

    mutating func read() throws -> [LegacyKey] {
        try readUsers()
        let names = try projectNames()
        var found = try readBots(names)
        let withBot = Set(found.map(\.owner))
        found += try readMembers(names).filter { !withBot.contains($0.owner) }
        let withKey = Set(found.map(\.owner))
        for (id, name) in names.sorted(by: { $0.key < $1.key }) where !withKey.contains(.legacyProject(id)) {
            found.append(
                LegacyKey(
                    owner: .legacyProject(id), place: LegacyHierarchyReader.place("project_bots", name), sealed: nil,
                    box: nil))
        }
        return try found + readOrganizationBots()
    }

    /// How many members' copies of one project's key are tried.
    private static let mostMembers = 100

    /// How many values of a column and an encoding are taken as samples.
    private static let mostSamples = 4

    /// Some values of each column that the server still reads with the environment's own key.
    func samples() throws -> [KeySamples.Triple] {
        var found: [KeySamples.Triple] = []
        for legacy in LegacyTier.live(in: facts) {
            var counts: [KeyEncoding: Int] = [:]
            let columns = [legacy.ciphertext, legacy.iv, legacy.tag, legacy.encoding]
            try source.readAll(legacy.table, columns) { (row) throws(CopyFault) in
                guard counts.values.max() ?? 0 < LegacyHierarchyReader.mostSamples || counts.count < 2,
                    let ciphertext = try row.text(0), let tag = try row.text(2), !tag.isEmpty
                else { return }
                let sample = KeySamples.Triple(
                    origin: legacy.name, encoding: try row.text(3),
                    value: LegacyTriple(ciphertext: ciphertext, iv: try row.text(1) ?? "", tag: tag))
                guard counts[sample.keyEncoding, default: 0] < LegacyHierarchyReader.mostSamples else { return }
                counts[sample.keyEncoding, default: 0] += 1
                found.append(sample)
            }
        }
        return found
    }

    private static func place(_ table: String, _ project: String) -> KeyChain.Place {
        KeyChain.Place(
            table, table == "project_bots" ? "encryptedProjectKey" : "encryptedKey", "the project \"\(project)\"")
    }

    private func projectNames() throws -> [String: String] {
        guard facts.has("secrets"), facts.has("projects", "id") else { return [:] }
        let name = facts.has("projects", "slug") ? "slug" : "id"
        var names: [String: String] = [:]
        try source.read("projects", ["id", name]) { (row) throws(CopyFault) in
            if let id = try row.identifier(0) { names[id] = try row.identifier(1) ?? id }
        }
        return names
    }

    private mutating func readUsers() throws {
        let table = "user_encryption_keys", server = "serverEncryptedPrivateKey"
        guard facts.has(table, all: ["userId", "publicKey"]) else { return }
        let triple = ["", "IV", "Tag", "Encoding"].map { server + $0 }
        let hasTriple = facts.has(table, all: triple)
        var found: [String: Pair] = [:]
        try source.read(table, ["userId", "publicKey"] + (hasTriple ? triple : [])) { (row) throws(CopyFault) in
            guard let id = try row.identifier(0) else { return }
            var pair = Pair(publicKey: try row.text(1))
            if hasTriple, let ciphertext = try row.text(2) {
                pair.privateKey = KeySamples.Triple(
                    origin: "\(table).\(server)", encoding: try row.text(5),
                    value: LegacyTriple(
                        ciphertext: ciphertext, iv: try row.text(3) ?? "", tag: try row.text(4) ?? ""))
            }
            found[id] = pair
        }
        users = found
    }

    /// The usable bots of the projects; a project can have one.
    private func readBots(_ names: [String: String]) throws -> [LegacyKey] {
        let table = "project_bots"
        let columns = [
            "projectId", "isActive", "encryptedPrivateKey", "iv", "tag", "keyEncoding", "encryptedProjectKey",
            "encryptedProjectKeyNonce", "senderId",
        ]
        guard facts.has(table, all: columns) else { return [] }
        var found: [LegacyKey] = [], seen: Set<String> = []
        try source.read(table, columns) { (row) throws(CopyFault) in
            guard let project = try row.identifier(0), try row.boolean(1) == true, let box = try row.text(6),
                let nonce = try row.text(7), seen.insert(project).inserted
            else { return }
            let place = LegacyHierarchyReader.place(table, names[project] ?? project)
            found.append(
                LegacyKey(
                    owner: .legacyProject(project), place: place,
                    sealed: KeySamples.Triple(
                        origin: place.text, encoding: try row.text(5),
                        value: LegacyTriple(
                            ciphertext: try row.text(2) ?? "", iv: try row.text(3) ?? "", tag: try row.text(4) ?? "")),
                    box: LegacyKey.Box(
                        ciphertext: box, nonce: nonce,
                        senderPublicKey: try row.identifier(8).flatMap { users[$0]?.publicKey })))
        }
        return found.sorted { $0.place.row < $1.place.row }
    }

    /// The members' copies of the key, where the server holds something of that member's: it may be the private key, or a
    /// password of a user who was only invited, so that all of them are ways to it.
    private func readMembers(_ names: [String: String]) throws -> [LegacyKey] {
        let table = "project_keys", columns = ["projectId", "receiverId", "senderId", "encryptedKey", "nonce"]
        guard facts.has(table, all: columns) else { return [] }
        var found: [LegacyKey] = [], seen: [String: Int] = [:]
        try source.read(table, columns) { (row) throws(CopyFault) in
            guard let project = try row.identifier(0), let receiver = try row.identifier(1),
                let privateKey = users[receiver]?.privateKey,
                seen[project, default: 0] < LegacyHierarchyReader.mostMembers
            else { return }
            seen[project, default: 0] += 1
            found.append(
                LegacyKey(
                    owner: .legacyProject(project),
                    place: LegacyHierarchyReader.place(table, names[project] ?? project), sealed: privateKey,
                    box: LegacyKey.Box(
                        ciphertext: try row.text(3) ?? "", nonce: try row.text(4) ?? "",
                        senderPublicKey: try row.identifier(2).flatMap { users[$0]?.publicKey }),
                    isFallback: true))
        }
        return found.sorted { $0.place.row < $1.place.row }
    }

    /// Until S5 the directory settings are under these; later the old columns stay filled.
    private func readOrganizationBots() throws -> [LegacyKey] {
        let table = "org_bots"
        let columns = [
            "orgId", "encryptedSymmetricKey", "symmetricKeyIV", "symmetricKeyTag", "symmetricKeyKeyEncoding",
        ]
        guard facts.has(table, all: columns) else { return [] }
        var found: [LegacyKey] = []
        try source.read(table, columns) { (row) throws(CopyFault) in
            guard let organization = try row.identifier(0) else { return }
            let place = KeyChain.Place(table, columns[1], "the organization \(organization)")
            found.append(
                LegacyKey(
                    owner: .organizationBot(organization), place: place,
                    sealed: KeySamples.Triple(
                        origin: place.text, encoding: try row.text(4),
                        value: LegacyTriple(
                            ciphertext: try row.text(1) ?? "", iv: try row.text(2) ?? "", tag: try row.text(3) ?? "")),
                    box: nil))
        }
        return found.sorted { $0.place.row < $1.place.row }
    }
}
