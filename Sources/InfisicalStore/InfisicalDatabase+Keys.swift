import Crypto
package import InfisicalData
package import Postgres

extension InfisicalDatabase {
    /// Everything that keys are tried on: root wraps, legacy key snapshot, samples of the legacy tier, and the chain
    /// below the root key.
    ///
    /// - Parameters:
    ///   - perColumn: how many values of each legacy triple and key encoding are taken at most.
    ///   - among: of how many secrets per folder the newest is taken.
    package func keySamples(perColumn: Int = 5, newestAmong among: Int = 1) throws(PostgresFault) -> KeySamples {
        KeySamples(
            rootWraps: try rootWraps(), triples: try legacyTriples(perColumn: perColumn),
            legacySnapshot: try legacySnapshot(), chain: try keyChain(newestAmong: among))
    }

    /// The rows of `kms_root_config`; nil on S1.
    package func rootWraps() throws(PostgresFault) -> [RootWrap]? {
        let table = "kms_root_config"
        guard facts.has(table, all: ["id", "encryptedRootKey"]) else { return nil }
        // Where the column is there and NULL, that is a fault of its own.
        let strategy =
            facts.has(table, "encryptionStrategy") ? "COALESCE(\"encryptionStrategy\", '')" : "NULL::text"
        // Infisical keeps three rows at most; the limit only bounds what a broken instance could have piled up.
        let rows = try connection.query(
            """
            SELECT id::text AS id, pg_catalog.encode("encryptedRootKey", 'hex') AS blob,
                \(raw: strategy) AS strategy,
                \(raw: column("kekLabel", of: table)) AS label,
                \(raw: column("supersededAt", of: table)) IS NOT NULL AS superseded
            FROM public.kms_root_config ORDER BY id LIMIT 16
            """)
        var wraps: [RootWrap] = []
        for row in rows {
            wraps.append(
                RootWrap(
                    role: RootWrap.role(id: try row.string("id"), isSuperseded: try row.bool("superseded")),
                    strategy: try row.stringIfAny("strategy"), blob: try bytes(row, "blob"),
                    label: try row.stringIfAny("label")))
        }
        return wraps
    }

    /// S8's sealed copy of the environment's keys; nil where table or row is missing.
    package func legacySnapshot() throws(PostgresFault) -> [UInt8]? {
        guard facts.has("kms_legacy_encryption_keys", all: ["id", "encryptedKeySnapshot"]) else { return nil }
        let rows = try connection.query(
            """
            SELECT pg_catalog.encode("encryptedKeySnapshot", 'hex') AS blob FROM public.kms_legacy_encryption_keys
            WHERE id = '00000000-0000-0000-0000-000000000001'
            """)
        guard let row = rows.first else { return nil }
        return try bytes(row, "blob")
    }

    /// The newest values of each legacy triple that the server still reads, for each key encoding by itself: a few
    /// rows under a second key would drown among newer ones otherwise.
    package func legacyTriples(perColumn: Int = 5) throws(PostgresFault) -> [KeySamples.Triple] {
        let columns = LegacyTier.live(in: facts)
        if columns.isEmpty { return [] }
        let parts = columns.enumerated().map { sampling($1, number: $0, limit: perColumn) }
        let rows = try connection.query(SQL(raw: parts.joined(separator: "\nUNION ALL\n")))
        var triples: [KeySamples.Triple] = []
        for row in rows {
            let column = columns[try row.integer("number")]
            let value = LegacyTriple(
                ciphertext: try row.string("ciphertext"), iv: try row.stringIfAny("iv") ?? "",
                tag: try row.stringIfAny("tag") ?? "")
            triples.append(
                KeySamples.Triple(origin: column.name, encoding: try row.stringIfAny("encoding"), value: value))
        }
        return triples
    }

    /// What the database says about FIPS mode.
    package func fipsFlag() throws(PostgresFault) -> FIPSMode.DatabaseFlag {
        guard facts.has("super_admin", "fipsEnabled") else { return .noColumn }
        let rows = try connection.query(
            """
            SELECT COALESCE("fipsEnabled", false) AS enabled FROM public.super_admin
            WHERE id = '00000000-0000-0000-0000-000000000000'
            """)
        guard let row = rows.first else { return .noRow }
        return .row(try row.bool("enabled"))
    }

    /// The statement that samples one triple. A row whose columns are all empty texts holds no value.
    private func sampling(_ columns: LegacyColumns, number: Int, limit: Int) -> String {
        let ciphertext = Quoting.identifier(columns.ciphertext), iv = Quoting.identifier(columns.iv)
        let tag = Quoting.identifier(columns.tag), encoding = Quoting.identifier(columns.encoding)
        let newest = facts.has(columns.table, "createdAt") ? "\"createdAt\"" : "ctid"
        return """
            SELECT \(number) AS number, ciphertext, iv, tag, encoding FROM (
                SELECT \(ciphertext) AS ciphertext, \(iv) AS iv, \(tag) AS tag, \(encoding) AS encoding,
                    pg_catalog.row_number() OVER (PARTITION BY \(encoding) ORDER BY \(newest) DESC) AS place
                FROM \(Quoting.qualified("public", columns.table))
                WHERE \(ciphertext) IS NOT NULL AND NOT (\(ciphertext) = '' AND COALESCE(\(tag), '') = '')
            ) AS sample WHERE place <= \(limit)
            """
    }

    /// A column as an expression: NULL where the era does not have it yet.
    private func column(_ name: String, of table: String) -> String {
        facts.has(table, name) ? Quoting.identifier(name) : "NULL::text"
    }

    private func bytes(_ row: Rows.Row, _ column: String) throws(PostgresFault) -> [UInt8] {
        guard let bytes = Hex.decode(try row.string(column)) else {
            throw .unexpectedAnswer("no hex text in \(column)")
        }
        return bytes
    }
}
