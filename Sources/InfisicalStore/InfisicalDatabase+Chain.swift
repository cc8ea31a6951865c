import Crypto
package import InfisicalData
package import Postgres

extension InfisicalDatabase {
    /// The chain below the root key: every KMS key, every data key, and a value under each.
    ///
    /// Keys and values are of one moment: the session's transaction, which is left as it was, or a short one of its own.
    /// With 1,000 projects and a million secrets it takes some hundredths of a second: no statement is per project, and
    /// large tables are entered through their indexes. Of a table that is large and has no fitting index, the first rows
    /// that have a value are taken.
    ///
    /// - Parameter among: of how many secrets per folder the newest is taken; 1 takes any.
    package func keyChain(newestAmong among: Int = 1) throws(PostgresFault) -> KeyChain {
        guard connection.transactionStatus == .idle else { return try chain(among) }
        try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let chain: KeyChain
        do throws(PostgresFault) { chain = try self.chain(among) } catch {
            if InfisicalDatabase.leavesSession(error) { try connection.query("ROLLBACK") }
            throw error
        }
        try connection.query("ROLLBACK")
        return chain
    }

    private func chain(_ among: Int) throws(PostgresFault) -> KeyChain {
        var reader = ChainReader(database: self, among: among)
        try connection.query("SAVEPOINT key_chain")
        let chain: KeyChain
        do throws(PostgresFault) {
            chain = try reader.read()
        } catch {
            if InfisicalDatabase.leavesSession(error) { try connection.query("ROLLBACK TO SAVEPOINT key_chain") }
            throw error
        }
        try connection.query("ROLLBACK TO SAVEPOINT key_chain")
        return chain
    }

    /// Whether the session goes on after a fault.
    private static func leavesSession(_ fault: PostgresFault) -> Bool {
        switch fault {
        case .statementFailed, .badData, .unexpectedAnswer, .notUnicode: true
        default: false
        }
    }
}

/// Collects the links of one database.
struct ChainReader {
    let connection: Connection
    let facts: CatalogFacts
    let among: Int
    var kmsKeys: [KeyChain.KMSKey] = []
    var dataKeys: [KeyChain.DataKey] = []
    var values: [KeyChain.Value] = []
    var legacyKeys: [LegacyKey] = []
    var unread: [String] = []
    /// Size in bytes and the columns that a complete index begins with.
    var tables: [String: (bytes: Int, indexed: Set<String>)] = [:]

    /// Bytes up to which a table is read from end to end.
    static let small = 8 << 20
    /// Of how many rows of a larger table values are taken, for each column.
    static let someRows = 200

    init(database: InfisicalDatabase, among: Int) {
        connection = database.connection
        facts = database.facts
        self.among = among
    }

    mutating func read() throws(PostgresFault) -> KeyChain {
        try connection.query("SET LOCAL jit = off")
        try plan(someRows: false)
        try readSizes()
        try asked("internal_kms") { reader throws(PostgresFault) in try reader.readKMSKeys() }
        try asked("organizations") { reader throws(PostgresFault) in try reader.readOrganizations() }
        try asked("projects") { reader throws(PostgresFault) in try reader.readProjects() }
        try asked("super_admin") { reader throws(PostgresFault) in try reader.readSettings() }
        try asked("values under the root key") { reader throws(PostgresFault) in try reader.readRootValues() }
        try asked("secrets_v2") { reader throws(PostgresFault) in try reader.readSecrets() }
        try readOtherValues()
        try asked("project_bots") { reader throws(PostgresFault) in try reader.readLegacyProjects() }
        try asked("org_bots") { reader throws(PostgresFault) in try reader.readOrganizationBots() }
        return KeyChain(
            kmsKeys: kmsKeys, dataKeys: dataKeys, values: values, legacyKeys: legacyKeys, unread: unread)
    }

    /// Asks a question without which the rest can do; what could not be read is noted.
    mutating func asked(
        _ what: String, _ question: (inout ChainReader) throws(PostgresFault) -> Void
    ) throws(PostgresFault) {
        var attempt = self
        try connection.query("SAVEPOINT chain_question")
        do throws(PostgresFault) {
            try question(&attempt)
            try connection.query("RELEASE SAVEPOINT chain_question")
            self = attempt
        } catch {
            switch error {
            case .statementFailed, .badData, .unexpectedAnswer, .notUnicode:
                try connection.query("ROLLBACK TO SAVEPOINT chain_question")
                unread.append("\(what) could not be read: \(error.message)")
            default: throw error
            }
        }
    }

    /// Leaves the planner no other choice than the plan that is right whatever the statistics are: a plan made from old
    /// ones would read a table of secrets once per project. Until the transaction, or its savepoint, is rolled back.
    func plan(someRows: Bool) throws(PostgresFault) {
        for setting in ["enable_seqscan", "enable_bitmapscan", "enable_nestloop"] {
            try connection.query("SET LOCAL \(identifier: setting) = \(raw: someRows ? "on" : "off")")
        }
    }

    /// Notes a table whose key columns are not those of any known version.
    mutating func unknown(_ table: String) {
        unread.append("the table \(table) does not look like that of any known version")
    }

    private mutating func readSizes() throws(PostgresFault) {
        let rows = try connection.query(
            """
            -- For all tables at once: without nested loops a question for each would read the catalog as often.
            WITH indexes AS MATERIALIZED (
                SELECT index.indrelid AS owner, pg_catalog.array_agg(attribute.attname) AS leading
                FROM pg_catalog.pg_index AS index
                JOIN pg_catalog.pg_class AS other ON other.oid = index.indexrelid
                JOIN pg_catalog.pg_am AS method ON method.oid = other.relam AND method.amname = 'btree'
                JOIN pg_catalog.pg_attribute AS attribute
                    ON attribute.attrelid = index.indrelid AND attribute.attnum = index.indkey[0]
                WHERE index.indisvalid AND index.indpred IS NULL GROUP BY index.indrelid
            )
            SELECT class.relname AS name, pg_catalog.pg_relation_size(class.oid) AS bytes,
                COALESCE(pg_catalog.array_to_string(indexes.leading, pg_catalog.chr(31)), '') AS leading
            FROM pg_catalog.pg_class AS class
            JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
            LEFT JOIN indexes ON indexes.owner = class.oid
            WHERE namespace.nspname = 'public' AND class.relkind = 'r' AND NOT class.relispartition
            """)
        for row in rows {
            tables[try row.string("name")] = (try row.integer("bytes"), Set(try row.list("leading")))
        }
    }

    /// Whether a table has rows at all.
    func isFilled(_ table: String) -> Bool { (tables[table]?.bytes ?? 0) > 0 }

    func isSmall(_ table: String) -> Bool { (tables[table]?.bytes ?? 0) <= ChainReader.small }

    func isIndexed(_ table: String, _ column: String) -> Bool { tables[table]?.indexed.contains(column) ?? false }

    func bytes(_ row: Rows.Row, _ column: String) throws(PostgresFault) -> [UInt8] {
        guard let bytes = Hex.decode(try row.string(column)) else {
            throw .unexpectedAnswer("no hex text in \(column)")
        }
        return bytes
    }

    func bytesIfAny(_ row: Rows.Row, _ column: String) throws(PostgresFault) -> [UInt8]? {
        try row.stringIfAny(column) == nil ? nil : bytes(row, column)
    }

    // MARK: - Keys

    mutating func readKMSKeys() throws(PostgresFault) {
        guard facts.has("kms_keys") else { return }
        guard facts.hasText("kms_keys", "id") else { return unknown("kms_keys") }
        let isOldest = facts.hasBytes("kms_keys", "encryptedKey")
        guard isOldest || (facts.hasText("internal_kms", "kmsKeyId") && facts.hasBytes("internal_kms", "encryptedKey"))
        else { return unknown("internal_kms") }
        let external =
            facts.hasText("external_kms", "kmsKeyId") && facts.hasText("external_kms", "provider")
            ? "(SELECT external.provider::text FROM public.external_kms AS external WHERE external.\"kmsKeyId\" = k.id LIMIT 1)"
            : "NULL::text"
        let material =
            isOldest
            ? "k.\"encryptedKey\""
            : "(SELECT i.\"encryptedKey\" FROM public.internal_kms AS i WHERE i.\"kmsKeyId\" = k.id)"
        let rows = try connection.query(
            """
            SELECT k.id::text AS id, pg_catalog.encode(\(raw: material), 'hex') AS material,
                \(raw: external) AS provider
            FROM public.kms_keys AS k ORDER BY 1
            """)
        for row in rows {
            let id = try row.string("id")
            let place = KeyChain.Place(isOldest ? "kms_keys" : "internal_kms", "encryptedKey", "the KMS key \(id)")
            let material: KeyChain.KMSKey.Material =
                if let wrapped = try bytesIfAny(row, "material") {
                    .wrapped(wrapped)
                } else if let provider = try row.stringIfAny("provider") {
                    .external(provider: provider)
                } else {
                    .missing
                }
            kmsKeys.append(KeyChain.KMSKey(id: id, place: place, material: material))
        }
        try readEarlierVersions()
    }

    /// The earlier material of KMS keys that were rotated.
    private mutating func readEarlierVersions() throws(PostgresFault) {
        let table = "internal_kms_key_version"
        guard facts.hasText(table, "id"), facts.hasBytes(table, "encryptedKey"), isFilled(table) else { return }
        let namesOwner =
            facts.hasText(table, "internalKmsId") && facts.hasText("internal_kms", "id")
            && facts.hasText("internal_kms", "kmsKeyId")
        // As text on both sides, whatever the types are; hashed, because there may be thousands.
        let join =
            namesOwner
            ? "LEFT JOIN public.internal_kms AS current ON current.id::text = version.\"internalKmsId\"::text" : ""
        let rows = try connection.query(
            """
            SELECT version.id::text AS id, pg_catalog.encode(version."encryptedKey", 'hex') AS material,
                \(raw: namesOwner ? "current.\"kmsKeyId\"::text" : "NULL::text") AS owner
            FROM public.internal_kms_key_version AS version \(raw: join)
            WHERE version."encryptedKey" IS NOT NULL ORDER BY 1 LIMIT 10000
            """)
        for row in rows {
            let id = try row.string("id")
            kmsKeys.append(
                KeyChain.KMSKey(
                    id: "version \(id)", place: KeyChain.Place(table, "encryptedKey", "the row \(id)"),
                    material: .wrapped(try bytes(row, "material")), earlierOf: try row.stringIfAny("owner")))
        }
    }

    mutating func readOrganizations() throws(PostgresFault) {
        let table = "organizations", key = "kmsEncryptedDataKey"
        guard facts.has(table, key) else { return }
        guard facts.hasText(table, "id"), facts.hasBytes(table, key), facts.hasText(table, "kmsDefaultKeyId") else {
            return unknown(table)
        }
        let name = facts.hasText(table, "slug") ? "slug::text" : "id::text"
        let rows = try connection.query(
            """
            SELECT id::text AS id, \(raw: name) AS name, "kmsDefaultKeyId"::text AS kms,
                pg_catalog.encode("kmsEncryptedDataKey", 'hex') AS wrapped
            FROM public.organizations ORDER BY 1
            """)
        for row in rows {
            dataKeys.append(
                KeyChain.DataKey(
                    owner: .organization(try row.string("id")),
                    place: KeyChain.Place(table, key, "the organization \"\(try row.stringIfAny("name") ?? "")\""),
                    kmsKey: try row.stringIfAny("kms"), wrapped: try bytesIfAny(row, "wrapped")))
        }
    }

    mutating func readProjects() throws(PostgresFault) {
        let table = "projects", key = "kmsSecretManagerEncryptedDataKey"
        guard facts.has(table, key) else { return }
        guard facts.hasText(table, "id"), facts.hasBytes(table, key), facts.hasText(table, "kmsSecretManagerKeyId")
        else { return unknown(table) }
        let name = facts.hasText(table, "slug") ? "slug::text" : "id::text"
        let rows = try connection.query(
            """
            SELECT id::text AS id, \(raw: name) AS name, "kmsSecretManagerKeyId"::text AS kms,
                pg_catalog.encode("kmsSecretManagerEncryptedDataKey", 'hex') AS wrapped
            FROM public.projects ORDER BY 1
            """)
        for row in rows {
            dataKeys.append(
                KeyChain.DataKey(
                    owner: .project(try row.string("id")),
                    place: KeyChain.Place(table, key, "the project \"\(try row.stringIfAny("name") ?? "")\""),
                    kmsKey: try row.stringIfAny("kms"), wrapped: try bytesIfAny(row, "wrapped")))
        }
    }
}
