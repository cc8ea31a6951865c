import CopyFormat
import InfisicalData
import InfisicalTables

/// Finds the owner of a row, whose key seals its values, over the tables between them.
///
/// Each table on the way is read once, and kept as one number per row.
package final class OwnerIndex {
    /// How a row leads to its owner: by the value of a column, or of another where that is NULL.
    struct Way {
        struct Column {
            let name: String
            let isUUID: Bool
            let owners: [RowID: Int32]
            /// The owner of a row that names what is not there; nil where such a row has none.
            var otherwise: Int32?
        }

        let first: Column
        let second: Column?
    }

    private let source: any TableSource
    private let rack: KeyRack
    private var facts: CatalogFacts { source.facts }
    /// By table, column and end of the rest of the way.
    private var tables: [String: [RowID: Int32]] = [:]
    private var certificates: [RowID: Int32]?

    init(_ source: any TableSource, _ rack: KeyRack) {
        self.source = source
        self.rack = rack
    }

    /// The first of the ways from a table that the catalog shows.
    func way(_ paths: [CiphertextColumns.Path], from table: String, legacy: Bool = false) throws -> Way? {
        for path in paths where isThere(path, from: table) {
            let end = path.end == .projectOrOrganization ? CiphertextColumns.Path.End.project : path.end
            let owners = try owners(ArraySlice(path.steps), path.column, end, legacy)
            let name = path.steps.first?.column ?? path.column
            let first = Way.Column(name: name, isUUID: isUUID(table, name), owners: owners)
            guard path.end == .projectOrOrganization, facts.has(table, "orgId") else {
                return Way(first: first, second: nil)
            }
            return Way(
                first: first,
                second: Way.Column(name: "orgId", isUUID: isUUID(table, "orgId"), owners: rack.organizations))
        }
        return nil
    }

    /// The way by a column that names a KMS key.
    func kmsKey(_ column: String, of table: String) -> Way? {
        guard facts.has(table, column) else { return nil }
        return Way(
            first: Way.Column(
                name: column, isUUID: isUUID(table, column), owners: rack.kmsKeys, otherwise: rack.missing), second: nil
        )
    }

    /// The way to the bot of an organization, by the organization itself or by an identity that is in one.
    func organizationBot(_ column: String, of table: String) throws -> Way? {
        guard facts.has(table, column) else { return nil }
        var owners = rack.organizationBots
        if column == "identityId" {
            guard facts.has("identity_org_memberships", all: ["identityId", "orgId"]) else { return nil }
            owners = try map("identity_org_memberships", key: "identityId", next: "orgId", owners)
        }
        return Way(
            first: Way.Column(
                name: column, isUUID: isUUID(table, column), owners: owners,
                otherwise: column == "identityId" ? nil : rack.missing), second: nil)
    }

    /// The owners whose values were left behind when their projects were upgraded, and whose keys do not open.
    func lost() throws -> Set<Int32> {
        let closed = rack.stale.filter { if case .keys = rack.owners[Int($0)] { false } else { true } }
        guard !closed.isEmpty,
            let first = try way([CiphertextColumns.ofFolder], from: "secrets", legacy: true)?.first
        else { return [] }
        var lost: Set<Int32> = []
        try source.readAll("secrets", [first.name]) { (row) throws(CopyFault) in
            guard let id = row.rowID(0, isUUID: first.isUUID), let owner = first.owners[id], closed.contains(owner)
            else {
                return
            }
            lost.insert(owner)
        }
        return lost
    }

    private func isUUID(_ table: String, _ column: String) -> Bool { facts.column(table, column)?.type == "uuid" }

    private func isThere(_ path: CiphertextColumns.Path, from table: String) -> Bool {
        var last = table
        for step in path.steps {
            guard facts.has(last, step.column), facts.has(step.table, "id") else { return false }
            last = step.table
        }
        return facts.has(last, path.column)
    }

    /// What the values of the first column of a way lead to.
    private func owners(
        _ steps: ArraySlice<CiphertextColumns.Path.Step>, _ column: String, _ end: CiphertextColumns.Path.End,
        _ legacy: Bool
    ) throws -> [RowID: Int32] {
        guard let step = steps.first else { return try owners(at: end, legacy) }
        let next = steps.dropFirst().first?.column ?? column
        let rest = steps.dropFirst().map { "\($0.column)>\($0.table)" }.joined(separator: "/")
        let name = "\(step.table)/\(rest)/\(column)/\(end)/\(legacy)"
        if let known = tables[name] { return known }
        let found = try map(step.table, key: "id", next: next, owners(steps.dropFirst(), column, end, legacy))
        tables[name] = found
        return found
    }

    private func owners(at end: CiphertextColumns.Path.End, _ legacy: Bool) throws -> [RowID: Int32] {
        switch end {
        case .organization: return rack.organizations
        case .project, .projectOrOrganization: return legacy ? rack.legacyProjects : rack.projects
        case .certificateKey:
            if let certificates { return certificates }
            let found =
                facts.has("projects", "kmsCertificateKeyId")
                ? try map(
                    "projects", key: "id", next: "kmsCertificateKeyId", rack.kmsKeys, otherwise: rack.missing) : [:]
            certificates = found
            return found
        }
    }

    /// One number per row of a table: the owner that its column leads to.
    ///
    /// - Parameter otherwise: the owner of rows that lead nowhere; nil leaves them out.
    private func map(
        _ table: String, key: String, next: String, _ owners: [RowID: Int32], otherwise: Int32? = nil
    ) throws -> [RowID: Int32] {
        let isUUID = (key: isUUID(table, key), next: isUUID(table, next))
        var found: [RowID: Int32] = [:]
        if owners.isEmpty, otherwise == nil { return found }
        try source.readAll(table, [key, next]) { (row) throws(CopyFault) in
            guard let id = row.rowID(0, isUUID: isUUID.key) else { return }
            let owner = row.rowID(1, isUUID: isUUID.next).flatMap { owners[$0] } ?? otherwise
            if let owner { found[id] = owner }
        }
        return found
    }
}
