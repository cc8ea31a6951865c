package import InfisicalData

/// What came of trying every ciphertext of a database.
package struct CensusReport: Sendable {
    /// Sorted by table, then by column.
    package let columns: [CensusColumn]
    /// How the keys themselves were opened, from the wrap of the root key downwards.
    package let keys: KeyTrialReport
    package let era: Era
    /// Work of Infisical's own that was cut off, one clause each.
    package let unfinished: [String]
    /// Columns of bytes that were not looked at, as `schema.table.column`: no table of Infisical's is there.
    package let unread: [String]
    /// Whether S8's row with the keys of the legacy tier is missing.
    package let lacksSnapshot: Bool

    /// That it is missing, as a sentence without full stop; nil where it is not.
    package var snapshotAbsence: String? {
        lacksSnapshot
            ? "kms_legacy_encryption_keys has no row: the next server that starts writes the keys of its own environment "
                + "there, and reads everything that is encrypted with an environment's key with those" : nil
    }

    package var rows: Int { columns.reduce(0) { $0 + $1.rows } }
    package var opened: Int { columns.reduce(0) { $0 + $1.opened } }
    package var failed: Int { columns.reduce(0) { $0 + $1.failed } }
    package var notProvable: Int { columns.reduce(0) { $0 + $1.notProvable } }
    package var misplaced: Int { columns.reduce(0) { $0 + $1.misplaced } }

    /// Whether something is proven not to open, or a link of the key chain is broken.
    package var isDisproven: Bool {
        if failed > 0 { return true }
        if case .doesNotOpen = keys.verdict { return true }
        return false
    }

    /// Whether the key is what is wrong, and not the data: it is missing, it is another one, or nothing opens whose keys all
    /// depend on it.
    package var isKeyWrong: Bool { isDisproven ? !keys.isUsable : keys.lacksKey }

    /// Whether every ciphertext opened, or is listed with the reason why nothing at hand can prove it.
    package var isProven: Bool { !isDisproven && keys.opens }

    /// Columns whose meaning the format's specification does not know, and whose values no key opens.
    package var unknown: [CensusColumn] { columns.filter { $0.kind == .unknown && $0.notProvable > 0 } }
}

/// One column of ciphertexts, or one member of its JSON.
package struct CensusColumn: Sendable, Equatable {
    /// What the format's specification says of it.
    package enum Kind: Sendable, Equatable {
        case expected
        /// Bytes that are no ciphertext, such as a hash.
        case notCiphertext
        /// The specification does not name it.
        case unknown
    }

    /// A value that no key opens.
    package struct Failure: Sendable, Equatable {
        /// The row's id, or its number where the table has none.
        package let row: String
        package let reason: String
    }

    /// How many failures are named.
    package static let mostFailures = 20

    package let table: String
    /// Such as `encryptedValue`, or `metadata[].encryptedValue` for a member of JSON.
    package let column: String
    package let kind: Kind
    /// Values there are; NULL is none.
    package internal(set) var rows = 0
    package internal(set) var opened = 0
    package internal(set) var failed = 0
    package internal(set) var notProvable = 0
    /// Those of the opened that their own row's key does not open, but that of another owner: no server reads them.
    package internal(set) var misplaced = 0
    package internal(set) var keys: [KeyClass: Int] = [:]
    /// Why values are not provable, with how many of them.
    package internal(set) var reasons: [String: Int] = [:]
    /// The first that failed or are misplaced, at most `mostFailures`.
    package internal(set) var failures: [Failure] = []

    init(table: String, column: String, kind: Kind) {
        self.table = table
        self.column = column
        self.kind = kind
    }

    package var name: String { "\(table).\(column)" }

    /// Adds what came of another part of the same column.
    mutating func add(_ other: CensusColumn) {
        rows += other.rows
        opened += other.opened
        failed += other.failed
        notProvable += other.notProvable
        misplaced += other.misplaced
        keys.merge(other.keys, uniquingKeysWith: +)
        reasons.merge(other.reasons, uniquingKeysWith: +)
        failures = Array((failures + other.failures).prefix(CensusColumn.mostFailures))
    }

    mutating func name(_ row: String, _ reason: String) {
        guard failures.count < CensusColumn.mostFailures else { return }
        failures.append(Failure(row: row, reason: reason))
    }

    mutating func leave(_ reason: String) {
        notProvable += 1
        reasons[reason, default: 0] += 1
    }
}
