/// How far a backup was proven; the words that commands take and show.
package enum ProofLevel: String, Codable, Sendable, CaseIterable, Comparable {
    /// P0: every byte in the repository has the hash that the manifest says.
    case stored
    /// P1: every chunk decrypts and decompresses to the plaintext that its name says.
    case readable
    /// P2: it restored, and all constraints and indexes were rebuilt.
    case restored
    /// P3: row counts, digests and sequences of the restored copy equal those of the backup's snapshot.
    case equal
    /// Every ciphertext opened, but with keys that the backup does not keep itself: less than P4, and none that is asked for.
    case decryptsSupplied = "decrypts (key supplied)"
    /// P4: every ciphertext opened with keys out of the backup's own escrow.
    case decrypts
    /// P5: Infisical started on the restored copy and gave back a canary: from the images on record, or as the notes say.
    case boots

    /// Those that can be asked for, P0 to P5.
    package static let ladder = allCases.filter { $0 != .decryptsSupplied }

    /// Accepts the words and `P0` … `P5`.
    package init?(word: String) {
        let number = word.uppercased(), name = word.lowercased()
        guard
            let level = ProofLevel.ladder.enumerated().first(where: { $1.rawValue == name || "P\($0)" == number })
        else { return nil }
        self = level.element
    }

    private var rank: Int { ProofLevel.allCases.firstIndex(of: self) ?? 0 }
    package static func < (left: ProofLevel, right: ProofLevel) -> Bool { left.rank < right.rank }
}

/// The record of one check of one backup, `proofs/<id>/<time>-<random>.json`; signed, format version 1.
package struct Proof: Codable, Sendable, Equatable {
    package static let schema = "infisical-ops/proof/1"

    /// How the check ended.
    package enum Outcome: String, Codable, Sendable {
        case proven, damaged
        /// A drill did not come to the level; that takes back nothing that was proven. Unknown to releases before it.
        case failed
    }

    package var schema = Proof.schema
    package var backup: BackupID
    /// SHA-256 of the manifest that was checked.
    package var manifest: String
    package var level: ProofLevel
    package var outcome: Outcome
    /// RFC 3339, UTC: when the check ended.
    package var time: String
    package var program: String
    package var host: String
    /// The chunks that were found damaged, in the order of their names; only in a proof of damage. Nil in those of
    /// earlier releases, and where there are more than `mostChunks`: any chunk of the backup may then be one of them.
    package var chunks: [ChunkName]?
    /// How the level was reached, or tried, where that took a drill.
    package var drill: Drill?
    /// Why it was not reached; only in a failed one.
    package var failure: Failure?

    package static let mostChunks = 10_000

    /// What kept a drill from a level.
    package struct Failure: Codable, Sendable, Equatable {
        /// Stable, such as `drill.differs`.
        package var code: String
        /// One sentence without full stop; never a value, or the name of a secret.
        package var message: String
        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// What a drill ran on, how long it took, and what it went on without.
    package struct Drill: Codable, Sendable, Equatable {
        /// A part of the drill.
        package struct Phase: Codable, Sendable, Equatable {
            package var name: String
            package var milliseconds: Int
            package init(name: String, milliseconds: Int) {
                self.name = name
                self.milliseconds = milliseconds
            }
        }

        /// `local`: the scratch server ran from programs of the host; `docker`: from the image of a container.
        package var on: String
        /// Version of the scratch server, such as 15.18.
        package var server: String
        /// In the order in which they were done; others than those named here happen between them.
        package var phases: [Phase]
        /// From the beginning to the end of the drill.
        package var milliseconds: Int
        /// What the scratch server refused and no row needs, one sentence without full stop each.
        package var losses: [String]
        /// What was done otherwise, or not looked at, in words such as `collation substituted`.
        package var notes: [String]
        /// Ciphertexts that neither opened nor were disproven; nil where none was tried, and from earlier releases.
        package var notProvable: [NotProvable]?

        package init(
            on: String, server: String, phases: [Phase], milliseconds: Int, losses: [String], notes: [String],
            notProvable: [NotProvable]? = nil
        ) {
            self.on = on
            self.server = server
            self.phases = phases
            self.milliseconds = milliseconds
            self.losses = losses
            self.notes = notes
            self.notProvable = notProvable
        }
    }

    /// Values of one column that stay closed, which proves nothing.
    package struct NotProvable: Codable, Sendable, Equatable {
        /// Such as `secrets.secretValueCiphertext`.
        package var column: String
        package var count: Int
        /// A clause.
        package var reason: String
        package init(column: String, count: Int, reason: String) {
            self.column = column
            self.count = count
            self.reason = reason
        }
    }

    package init(
        backup: BackupID, manifest: String, level: ProofLevel, outcome: Outcome, time: String, program: String,
        host: String, chunks: [ChunkName]? = nil, drill: Drill? = nil, failure: Failure? = nil
    ) {
        self.backup = backup
        self.manifest = manifest
        self.level = level
        self.outcome = outcome
        self.time = time
        self.program = program
        self.host = host
        self.chunks = chunks
        self.drill = drill
        self.failure = failure
    }
}
