import CopyFormat
import Crypto
import InfisicalData
import InfisicalTables
import Postgres
import Secrets

/// The boxes that the keys of version-1/2 projects lie in: one for the project's bot, and one for each of its members
/// (format specification, 6, 12.6).
///
/// A new key can be boxed where the sender's private key is at hand: that of the ghost user, which is the bot's own.
struct ProjectBoxes {
    private struct Bot {
        let row: String
        let project: String
        let sender: String
        let privateKey: Secret
        let publicKey: [UInt8]
        /// What its box holds.
        let content: Secret
        /// Whether its private key is the sender's.
        let isGhost: Bool
    }

    private struct Member {
        let row: String
        let project: String
        let receiver: String
    }

    private let bots: [Bot]
    private let publicKeys: [String: [UInt8]]
    private let members: [Member]
    /// The keys that can be boxed anew wherever they lie.
    let keys: [Secret]

    init(_ source: any TableSource, _ environment: [KeyEncoding: [Secret]]) throws {
        publicKeys = try ProjectBoxes.publicKeys(source)
        bots = try ProjectBoxes.bots(source, environment, publicKeys)
        members = try ProjectBoxes.members(source)
        var keys: [Secret] = []
        for bot in bots where bot.isGhost && !keys.contains(where: bot.content.equals) {
            // A copy of the bot in a sibling project shares its key.
            if bots.allSatisfy({ $0.isGhost || !$0.content.equals(bot.content) }) { keys.append(bot.content) }
        }
        self.keys = keys
    }

    // MARK: - Reading

    private static func publicKeys(_ source: any TableSource) throws -> [String: [UInt8]] {
        guard source.facts.has("user_encryption_keys", all: ["userId", "publicKey"]) else { return [:] }
        var found: [String: [UInt8]] = [:]
        try source.read("user_encryption_keys", ["userId", "publicKey"]) { (row) throws(CopyFault) in
            guard let id = try row.identifier(0), let text = try row.text(1), let key = Base64.decode(text) else {
                return
            }
            found[id] = key
        }
        return found
    }

    private static func members(_ source: any TableSource) throws -> [Member] {
        let columns = ["id", "projectId", "receiverId", "senderId", "encryptedKey", "nonce"]
        guard source.facts.has("project_keys", all: columns) else { return [] }
        var found: [Member] = []
        try source.read("project_keys", Array(columns.prefix(3))) { (row) throws(CopyFault) in
            guard let id = try row.identifier(0), let project = try row.identifier(1),
                let receiver = try row.identifier(2)
            else { return }
            found.append(Member(row: id, project: project, receiver: receiver))
        }
        return found
    }

    private static func bots(
        _ source: any TableSource, _ environment: [KeyEncoding: [Secret]], _ publicKeys: [String: [UInt8]]
    ) throws -> [Bot] {
        let columns = [
            "id", "projectId", "encryptedPrivateKey", "iv", "tag", "keyEncoding", "encryptedProjectKey",
            "encryptedProjectKeyNonce", "senderId",
        ]
        guard source.facts.has("project_bots", all: columns) else { return [] }
        var found: [Bot] = [], rows: [[String]] = []
        try source.read("project_bots", columns) { (row) throws(CopyFault) in
            var values: [String] = []
            for at in columns.indices {
                let isID = at < 2 || at == 8
                guard let value = isID ? try row.identifier(at) : try row.text(at) else { return }
                values.append(value)
            }
            rows.append(values)
        }
        var cipher = try AESGCM()
        for row in rows {
            guard let sealed = LegacyTriple(ciphertext: row[2], iv: row[3], tag: row[4]),
                let sender = publicKeys[row[8]], let box = Base64.decode(row[6]), let nonce = Base64.decode(row[7])
            else { continue }
            let encoding = KeyEncoding(rawValue: row[5]) ?? .utf8
            let candidates = (environment[encoding] ?? []) + KeyEncoding.allCases.flatMap { environment[$0] ?? [] }
            guard let text = try opened(sealed, candidates, &cipher), let key = decoded(text),
                let own = try publicKey(of: key),
                let content = try open(box, nonce, sender, key, &cipher)
            else { continue }
            found.append(
                Bot(
                    row: row[0], project: row[1], sender: row[8], privateKey: key, publicKey: own, content: content,
                    isGhost: own == sender))
        }
        return found
    }

    private static func opened(
        _ triple: LegacyTriple, _ keys: [Secret], _ cipher: inout AESGCM
    ) throws(CryptoFault) -> Secret? {
        for key in keys {
            do throws(CryptoFault) { return try triple.open(key: key, with: &cipher) } catch .notAuthentic { continue }
        }
        return nil
    }

    private static func decoded(_ text: Secret) -> Secret? {
        var count: Int?
        let room = Secret(count: text.count / 4 * 3) { target in
            count = text.withBytes { Base64.decode($0, padded: true, into: target) }
        }
        return count.map { room.slice(0..<$0) }
    }

    private static func publicKey(of key: Secret) throws(CryptoFault) -> [UInt8]? {
        key.count == NaClBox.keySize ? try X25519.publicKey(of: key) : try FIPSBox.publicKey(of: key)
    }

    // MARK: - Boxes

    private static func open(
        _ box: [UInt8], _ nonce: [UInt8], _ publicKey: [UInt8], _ privateKey: Secret, _ cipher: inout AESGCM
    ) throws(CryptoFault) -> Secret? {
        do throws(CryptoFault) {
            if privateKey.count == FIPSBox.privateKeySize {
                return try FIPSBox.open(box, nonce: nonce, publicKey: publicKey, privateKey: privateKey, with: &cipher)
            }
            guard publicKey.count == NaClBox.keySize, nonce.count == NaClBox.nonceSize else { return nil }
            let result = box.withUnsafeBytes { box in
                nonce.withUnsafeBytes { nonce in
                    publicKey.withUnsafeBytes { publicKey in
                        Result { () throws(CryptoFault) in
                            try NaClBox.open(box, nonce: nonce, publicKey: publicKey, privateKey: privateKey)
                        }
                    }
                }
            }
            return try result.get()
        } catch .notAuthentic { return nil }
    }

    private static func seal(
        _ content: Secret, _ nonce: [UInt8], _ publicKey: [UInt8], _ privateKey: Secret, _ cipher: inout AESGCM
    ) throws(CryptoFault) -> [UInt8]? {
        if privateKey.count == FIPSBox.privateKeySize {
            guard publicKey.count == FIPSBox.publicKeySize else { return nil }
            return try FIPSBox.seal(content, nonce: nonce, publicKey: publicKey, privateKey: privateKey, with: &cipher)
        }
        guard publicKey.count == NaClBox.keySize else { return nil }
        let result = nonce.withUnsafeBytes { nonce in
            publicKey.withUnsafeBytes { publicKey in
                Result { () throws(CryptoFault) in
                    try NaClBox.seal(content, nonce: nonce, publicKey: publicKey, privateKey: privateKey)
                }
            }
        }
        return try result.get()
    }

    /// Writes the new keys into every box that holds an old one.
    ///
    /// - Returns: what could not be boxed anew, one sentence each.
    func write(_ keys: RekeyingKeys, _ writer: Connection, _ triggers: TriggerSwitch) throws -> [String] {
        var cipher = try AESGCM(), unreached: [String] = []
        var ghosts: [String: (bot: Bot, new: Secret)] = [:], rows: [[String]] = []
        let renewed = bots.compactMap { bot in keys.successor(of: bot.content).map { (bot: bot, new: $0) } }
        for (bot, new) in renewed {
            let nonce = try Random.bytes(count: NaClBox.nonceSize)
            guard let own = publicKeys[bot.sender],
                let box = try ProjectBoxes.seal(new, nonce, own, bot.privateKey, &cipher)
            else { continue }
            rows.append([bot.row, Base64.encode(box), Base64.encode(nonce), bot.sender])
            ghosts[bot.project] = (bot, new)
        }
        try write("project_bots", ("encryptedProjectKey", "encryptedProjectKeyNonce"), rows, writer, triggers)
        rows = []
        var homeless = 0
        for member in members {
            guard let ghost = ghosts[member.project] else { continue }
            let nonce = try Random.bytes(count: NaClBox.nonceSize)
            guard let key = publicKeys[member.receiver],
                let box = try ProjectBoxes.seal(ghost.new, nonce, key, ghost.bot.privateKey, &cipher)
            else {
                homeless += 1
                continue
            }
            rows.append([member.row, Base64.encode(box), Base64.encode(nonce), ghost.bot.sender])
        }
        try write("project_keys", ("encryptedKey", "nonce"), rows, writer, triggers)
        if homeless > 0 {
            unreached.append(
                "\(homeless) members of version-1/2 projects have no public key that a new key could be boxed for")
        }
        return unreached
    }

    private static let batch = 2_000

    private func write(
        _ table: String, _ columns: (box: String, nonce: String), _ rows: [[String]], _ writer: Connection,
        _ triggers: TriggerSwitch
    ) throws {
        guard !rows.isEmpty else { return }
        try triggers.turnOff(table)
        for start in stride(from: 0, to: rows.count, by: ProjectBoxes.batch) {
            let part = rows[start..<min(start + ProjectBoxes.batch, rows.count)]
            let column = { (at: Int) in part.map { $0[at] } }
            let changed = try writer.query(
                """
                UPDATE ONLY \(raw: Quoting.qualified("public", table)) AS old SET \(identifier: columns.box) = new.box,
                    \(identifier: columns.nonce) = new.nonce, "senderId" = new.sender
                FROM unnest(\(array: column(0))::uuid[], \(array: column(1))::text[], \(array: column(2))::text[],
                    \(array: column(3))::uuid[]) AS new (id, box, nonce, sender)
                WHERE old.id = new.id
                """
            ).affected
            guard changed == part.count else {
                throw RekeyingFault.changedMeanwhile(table: table, rows: changed, expected: Int64(part.count))
            }
        }
    }
}
