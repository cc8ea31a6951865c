import Repository

/// One kind of damage: how it is done, what must be found, and what becomes of it.
struct ZooKind: Sendable, CustomStringConvertible {
    /// What must be said of the damaged repository.
    enum Verdict: Sendable {
        /// Damage, exit 13: exactly these findings.
        case damage([ZooFinding])
        /// The repository cannot be opened at all.
        case fault(code: String, exit: Int32)
        /// Nothing is damaged; these notes, exit 0.
        case notes([ZooFinding])
    }

    /// What `repair` and the next backup make of it.
    enum Aftermath: Sendable {
        /// Everything is in order again.
        case inOrder
        /// What is lost was said by `repair`; `verify` names the same backups and no others.
        case incomplete
        /// In order or incomplete, as the place has it.
        case either
        /// `repair` cannot help; it is said again.
        case stays
        /// Only another copy of the repository helps.
        case needsCopy
        /// Nothing is to be repaired.
        case none
    }

    let description: String
    /// The lowest level at which it must be found.
    let level: ProofLevel
    let aftermath: Aftermath
    /// Whether it needs a file system that allows devices.
    var needsDisk = false
    /// Does the damage, and says what must be found.
    let harm: @Sendable (ZooCage) throws -> Verdict

    init(
        _ description: String, level: ProofLevel = .stored, then aftermath: Aftermath = .inOrder,
        _ harm: @escaping @Sendable (ZooCage) throws -> Verdict
    ) {
        self.description = description
        self.level = level
        self.aftermath = aftermath
        self.harm = harm
    }

    static let all =
        chunks + chunkContents + manifests + signatures + escrows + sealedKeys + foundations + around + notes
}

extension ZooKind.Verdict {
    static func damage(_ code: String, _ subjects: String...) -> ZooKind.Verdict {
        .damage(subjects.map { ZooFinding(code: "repository." + code, subject: $0) })
    }

    static func notes(_ code: String, _ subjects: String...) -> ZooKind.Verdict {
        .notes(subjects.map { ZooFinding(code: "repository." + code, subject: $0) })
    }
}
