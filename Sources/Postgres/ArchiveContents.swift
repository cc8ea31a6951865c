import Faults

/// The table of contents of an archive in `pg_dump`'s custom format, of the versions that PostgreSQL 14 to 18 write.
///
/// `pg_restore --list` shows it too, but as a text in which a name with blanks or line ends cannot be told apart.
package struct ArchiveContents: Sendable {
    package internal(set) var entries: [Entry]
    /// Of the server that was dumped and of the program that did it, as they say it of themselves.
    package let serverVersion: String, dumpVersion: String

    /// Why an archive was not read.
    package enum Problem: Error, Equatable {
        /// Written by a program that is newer than this one.
        case unknownVersion(String)
        /// It ends too early, or is something else.
        case damaged
    }

    /// The catalog of relations, by its number.
    package static let relations: UInt32 = 1259

    /// What `pg_dump` calls the relations that it describes.
    static let words: [String: Set<Relation.Kind>] = [
        "TABLE": [.table, .partitionedTable], "VIEW": [.view], "MATERIALIZED VIEW": [.materializedView],
        "SEQUENCE": [.sequence], "FOREIGN TABLE": [.foreignTable],
    ]

    package init(_ archive: [UInt8]) throws(Problem) {
        var reader = Reader(bytes: archive)
        guard try reader.take(5).elementsEqual("PGDMP".utf8) else { throw .damaged }
        let version = Array(try reader.take(3))
        guard version[0] == 1, (14...16).contains(version[1]) else {
            throw .unknownVersion(version.map(String.init).joined(separator: "."))
        }
        let minor = version[1]
        reader.integerSize = Int(try reader.byte())
        let offsetSize = Int(try reader.byte()), format = try reader.byte()
        guard (1...8).contains(reader.integerSize), (1...8).contains(offsetSize), format == 1 else { throw .damaged }
        // How it is compressed, when it was made, and the names of database and programs.
        if minor >= 15 { _ = try reader.byte() } else { _ = try reader.integer() }
        for _ in 0..<7 { _ = try reader.integer() }
        _ = try reader.text()
        serverVersion = String(decoding: try reader.text() ?? [], as: UTF8.self)
        dumpVersion = String(decoding: try reader.text() ?? [], as: UTF8.self)
        let count = try reader.integer()
        guard count >= 0 else { throw .damaged }
        var entries: [Entry] = []
        for _ in 0..<count { entries.append(try ArchiveContents.entry(&reader, minor, offsetSize)) }
        self.entries = entries
    }

    private static func entry(_ reader: inout Reader, _ minor: UInt8, _ offsetSize: Int) throws(Problem) -> Entry {
        let number = try reader.integer()
        // Whether it has data.
        _ = try reader.integer()
        let catalog = try reader.number(), oid = try reader.number()
        let name = try reader.text(), description = try reader.text()
        let section = Entry.Section(rawValue: try reader.integer())
        let definition = try reader.text(), dropStatement = try reader.text()
        // The statement to copy.
        _ = try reader.text()
        let schema = try reader.text(), tablespace = try reader.text(), accessMethod = try reader.text()
        let relationKind = minor >= 16 ? try reader.integer() : 0
        let owner = try reader.text()
        // A flag of old servers.
        _ = try reader.text()
        var dependencies: [Int] = []
        // Until the end mark.
        while let text = try reader.text() {
            guard let number = Int(String(decoding: text, as: UTF8.self)) else { throw .damaged }
            dependencies.append(number)
        }
        _ = try reader.take(1 + offsetSize)
        guard let description, let word = String(validating: description, as: UTF8.self), let section else {
            throw .damaged
        }
        let bytes = { (text: ArraySlice<UInt8>?) in Array(text ?? []) }
        return Entry(
            number: number, catalog: catalog, oid: oid, description: word, section: section,
            definition: bytes(definition), dropStatement: bytes(dropStatement), schemaBytes: bytes(schema),
            nameBytes: bytes(name), owner: bytes(owner), tablespace: bytes(tablespace),
            accessMethod: bytes(accessMethod), isPartitioned: relationKind == Int(UInt8(ascii: "p")),
            dependencies: dependencies)
    }

    /// The tables that hold the rows of a partitioned one, at any depth.
    ///
    /// - Returns: nothing where it is not partitioned, or has no partition.
    package func partitions(schema: String, name: String) -> [Entry] {
        let tables = Dictionary(entries.filter { $0.description == "TABLE" }.map { ($0.number, $0) }) { first, _ in
            first
        }
        // Such an entry attaches one table to another and depends on both; it has the name of the former.
        var parts: [Int: [Int]] = [:]
        for entry in entries where entry.description == "TABLE ATTACH" {
            let both = entry.dependencies.filter { tables[$0] != nil }
            guard let child = both.first(where: { tables[$0]?.isNamed(like: entry) == true }) else { continue }
            for parent in both where parent != child { parts[parent, default: []].append(child) }
        }
        guard
            let root = tables.values.first(where: {
                $0.schema?.isExactly(schema) == true && $0.name?.isExactly(name) == true
            })
        else { return [] }
        var found: [Entry] = [], seen: Set = [root.number], open = [root.number]
        while let next = open.popLast() {
            for part in parts[next] ?? [] where seen.insert(part).inserted {
                open.append(part)
                if let table = tables[part] { found.append(table) }
            }
        }
        return found
    }

    /// Schema and name of all tables, also of those without rows of their own.
    package var tables: [(schema: String, name: String)] {
        entries.filter { $0.description == "TABLE" }.compactMap { entry in
            guard let schema = entry.schema, let name = entry.name else { return nil }
            return (schema, name)
        }
    }

    /// Where the archive and the list of relations do not agree.
    package struct Difference: Sendable, Equatable {
        /// In the list and not in the archive, as `"schema"."name"`.
        package let missing: [String]
        /// In the archive and not in the list.
        package let unknown: [String]

        package init(missing: [String], unknown: [String]) {
            self.missing = missing
            self.unknown = unknown
        }
    }

    /// Compares both ways. Nil where each relation is described once, and nothing else.
    ///
    /// - Parameter comparesNames: whether the database is in UTF-8, and so the archive; numbers are compared in any case.
    package func difference(from relations: [Relation], comparesNames: Bool) -> Difference? {
        // What an extension has made is made by it again.
        let wanted = relations.filter { !$0.isExtensionMember }
        var described: [UInt32: Entry] = [:], unknown: [String] = []
        let known = Dictionary(relations.map { ($0.oid, $0) }) { first, _ in first }
        for entry in entries where entry.catalog == ArchiveContents.relations {
            guard let kinds = ArchiveContents.words[entry.description] else { continue }
            guard let relation = known[entry.oid], kinds.contains(relation.kind), described[entry.oid] == nil,
                !comparesNames || entry.isNamed(relation)
            else {
                unknown.append(Quoting.qualified(entry.schema ?? "?", entry.name ?? "?"))
                continue
            }
            described[entry.oid] = entry
        }
        let missing = wanted.filter { described[$0.oid] == nil }.map(\.quotedName)
        return missing.isEmpty && unknown.isEmpty ? nil : Difference(missing: missing, unknown: unknown)
    }
}

/// Reads the parts of an archive one after another; never beyond its end.
private struct Reader {
    let bytes: [UInt8]
    var position = 0
    var integerSize = 4

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func take(_ count: Int) throws(ArchiveContents.Problem) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw .damaged }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    mutating func byte() throws(ArchiveContents.Problem) -> UInt8 {
        guard position < bytes.count else { throw .damaged }
        defer { position += 1 }
        return bytes[position]
    }

    /// A byte for the sign, then the value, the least significant byte first.
    mutating func integer() throws(ArchiveContents.Problem) -> Int {
        let isNegative = try byte() != 0
        guard integerSize <= bytes.count - position else { throw .damaged }
        var value: UInt64 = 0
        // An archive has hundreds of thousands of them.
        for index in stride(from: position + integerSize - 1, through: position, by: -1) {
            value = value << 8 | UInt64(bytes[index])
        }
        position += integerSize
        guard let number = Int(exactly: value) else { throw .damaged }
        return isNegative ? -number : number
    }

    /// Its length, then its bytes; nil for a negative length.
    mutating func text() throws(ArchiveContents.Problem) -> ArraySlice<UInt8>? {
        let length = try integer()
        return length < 0 ? nil : try take(length)
    }

    /// A number that is written as a text.
    mutating func number() throws(ArchiveContents.Problem) -> UInt32 {
        guard let text = try text(), let number = UInt32(String(decoding: text, as: UTF8.self)) else { throw .damaged }
        return number
    }
}
