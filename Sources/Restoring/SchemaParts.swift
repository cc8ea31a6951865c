import Postgres

/// The entries of an archive in the order in which a restore runs them.
struct SchemaParts {
    typealias Entry = ArchiveContents.Entry

    /// Before the rows: types, functions, tables.
    private(set) var preData: [Entry] = []
    /// After the rows: indexes, constraints, triggers.
    private(set) var postData: [Entry] = []
    /// Access rights, when everything they are about is there and the owner's own rights are no longer needed.
    private(set) var rights: [Entry] = []
    /// Event triggers, which would fire at what is made after them.
    private(set) var last: [Entry] = []

    /// - Parameters:
    ///   - noRights: whether access rights stay out.
    ///   - noForeignKeys: whether foreign keys stay out.
    init(_ contents: ArchiveContents, noRights: Bool, noForeignKeys: Bool) {
        var section = Entry.Section.preData
        for entry in contents.entries {
            let part = SchemaParts.part(of: entry, &section)
            if noForeignKeys && entry.description == "FK CONSTRAINT" { continue }
            switch part {
            case .preData: preData.append(entry)
            case .postData: postData.append(entry)
            case .rights: if !noRights { rights.append(entry) }
            case .last: last.append(entry)
            case nil: break
            }
        }
    }

    enum Part { case preData, postData, rights, last }

    /// Where an entry belongs; nil for what is left out.
    ///
    /// - Parameter section: that of the entry before; comments and access rights have none of their own.
    static func part(of entry: Entry, _ section: inout Entry.Section) -> Part? {
        if entry.section != .none { section = entry.section }
        if isLeftOut(entry) { return nil }
        if rights.contains(entry.description) { return .rights }
        if entry.description == "EVENT TRIGGER" || entry.isAbout("EVENT TRIGGER") { return .last }
        return section == .preData ? .preData : .postData
    }

    private static let rights: Set = ["ACL", "ACL LANGUAGE", "DEFAULT ACL"]

    /// What is not SQL to run, the database itself, and everything that holds rows.
    private static func isLeftOut(_ entry: Entry) -> Bool {
        if entry.definition.isEmpty || entry.section == .data { return true }
        switch entry.description {
        case "ENCODING", "STDSTRINGS", "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES", "MATERIALIZED VIEW DATA",
            "STATISTICS DATA", "SUBSCRIPTION TABLE":
            return true
        default: return entry.isAbout("DATABASE")
        }
    }
}

extension ArchiveContents.Entry {
    /// Whether it is something said about another object, and goes with it.
    var isAppendix: Bool { ["COMMENT", "SECURITY LABEL", "ACL"].contains(description) }

    fileprivate func isAbout(_ kind: String) -> Bool { isAppendix && nameBytes.starts(with: (kind + " ").utf8) }
}
