import InfisicalData

/// Reads the columns out of a `CREATE TABLE` as `pg_dump` writes it: one column a line, four blanks in front, the name
/// quoted where it must be, then the type (pg_dump 14 to 18, `dumpTableSchema`).
///
/// What does not look like that gives no column; a continuation line of a default may give one that no table has. So a
/// reader asks for the columns that it knows from elsewhere, and takes what is missing as a failure.
enum TableDefinition {
    static func columns(_ statement: String) -> [String: CatalogFacts.Column] {
        var columns: [String: CatalogFacts.Column] = [:]
        for line in statement.split(separator: "\n").dropFirst() {
            guard line.hasPrefix("    "), let (name, rest) = identifier(line.dropFirst(4)), rest.hasPrefix(" ") else {
                continue
            }
            // The first of a name is the column: nothing stands before the list of columns.
            if columns[name] != nil { continue }
            columns[name] = CatalogFacts.Column(
                type: type(rest.dropFirst()), isNullable: rest.utf8.firstRange(of: " NOT NULL".utf8) == nil)
        }
        return columns
    }

    private static func identifier(_ text: Substring) -> (name: String, rest: Substring)? {
        guard text.first == "\"" else {
            let name = text.prefix { $0 != " " }
            return name.isEmpty || name == "CONSTRAINT" ? nil : (String(name), text.dropFirst(name.count))
        }
        var name = "", rest = text.dropFirst()
        while let end = rest.firstIndex(of: "\"") {
            name += rest[..<end]
            rest = rest[rest.index(after: end)...]
            guard rest.first == "\"" else { return (name, rest) }
            name += "\""
            rest = rest.dropFirst()
        }
        return nil
    }

    /// What stands before the column's constraints.
    private static func type(_ text: Substring) -> String {
        var end = text.hasSuffix(",") ? text.index(before: text.endIndex) : text.endIndex
        for word in [" COLLATE ", " DEFAULT ", " NOT NULL", " GENERATED ", " CONSTRAINT "] {
            if let range = text.utf8.firstRange(of: word.utf8), range.lowerBound < end { end = range.lowerBound }
        }
        return String(text[..<end])
    }
}
