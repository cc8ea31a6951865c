import Postgres

/// Makes the objects of an archive one by one, and says which ones the target refuses.
struct EntryMaker: Sendable {
    typealias Entry = ArchiveContents.Entry

    let statements: EntryStatements
    let losses: LossList
    /// The database's own search path; nil for none.
    let path: SearchPath?
    /// Who the session is.
    let user: String

    /// Tries the entry with its owner; then alone; then, since an archive empties the search path, under that of its
    /// database, which functions without a schema in it need.
    func make(_ entry: Entry, _ connection: Connection) throws {
        // What is said of something that is not there.
        if entry.isAppendix, entry.dependencies.contains(where: losses.isMissing) {
            return losses.leaveOut(entry.number)
        }
        let definition = statements.definition(entry), ownership = statements.ownership(entry)
        guard var refusal = try connection.attempt(definition + ownership) else { return }
        let isMade = try !ownership.isEmpty && run(definition, &refusal, connection)
        let isMadeAtLast = try isMade || retry(entry, definition, &refusal, connection)
        guard isMadeAtLast else { return try lose(entry, refusal) }
        if !ownership.isEmpty, let refusal = try connection.attempt(ownership) {
            try losses.add(ObjectLoss(entry, kind: "owner of \(entry.kind)", refusal))
        }
    }

    private func run(_ sql: [UInt8], _ refusal: inout Refusal, _ connection: Connection) throws -> Bool {
        guard let again = try connection.attempt(sql) else { return true }
        refusal = again
        return false
    }

    private func retry(
        _ entry: Entry, _ definition: [UInt8], _ refusal: inout Refusal, _ connection: Connection
    ) throws -> Bool {
        if let path, try connection.attempt(path.statement + definition) == nil { return true }
        guard !statements.accessMethod(entry).isEmpty else { return false }
        if try connection.attempt(statements.definition(entry, isPlain: true)) != nil { return false }
        try losses.add(ObjectLoss(entry, kind: "access method of \(entry.kind)", refusal))
        return true
    }

    private func lose(_ entry: Entry, _ refusal: Refusal) throws {
        switch refusal.sqlState {
        case Refusal.missingFile where !EntryMaker.hasFile.contains(entry.description):
            throw PostgresFault.statementFailed(
                sqlState: refusal.sqlState, reason: refusal.reason, during: entry.description)
        case Refusal.notPermitted where entry.shown(entry.owner) == user && !entry.isInAnothersName:
            throw PostgresFault.permissionDenied(reason: "\(entry.kind) \(entry.displayName): \(refusal.reason)")
        case "42704" where statements.noOwner && entry.description == "POLICY" && refusal.isAboutRole:
            // Like the grants, it is about roles, which the one who restores does without.
            losses.leaveOut(
                entry.number, saying: "left out with --no-owner: policy \(entry.displayName): \(refusal.reason)")
        // Rights to a column depend on those to its table in an archive, but not for the server.
        default: try losses.add(ObjectLoss(entry, refusal), missing: entry.isAppendix ? nil : entry.number)
        }
    }

    /// What the server loads a file for.
    private static let hasFile: Set = ["EXTENSION", "FUNCTION", "PROCEDURE", "PROCEDURAL LANGUAGE"]
}

extension ArchiveContents.Entry {
    /// Whether it gives rights that somebody else than the owner gave, in whose name only a superuser may speak.
    fileprivate var isInAnothersName: Bool {
        description == "ACL" && definition.contains(Array("SET SESSION AUTHORIZATION ".utf8))
    }
}
