import Postgres

/// Something of a backup that the target did not make and that no row needs.
package struct ObjectLoss: Sendable, Equatable {
    /// Such as `event trigger`.
    package let kind: String
    /// With its schema where it is in one; as the archive has it, which is for people and not for SQL.
    package let name: String
    /// The server's, without values of rows.
    package let reason: String
    package let sqlState: String
    /// Whose it was, and where: what tells the application's own objects from others.
    let place: Place

    struct Place: Sendable, Equatable {
        let schema: String
        let owner: String
    }

    init(kind: String, name: String, _ refusal: Refusal, schema: String = "", owner: String = "") {
        self.kind = kind
        self.name = name
        reason = refusal.reason
        sqlState = refusal.sqlState
        place = Place(schema: schema, owner: owner)
    }

    init(_ entry: ArchiveContents.Entry, kind: String? = nil, _ refusal: Refusal) {
        self.init(
            kind: kind ?? entry.kind, name: entry.displayName, refusal, schema: entry.shown(entry.schemaBytes),
            owner: entry.shown(entry.owner))
    }

    /// One sentence without full stop.
    package var text: String { "\(kind) \(name): \(reason) (SQLSTATE \(sqlState))" }
}

extension ArchiveContents.Entry {
    var kind: String { description.lowercased() }

    /// `schema.name`, or the name alone.
    var displayName: String {
        schemaBytes.isEmpty ? shown(nameBytes) : "\(shown(schemaBytes)).\(shown(nameBytes))"
    }

    /// Any of its names, for people.
    func shown(_ bytes: [UInt8]) -> String { text(bytes) ?? String(decoding: bytes, as: UTF8.self) }
}
