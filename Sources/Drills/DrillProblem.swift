package import Faults

/// Something that a drill found other than it should be: in the restored copy, or in the backup itself.
package struct DrillProblem: Sendable, Equatable {
    /// What is wrong.
    package enum Kind: Sendable, Equatable {
        /// An index or a constraint that the rows do not meet; the server's reason.
        case notRebuilt(reason: String)
        case indexInvalid
        case indexDamaged(reason: String)
        /// A constraint that counts for new rows only, and for all of them in the source.
        case notValidated
        case tableMissing
        case columnsDiffer
        case rowsDiffer(backup: Int, copy: Int)
        /// As many rows, of other content.
        case contentDiffers(rows: Int)
        case sequenceMissing
        /// Positions in words.
        case sequenceDiffers(backup: String, copy: String)
        /// There is no key for the data, in the backup's escrow or here.
        case keyMissing
        /// Which key it is, such as `the key in its escrow`, and the reason as a clause.
        case keyDoesNotOpen(key: String, reason: String)
        /// A value of the column that is the subject, in a row by its id.
        case valueStaysClosed(row: String, reason: String)
    }

    package let kind: Kind
    /// The table, index or sequence: `schema.name`.
    package let subject: String
    /// Whether the backup's own chunks are not what its manifest says, whatever server they are restored into.
    package let isOfBackup: Bool

    package init(_ kind: Kind, _ subject: String, isOfBackup: Bool = false) {
        self.kind = kind
        self.subject = subject
        self.isOfBackup = isOfBackup
    }

    package var code: String {
        switch kind {
        case .notRebuilt: "drill.not-rebuilt"
        case .indexInvalid: "drill.index-invalid"
        case .indexDamaged: "drill.index-damaged"
        case .notValidated: "drill.constraint-not-validated"
        case .tableMissing, .columnsDiffer, .rowsDiffer, .contentDiffers, .sequenceMissing, .sequenceDiffers:
            "drill.differs"
        case .keyMissing: "drill.key-missing"
        case .keyDoesNotOpen: "drill.key-does-not-open"
        case .valueStaysClosed: "drill.value-does-not-open"
        }
    }

    /// One sentence without full stop.
    package var message: String {
        let source = isOfBackup ? "the backup's manifest" : "the backup"
        let place = isOfBackup ? "its chunks" : "the restored copy"
        return switch kind {
        case .notRebuilt(let reason): "\(subject) could not be rebuilt: \(reason)"
        case .indexInvalid: "the index \(subject) is not valid in the restored copy"
        case .indexDamaged(let reason): "the index \(subject) is damaged in the restored copy: \(reason)"
        case .notValidated:
            "the constraint \(subject) holds for all rows in the source, but counts for new rows only in the restored copy"
        case .tableMissing: "the table \(subject) is missing in the restored copy"
        case .columnsDiffer: "the table \(subject) has other columns in the restored copy than in the backup"
        case .rowsDiffer(let backup, let copy):
            "\(subject): \(backup) rows in \(source), \(copy) in \(place)"
        case .contentDiffers(let rows):
            "\(subject): \(rows) rows in \(source) and in \(place), but with another content"
        case .sequenceMissing: "the sequence \(subject) is missing in the restored copy"
        case .sequenceDiffers(let backup, let copy):
            "the sequence \(subject): \(backup) in the backup, \(copy) in the copy"
        case .keyMissing: "\(subject) has no key: none is in its escrow, and none on this host"
        case .keyDoesNotOpen(let key, let reason): "\(subject) does not open with \(key): \(reason)"
        case .valueStaysClosed(let row, let reason): "\(subject) of the row \(row): \(reason)"
        }
    }

    /// Whether it is the key that is missing or wrong, and nothing of the copy.
    package var isOfKey: Bool { exit == .keyMismatch }

    /// Whether it is a value that was so in the live database already.
    package var isOfValue: Bool { if case .valueStaysClosed = kind { true } else { false } }

    package var exit: ExitCode {
        switch kind {
        case .keyMissing, .keyDoesNotOpen: .keyMismatch
        // It was so when the backup was taken: the live database has it too.
        case .valueStaysClosed: .damaged
        default: isOfBackup ? .damaged : .failed
        }
    }
}
