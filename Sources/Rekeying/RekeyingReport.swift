package import InfisicalData
package import Secrets

/// What came of one column.
package struct RekeyedColumn: Sendable, Equatable {
    package let table: String
    package let column: String
    /// Values that a key at hand opened.
    package internal(set) var opened = 0
    /// Those of them that were, or in a survey would be, sealed anew.
    package internal(set) var rewritten = 0
    /// Those of the opened that are under a key of the environment which is neither the one in force nor the new one.
    package internal(set) var older = 0
    /// Values that no key opens, and that stay as they are because somebody said so.
    package internal(set) var left = 0
    /// Values that no key opens.
    package internal(set) var closed = 0
    /// Values that nothing at hand can prove, by reason; they stay as they are.
    package internal(set) var reasons: [String: Int] = [:]

    init(table: String, column: String) {
        self.table = table
        self.column = column
    }

    package var name: String { "\(table).\(column)" }
}

/// What a migration would do and what stands in its way; nothing was changed.
package struct RekeyingSurvey: Sendable {
    package let era: Era
    /// Sorted by table, then by column; those without any value are left out.
    package let columns: [RekeyedColumn]
    /// Every value that no key opens and nobody named, with the reason.
    package let closed: [ValueName: String]
    /// The label of the key that opens the root key, on S1 the legacy values; nil where nothing says it.
    package let label: String?
    /// What the depth does not reach, one sentence without full stop each.
    package let unreached: [String]
    /// The rows of the tables that are written, and their bytes: as much as they grow by.
    package let rows: Int64
    package let bytes: Int64

    package var rewritten: Int { columns.reduce(0) { $0 + $1.rewritten } }
    /// The columns with values under an older key than the one in force.
    package var older: [RekeyedColumn] { columns.filter { $0.older > 0 } }
}

/// What a migration did. Nothing of it holds before the caller has committed.
package struct RekeyingReport: Sendable {
    package let era: Era
    package let depth: RekeyingDepth
    /// Sorted by table, then by column; those without any value are left out.
    package let columns: [RekeyedColumn]
    /// What no key opens and stayed as it is, because somebody said so.
    package let left: [ValueName]
    /// What the depth did not reach, one sentence without full stop each.
    package let unreached: [String]
    /// The keys that were replaced below the environment's; to be kept until no server can write with them.
    package let retired: RetiredKeys
    /// The KMS root key of before and of now; nil on S1.
    package let root: (old: Secret, new: Secret)?
    /// The label of the key that now wraps the root key, or on S1 seals the values.
    package let label: String

    package var rewritten: Int { columns.reduce(0) { $0 + $1.rewritten } }
}
