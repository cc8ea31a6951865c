import Postgres

/// The SQL that makes an entry of an archive, as `pg_restore` would run it.
///
/// The session has the settings of an archive already: an empty search path, the standard tablespace and access method.
/// What an entry needs otherwise is set for its own transaction.
struct EntryStatements {
    typealias Entry = ArchiveContents.Entry

    /// Whether everything belongs to the session's user.
    let noOwner: Bool
    /// Tablespaces of the target that may be used.
    let tablespaces: Set<String>

    /// The definition, all or nothing.
    ///
    /// - Parameter isPlain: with the standard access method instead of the entry's own.
    func definition(_ entry: Entry, isPlain: Bool = false) -> [UInt8] {
        var sql: [UInt8] = []
        if tablespaces.contains(entry.shown(entry.tablespace)) {
            sql += "SET LOCAL default_tablespace = ".utf8 + EntryStatements.quoted(entry.tablespace) + ";\n".utf8
        }
        let method = isPlain ? [] : accessMethod(entry)
        if !method.isEmpty && !entry.isPartitioned {
            sql += "SET LOCAL default_table_access_method = ".utf8 + EntryStatements.quoted(method) + ";\n".utf8
        }
        sql += entry.definition
        if !method.isEmpty && entry.isPartitioned {
            sql += "\n".utf8 + EntryStatements.accessMethod(entry, method)
        }
        return sql
    }

    /// Gives its method to a table that has no rows of its own.
    static func accessMethod(_ entry: Entry, _ method: [UInt8]) -> [UInt8] {
        "ALTER TABLE ".utf8 + qualified(entry) + " SET ACCESS METHOD ".utf8 + quoted(method) + ";".utf8
    }

    /// Another than the standard one; else empty.
    func accessMethod(_ entry: Entry) -> [UInt8] {
        entry.accessMethod.elementsEqual("heap".utf8) ? [] : entry.accessMethod
    }

    /// Gives the object to its owner; empty where it has none of its own.
    func ownership(_ entry: Entry) -> [UInt8] {
        guard !noOwner, !entry.owner.isEmpty, !entry.dropStatement.isEmpty else { return [] }
        let object: [UInt8]
        switch entry.description {
        case "VIEW", "SEQUENCE", "MATERIALIZED VIEW", "TABLE":
            object = Array("TABLE ".utf8) + EntryStatements.qualified(entry)
        case "COLLATION", "CONVERSION", "DOMAIN", "FOREIGN TABLE", "TYPE", "TEXT SEARCH CONFIGURATION",
            "TEXT SEARCH DICTIONARY", "PROCEDURAL LANGUAGE", "SCHEMA", "EVENT TRIGGER", "FOREIGN DATA WRAPPER",
            "SERVER",
            "STATISTICS", "PUBLICATION", "SUBSCRIPTION":
            object = Array((entry.description + " ").utf8) + EntryStatements.qualified(entry)
        case "AGGREGATE", "FUNCTION", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURE":
            // Their arguments belong to the name, and stand only there.
            let drop = Array("DROP ".utf8)
            guard entry.dropStatement.starts(with: drop) else { return [] }
            object = Array(
                entry.dropStatement.dropFirst(drop.count).reversed().drop { [10, 13, 32, 59].contains($0) }.reversed())
        default: return []
        }
        return Array("\nALTER ".utf8) + object + " OWNER TO ".utf8 + EntryStatements.quoted(entry.owner) + ";".utf8
    }

    private static func qualified(_ entry: Entry) -> [UInt8] {
        entry.schemaBytes.isEmpty
            ? quoted(entry.nameBytes) : quoted(entry.schemaBytes) + ".".utf8 + quoted(entry.nameBytes)
    }

    /// In every encoding that a database can have, a quote is never part of another character.
    static func quoted(_ name: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        return [quote] + name.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}
