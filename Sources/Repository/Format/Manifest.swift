import FoundationEssentials

/// The JSON document that makes a set of chunks a backup; format version 1, specified in `docs/format.md`.
///
/// It is readable without any key, and signed. It holds names, sizes, counts and digests, never a value or a key.
package struct Manifest: Codable, Sendable, Equatable {
    package static let schema = "infisical-ops/manifest/1"

    package var schema = Manifest.schema
    package var id: BackupID
    /// The repository's id; a manifest copied into another repository is damage.
    package var repository: String
    /// Position in the chain, from 1.
    package var sequence: Int
    /// The manifest before this one; nil for the first.
    package var previous: Link?
    /// RFC 3339, UTC, by the clock of the host.
    package var started: String
    package var finished: String
    /// Name and version of the program, such as `infisical-ops 0.1.0`.
    package var program: String
    package var host: String
    package var tags: [String: String]
    package var key: RepositoryKey
    /// The sealed env and compose files; nil when there was none to keep.
    package var escrow: EscrowRecord?
    /// What the database holds in Infisical's terms; nil when it does not look like Infisical.
    package var infisical: InfisicalRecord?
    package var databases: [Database]
    /// Every chunk that the databases name.
    package var chunks: [ChunkName: ChunkRecord]
    /// What this run added to the repository.
    package var added: Added
    /// The containers that ran the instance; nil where none were found.
    package var containers: [ContainerRecord]?
    /// The compose project that they belong to; nil where they belong to none.
    package var compose: ComposeRecord?
    /// SHA-256 of the recovery files beside the backups, by name.
    package var recovery: [String: String]
    /// The good backup that this one was compared with when it was taken; nil where there was none.
    package var comparedWith: Reference?
    /// What this program did to the database since the backup before; nil for nothing.
    package var changes: [OwnChange]?
    /// What the comparison found missing, in words; nil for nothing. Readers compare for themselves.
    package var shrunk: [String]?

    /// A manifest and the hash of its bytes.
    package struct Link: Codable, Sendable, Hashable {
        package var id: BackupID
        /// SHA-256 of the manifest's file, hex.
        package var sha256: String
        package init(id: BackupID, sha256: String) {
            self.id = id
            self.sha256 = sha256
        }
    }

    /// The repository key that the chunks are sealed to.
    package struct RepositoryKey: Codable, Sendable, Equatable {
        package var generation: Int
        /// The public age recipient, `age1…`.
        package var recipient: String
        /// The age identity, sealed to the recipients of that time: an armored age file.
        package var identity: String
        package init(generation: Int, recipient: String, identity: String) {
            self.generation = generation
            self.recipient = recipient
            self.identity = identity
        }
    }

    /// The escrow file that belongs to the backup.
    package struct EscrowRecord: Codable, Sendable, Equatable {
        package var bytes: Int
        package var sha256: String
        /// Names of the files inside; never their content.
        package var names: [String]
        /// The public recipients it is sealed to.
        package var recipients: [String]
        package init(bytes: Int, sha256: String, names: [String], recipients: [String]) {
            self.bytes = bytes
            self.sha256 = sha256
            self.names = names
            self.recipients = recipients
        }
    }

    /// A container of the instance, and what it was made from.
    package struct ContainerRecord: Codable, Sendable, Equatable {
        /// `backend`, `database` or `redis`.
        package var role: String
        package var name: String
        /// The image as it was asked for, such as `infisical/infisical:latest`.
        package var image: String
        /// The image's own id, `sha256:…`.
        package var imageID: String
        /// What registries call it, `name@sha256:…`; empty for one that was never pulled.
        package var digests: [String]
        package init(role: String, name: String, image: String, imageID: String, digests: [String]) {
            self.role = role
            self.name = name
            self.image = image
            self.imageID = imageID
            self.digests = digests
        }
    }

    /// Figures of the run, for `list` and `show`.
    package struct Added: Codable, Sendable, Equatable {
        package var chunks: Int
        /// Bytes of the chunk files that this run wrote.
        package var bytes: Int
        package init(chunks: Int, bytes: Int) {
            self.chunks = chunks
            self.bytes = bytes
        }
    }

    package init(
        id: BackupID, repository: String, sequence: Int, previous: Link?, started: String, finished: String,
        program: String, host: String, tags: [String: String], key: RepositoryKey, escrow: EscrowRecord?,
        infisical: InfisicalRecord?, databases: [Database], chunks: [ChunkName: ChunkRecord], added: Added,
        containers: [ContainerRecord]? = nil, recovery: [String: String], changes: [OwnChange]? = nil
    ) {
        self.id = id
        self.repository = repository
        self.sequence = sequence
        self.previous = previous
        self.started = started
        self.finished = finished
        self.program = program
        self.host = host
        self.tags = tags
        self.key = key
        self.escrow = escrow
        self.infisical = infisical
        self.databases = databases
        self.chunks = chunks
        self.added = added
        self.containers = containers
        self.recovery = recovery
        self.changes = changes
    }
}

extension Manifest {
    /// Size of all chunk files that the backup names, in bytes.
    package var storedBytes: Int { chunks.values.reduce(0) { $0 + $1.bytes } }
    package var tableCount: Int { databases.reduce(0) { $0 + $1.tables.count } }
    package var rowCount: Int { databases.reduce(0) { $0 + $1.tables.reduce(0) { $0 + $1.rows } } }
    /// Everything that the backup names as left out.
    package var leftOut: [Database.LeftOut] { databases.flatMap(\.leftOut) }
}

extension Manifest {
    /// What the backup's own snapshot said about the Infisical in it.
    package struct InfisicalRecord: Codable, Sendable, Equatable {
        /// `S1` … `S8`; `none` where the tables were not read.
        package var era: String
        /// Name of the last migration without its extension.
        package var migration: String?
        package var migrations: Int
        /// Whether the keys in escrow open the data, all in all.
        package var verdict: KeyTrial.Outcome
        /// What became of trying the keys, one entry per role; see `docs/format.md`.
        package var keys: [KeyTrial]
        /// The label of the key that opens the database, 32 hex digits; nil when none is known to.
        package var keyLabel: String?
        package var users: Int?
        package var projects: Int?
        package var secrets: Int?
        /// What tells the root key from others (`RootKeyFingerprint`); nil where no key at hand opened it.
        package var rootKey: String?
        /// `super_admin."instanceId"`.
        package var instance: String?
        /// True where the operator said (`instance.key: elsewhere`) that the key is not on the host, and so none was tried;
        /// absent otherwise, and in backups of releases that did not record it.
        package var keyElsewhere: Bool?
        /// Labels of the keys that were tried and opened nothing; absent where there are none, and in backups of releases that
        /// did not record them.
        package var closedLabels: [String]?

        package init(
            era: String, migration: String?, migrations: Int, verdict: KeyTrial.Outcome, keys: [KeyTrial],
            keyLabel: String?, users: Int?, projects: Int?, secrets: Int?, rootKey: String? = nil,
            instance: String? = nil, keyElsewhere: Bool? = nil, closedLabels: [String]? = nil
        ) {
            self.era = era
            self.migration = migration
            self.migrations = migrations
            self.verdict = verdict
            self.keys = keys
            self.keyLabel = keyLabel
            self.users = users
            self.projects = projects
            self.secrets = secrets
            self.rootKey = rootKey
            self.instance = instance
            self.keyElsewhere = keyElsewhere
            self.closedLabels = closedLabels
        }
    }

    /// The outcome of trying the known keys on one kind of stored value.
    package struct KeyTrial: Codable, Sendable, Equatable {
        /// `root-wrap`, `staged-wrap`, `retained-wrap`, `utf8-triples`, `base64-triples` or `legacy-snapshot`.
        package var role: String
        package var outcome: Outcome
        /// Label of the key that opened it, when one did.
        package var label: String?
        /// Which value of the environment that key is, such as `ENCRYPTION_KEY`; or why nothing was checked.
        package var note: String?

        /// Words that scripts may compare.
        package enum Outcome: String, Codable, Sendable {
            case opens, doesNotOpen = "does not open", notChecked = "not checked"
        }

        package init(role: String, outcome: Outcome, label: String?, note: String?) {
            self.role = role
            self.outcome = outcome
            self.label = label
            self.note = note
        }
    }
}
