import DurableFiles
import Faults

/// One thing that a check of a repository found.
package struct Finding: Sendable {
    /// Damage lowers the proof of backups and ends a check with exit 13; a note does neither.
    package enum Kind: Sendable, Equatable {
        case damage(RepositoryFault)
        case note(Note)
    }

    /// Things worth knowing that harm no backup.
    package enum Note: String, Sendable, CaseIterable {
        case unnamedChunk = "unnamed-chunk"
        case temporary = "temporary-file"
        case unfinishedManifest = "unfinished-manifest"
        case stranger = "unknown-file"
        case wrongMode = "wrong-mode"
        case unnamedEscrow = "unnamed-escrow"
        case unreadProof = "unread-proof"
        case unreadAcceptance = "unread-acceptance"
        case unfinishedRotation = "unfinished-rotation"

        package var text: String {
            switch self {
            case .unnamedChunk: "a chunk that no manifest names, left by a run that did not finish; it does no harm"
            case .temporary: "a temporary file, left by a run that was killed"
            case .unfinishedManifest: "the signature of a manifest that is gone, or was never published"
            case .stranger: "not a file of the repository; nothing reads it, and who put it there may remove it"
            case .wrongMode: "users other than its owner may read or write it"
            case .unnamedEscrow: "an escrow file that no manifest names; it does no harm"
            case .unreadProof: "a proof whose signature is not valid; it is ignored"
            case .unreadAcceptance: "an acceptance whose signature is not valid; it is ignored"
            case .unfinishedRotation: "the signature of keys of a rotation that are not here, or not here any more"
            }
        }
    }

    package let kind: Kind
    /// Path relative to the repository.
    package let subject: String
    /// Backups that are affected.
    package var backups: [BackupID]

    package init(damage: RepositoryFault, subject: String, backups: [BackupID]) {
        kind = .damage(damage)
        self.subject = subject
        self.backups = backups
    }

    package init(note: Note, subject: String) {
        kind = .note(note)
        self.subject = subject
        backups = []
    }

    /// A note about a file that does not belong where it lies.
    package init(unknown subject: String) {
        self.init(note: Files.isTemporary(Files.name(of: subject)) ? .temporary : .stranger, subject: subject)
    }

    /// How deep a check must look to find it.
    package var level: ProofLevel {
        if case .damage(.chunk(_, let damage)) = kind { damage.level } else { .stored }
    }

    /// What findings say against each backup: the deepest level at which damage shows, since only a check that looks as
    /// deep can say later that it is gone, and the damaged chunks; nil where there are too many to be named.
    package static func damage(in findings: [Finding]) -> [BackupID: (level: ProofLevel, chunks: [ChunkName]?)] {
        var levels: [BackupID: ProofLevel] = [:], chunks: [BackupID: Set<ChunkName>] = [:]
        for finding in findings {
            guard case .damage(let fault) = finding.kind else { continue }
            for backup in finding.backups {
                levels[backup] = max(levels[backup] ?? .stored, finding.level)
                if case .chunk(let name, _) = fault { chunks[backup, default: []].insert(name) }
            }
        }
        return Dictionary(
            uniqueKeysWithValues: levels.map { backup, level in
                let names = chunks[backup] ?? []
                return (backup, (level, names.count > Proof.mostChunks ? nil : names.sorted()))
            })
    }

    package var isDamage: Bool {
        if case .damage = kind { true } else { false }
    }

    /// Stable identifier for scripts.
    package var code: String {
        switch kind {
        case .damage(let fault): fault.code
        case .note(let note): "repository.\(note.rawValue)"
        }
    }

    package var message: String {
        switch kind {
        case .damage(let fault): fault.message
        case .note(let note): "\(subject): \(note.text)"
        }
    }
}
