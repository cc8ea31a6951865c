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
        }
    }

    package var exit: ExitCode { isOfBackup ? .damaged : .failed }
}
