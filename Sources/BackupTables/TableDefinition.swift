import InfisicalData

/// Reads the columns out of a `CREATE TABLE` as `pg_dump` writes it (14 to 18, `dumpTableSchema`): the list in parentheses,
/// a name and a type each, then the tables it inherits from.
///
/// Names and defaults may hold anything, line ends, parentheses and what looks like a column too; so quotes are followed,
/// and never lines.
struct TableDefinition {
    private(set) var columns: [String: CatalogFacts.Column] = [:]
    /// The tables of the schema `public` whose columns it has without listing them.
    private(set) var parents: [String] = []

    init(_ statement: String) {
        let text = Array(statement.utf8)
        guard let (items, end) = TableDefinition.list(text[...]) else { return }
        for item in items {
            guard let (name, rest) = TableDefinition.identifier(item), name != "CONSTRAINT" || item.first == quote
            else {
                continue
            }
            let words = String(decoding: rest, as: UTF8.self)
            columns[name] = CatalogFacts.Column(
                type: TableDefinition.type(words), isNullable: words.utf8.firstRange(of: " NOT NULL".utf8) == nil)
        }
        let rest = text[end...].drop { TableDefinition.isBlank($0) }
        guard rest.starts(with: "INHERITS".utf8), let (names, _) = TableDefinition.list(rest) else { return }
        parents = names.compactMap { name in
            guard let (schema, rest) = TableDefinition.identifier(name), schema == "public",
                rest.first == UInt8(ascii: ".")
            else { return nil }
            return TableDefinition.identifier(rest.dropFirst())?.name
        }
    }

    /// The items of the first list in parentheses, without the blanks around them, and the place behind it.
    private static func list(_ text: ArraySlice<UInt8>) -> (items: [ArraySlice<UInt8>], end: Int)? {
        var items: [ArraySlice<UInt8>] = [], start = text.startIndex, depth = 0, at = text.startIndex
        while at < text.endIndex {
            switch text[at] {
            case quote: at = end(of: quote, in: text, from: at)
            case apostrophe:
                // Only `E'…'` knows backslashes.
                let isEscaped = at > text.startIndex && text[at - 1] == UInt8(ascii: "E")
                at = end(of: apostrophe, in: text, from: at, escapes: isEscaped)
            case UInt8(ascii: "("):
                depth += 1
                if depth == 1 { start = at + 1 }
            case UInt8(ascii: ")") where depth == 1:
                items.append(text[start..<at].drop { isBlank($0) })
                return (items.filter { !$0.isEmpty }, at + 1)
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: ",") where depth == 1:
                items.append(text[start..<at].drop { isBlank($0) })
                start = at + 1
            default: break
            }
            at += 1
        }
        return nil
    }

    /// The place of the mark that ends a quotation; one that is doubled stands for itself.
    private static func end(of mark: UInt8, in text: ArraySlice<UInt8>, from start: Int, escapes: Bool = false) -> Int {
        var at = start + 1
        while at < text.endIndex {
            if escapes, text[at] == UInt8(ascii: "\\") {
                at += 1
            } else if text[at] == mark {
                guard at + 1 < text.endIndex, text[at + 1] == mark else { return at }
                at += 1
            }
            at += 1
        }
        return text.endIndex - 1
    }

    private static func identifier(_ text: ArraySlice<UInt8>) -> (name: String, rest: ArraySlice<UInt8>)? {
        guard text.first == quote else {
            let name = text.prefix { !isBlank($0) && $0 != UInt8(ascii: ".") }
            return name.isEmpty ? nil : (String(decoding: name, as: UTF8.self), text[name.endIndex...])
        }
        let end = end(of: quote, in: text, from: text.startIndex)
        var name: [UInt8] = [], isDoubled = false
        for byte in text[(text.startIndex + 1)..<max(end, text.startIndex + 1)] {
            isDoubled = byte == quote && !isDoubled
            if !isDoubled { name.append(byte) }
        }
        return (String(decoding: name, as: UTF8.self), text[(end + 1)...])
    }

    /// What stands before the column's constraints.
    private static func type(_ text: String) -> String {
        var end = text.endIndex
        for word in [" COLLATE ", " DEFAULT ", " NOT NULL", " GENERATED ", " CONSTRAINT "] {
            if let range = text.utf8.firstRange(of: word.utf8), range.lowerBound < end { end = range.lowerBound }
        }
        return String(text[..<end].drop { $0 == " " }.prefix { $0 != "\n" })
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }
}

private let quote = UInt8(ascii: "\""), apostrophe = UInt8(ascii: "'")
