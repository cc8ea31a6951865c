extension ArchiveContents {
    /// What its statements and names are written in, such as `LATIN1`; nil where it does not say.
    package var encoding: String? { setting("ENCODING") }

    /// Whether a backslash in its texts is only a backslash.
    package var hasStandardStrings: Bool { setting("STDSTRINGS") != "off" }

    /// The value in an entry such as `SET client_encoding = 'LATIN1';`.
    private func setting(_ description: String) -> String? {
        guard let entry = entries.first(where: { $0.description == description }) else { return nil }
        let parts = String(decoding: entry.definition, as: UTF8.self).split(
            separator: "'", omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
    }

    /// The same, with names that can be compared with those that a session gives.
    ///
    /// - Parameter connection: with a database whose encoding has all characters of the names.
    package func named(by connection: Connection) throws(PostgresFault) -> ArchiveContents {
        guard let encoding, !["UTF8", "SQL_ASCII"].contains(encoding) else { return self }
        // What is not ASCII may look like UTF-8 all the same, and mean something else.
        let names = Set(
            entries.flatMap { [$0.schemaBytes, $0.nameBytes, $0.owner, $0.tablespace] }.filter { name in
                name.contains { $0 > 127 }
            })
        if names.isEmpty { return self }
        let digits = names.map { name in (name: name, hex: ArchiveContents.hex(name)) }
        let rows = try connection.query(
            """
            SELECT hex, convert_from(decode(hex, 'hex'), \(encoding)) AS name FROM unnest(\(array: digits.map(\.hex))::text[])
                AS hex
            """)
        var meanings: [String: String] = [:], texts: [[UInt8]: String] = [:]
        for row in rows { meanings[try row.string("hex")] = try row.string("name") }
        for (name, hex) in digits { texts[name] = meanings[hex] }
        var result = self
        for index in result.entries.indices { result.entries[index].texts = texts }
        return result
    }

    /// The same as far as the database knows the characters: as they are where it does not, which is no fault of the
    /// archive's. Names that are not UTF-8 then have no text.
    ///
    /// - Parameter connection: with any database of the server, not in a transaction.
    package func namedIfPossible(by connection: Connection) throws(PostgresFault) -> ArchiveContents {
        do throws(PostgresFault) { return try named(by: connection) } catch {
            // A database without an encoding hands the bytes through, which then are not UTF-8.
            if case .notUnicode = error { return self }
            guard error.refusedState != nil else { throw error }
            return self
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension Connection {
    /// Runs `body` with statements and names as an archive has them: in its encoding, and with what a backslash means there.
    package func reading(_ archive: ArchiveContents, _ body: () throws -> Void) throws {
        let usual = clientEncoding
        let encoding = (archive.encoding ?? serverEncoding).flatMap { $0 == usual ? nil : $0 }
        if let encoding { try query("SET client_encoding TO \(literal: encoding)") }
        func putBack() throws(PostgresFault) {
            if !archive.hasStandardStrings { try query("SET standard_conforming_strings TO on") }
            if encoding != nil, let usual { try query("SET client_encoding TO \(literal: usual)") }
        }
        do {
            if !archive.hasStandardStrings { try query("SET standard_conforming_strings TO off") }
            try body()
        } catch {
            // Whoever goes on with the session needs it as it was; a lost one is over anyway.
            do throws(PostgresFault) { try putBack() } catch { close() }
            throw error
        }
        try putBack()
    }
}
