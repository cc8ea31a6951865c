/// A table, view, sequence or the like of the database.
package struct Relation: Sendable, Hashable {
    /// `pg_class.relkind`.
    package enum Kind: String, Sendable, CaseIterable {
        case table = "r"
        case partitionedTable = "p"
        case materializedView = "m"
        case sequence = "S"
        case foreignTable = "f"
        case view = "v"
    }

    /// `pg_class.relpersistence`; temporary relations are never listed.
    package enum Persistence: String, Sendable {
        case permanent = "p"
        case unlogged = "u"
    }

    /// A column that a SELECT can name; dropped ones are not listed.
    package struct Column: Sendable, Hashable {
        package let name: String
        package let typeOID: UInt32
        /// The type with its modifier, as in `numeric(10,2)`.
        package let typeName: String
        /// `pg_type.typtype`: `b` base, `c` composite, `d` domain, `e` enum, `r` range, `m` multirange.
        package let typeKind: String
        /// Computed by the server, so never copied.
        package let isGenerated: Bool
        /// Nil when it is the type's own.
        package let collation: String?
    }

    package let oid: UInt32
    /// Changes when the relation is truncated or rewritten.
    package let fileNode: UInt32
    package let kind: Kind
    package let persistence: Persistence
    package let schema: String
    package let name: String
    package let isPartition: Bool
    package let hasRowSecurity: Bool
    /// Whether this session's user may read all rows: SELECT and the schema granted, and no row security in the way.
    package let isReadable: Bool
    /// False for a materialised view that was never filled.
    package let isPopulated: Bool
    /// Whether an extension made it; only its configuration tables are listed at all.
    package let isExtensionMember: Bool
    /// Which rows of an extension's configuration table are not the extension's own, as it says itself (SQL that begins
    /// with `WHERE`); empty where that is all rows, as in any other table.
    package let condition: String
    /// Whether an index or extended statistics of it call functions or operators that are not PostgreSQL's own. The
    /// planner computes the constant parts of those, with the rights of whoever asks.
    package let hasForeignCode: Bool
    /// In the order of `attnum`.
    package private(set) var columns: [Column]

    func with(columns: [Column]) -> Relation {
        var copy = self
        copy.columns = columns
        return copy
    }

    /// `"schema"."name"`, quoted for SQL.
    package var quotedName: String { Quoting.qualified(schema, name) }

    /// Whether rows are stored in it, so that COPY has something to read.
    package var holdsRows: Bool { kind == .table }

    /// The columns that COPY carries.
    package var copiedColumns: [Column] { columns.filter { !$0.isGenerated } }

    /// Whether all of its copied columns have a stable binary form.
    package var copiesBinary: Bool { copiedColumns.allSatisfy { BinaryFormat.isStable($0.typeOID) } }
}
