package import Age
import Crypto
import Effects
import Secrets

extension RotationKeys {
    package static let schema = "infisical-ops/rotation-keys/1"
    /// Most bytes of a sealed file.
    package static let limit = 1 << 20
    private static let variables: Set = [
        "ENCRYPTION_KEY", "ROOT_ENCRYPTION_KEY", "AUTH_SECRET", "DB_PASSWORD", "DB_CONNECTION_URI",
        "AUDIT_LOGS_DB_CONNECTION_URI", "DB_READ_REPLICAS",
    ]

    /// The JSON in the sealed file; `docs/format.md` is its specification.
    private struct Document: Codable {
        var schema = RotationKeys.schema
        var repository: String
        var rotation: RotationID
        /// RFC 3339, UTC.
        var started: String
        var program: String
        var depth: String?
        var fips: Bool
        var database: Database
        var environmentFiles: [String]
        var old: Side
        var new: Side
        var older: [[String: String]]?
        /// Standard base64.
        var retired: String?

        struct Side: Codable {
            /// Values in standard base64.
            var environment: [String: String]
            var label: String?
            /// Standard base64.
            var rootKey: String?
        }
    }

    /// - Parameter repository: the id of the one that it belongs to.
    package func seal(to recipients: [AgeRecipient], repository: String) throws -> [UInt8] {
        if recipients.isEmpty { throw RepositoryFault.noRecipients }
        let document = Document(
            repository: repository, rotation: id, started: started.iso8601, program: Release.nameAndVersion,
            depth: depth, fips: isFIPS, database: database, environmentFiles: environmentFiles,
            old: RotationKeys.encoded(old), new: RotationKeys.encoded(new),
            older: older.isEmpty ? nil : older.map(RotationKeys.encoded),
            retired: retired.map { $0.withBytes { Base64.encode($0) } })
        var plain = try StoredJSON.encode(document)
        let sealed = try Age.seal(Secret(consuming: &plain), to: recipients, armored: true)
        if sealed.count > RotationKeys.limit {
            throw RepositoryFault.tooLarge(what: "the keys of the rotation", bytes: sealed.count)
        }
        return sealed
    }

    private static func encoded(_ side: Side) -> Document.Side {
        Document.Side(
            environment: encoded(side.environment), label: side.label,
            rootKey: side.rootKey.map { $0.withBytes { Base64.encode($0) } })
    }

    private static func encoded(_ environment: [String: Secret]) -> [String: String] {
        environment.mapValues { $0.withBytes { Base64.encode($0) } }
    }

    /// Opens sealed keys whose origin is vouched for.
    ///
    /// - Parameters:
    ///   - source: where the identities came from, for the error.
    ///   - name: what the sealed bytes are called in an error.
    /// - Throws: `identityOpensNothing`, `malformed`.
    package static func open(
        _ sealed: [UInt8], identities: [AgeIdentity], source: String, repository: String, name: String
    ) throws -> RotationKeys {
        let plain = try unsealed(sealed, identities, source)
        let document = try StoredJSON.decode(Document.self, from: plain.withBytes { Array($0) }, path: name)
        let malformed = { (reason: String) in RepositoryFault.malformed(path: name, reason: reason) }
        guard document.schema == RotationKeys.schema else { throw malformed("its schema is \(document.schema)") }
        guard document.repository == repository else { throw malformed("it belongs to another repository") }
        guard let started = Timestamp(iso8601: document.started) else { throw malformed("it has no valid time") }
        guard document.environmentFiles.allSatisfy({ $0.hasPrefix("/") && !$0.utf8.contains(0) }) else {
            throw malformed("an env file's path is not absolute")
        }
        guard let old = RotationKeys.decoded(document.old), let new = RotationKeys.decoded(document.new) else {
            throw malformed("what it holds are no keys")
        }
        let older = (document.older ?? []).compactMap(RotationKeys.decoded)
        let retired = document.retired.flatMap { Base64.decode($0) }
        guard older.count == document.older?.count ?? 0, (retired == nil) == (document.retired == nil) else {
            throw malformed("what it holds are no keys")
        }
        var keys = RotationKeys(
            id: document.rotation, started: started, depth: document.depth, isFIPS: document.fips,
            database: document.database, environmentFiles: document.environmentFiles, old: old, new: new)
        keys.older = older
        if var bytes = retired { keys.retired = Secret(consuming: &bytes) }
        return keys
    }

    private static func unsealed(_ sealed: [UInt8], _ identities: [AgeIdentity], _ source: String) throws -> Secret {
        do { return try Age.open(sealed, identities: identities) } catch AgeFault.noMatch {
            throw RepositoryFault.identityOpensNothing(file: source)
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func decoded(_ texts: [String: String]) -> [String: Secret]? {
        var environment: [String: Secret] = [:]
        for (name, text) in texts {
            guard variables.contains(name), var value = Base64.decode(text), !value.isEmpty, !value.contains(0) else {
                return nil
            }
            environment[name] = Secret(consuming: &value)
        }
        return environment.isEmpty ? nil : environment
    }

    /// Nil for what cannot be the keys of an instance.
    private static func decoded(_ side: Document.Side) -> Side? {
        guard let environment = decoded(side.environment) else { return nil }
        let isLabel = side.label.map { $0.utf8.count == 32 && $0.utf8.allSatisfy(isHexDigit) }
        let isOfKey = environment.keys.contains { $0.hasSuffix("ENCRYPTION_KEY") }
        guard isLabel ?? !isOfKey else { return nil }
        guard let text = side.rootKey else {
            return Side(environment: environment, label: side.label, rootKey: nil)
        }
        guard var root = Base64.decode(text), root.count == 32 else { return nil }
        return Side(environment: environment, label: side.label, rootKey: Secret(consuming: &root))
    }
}
