import Crypto
import DurableFiles
package import Effects

/// Reads and writes the proofs beside the backups.
package enum ProofStore {
    /// What the proofs of a backup say today.
    package struct Standing: Sendable, Equatable {
        /// Highest level proven since damage was last found; nil: not verified.
        package var level: ProofLevel?
        /// When that level was last proven.
        package var time: String?
        /// When damage was found after which nothing was proven at that level again.
        package var damaged: String?
        /// The deepest level at which that damage shows: only a check as deep can say that it is gone.
        package var damagedLevel: ProofLevel?
        /// When each level was last proven, of what no damage stands against.
        private var times: [ProofLevel: String] = [:]
        /// The same of what was proven before damage that nothing has refuted yet.
        private var suspended: [ProofLevel: String] = [:]
        /// The last failure at each level that nothing as deep has refuted.
        private var failures: [ProofLevel: FailedDrill] = [:]

        /// What the last drill that came to *decrypts* or further could not prove; nil where there is none, and where its
        /// proof does not say.
        package private(set) var notProvable: [Proof.NotProvable]?

        /// The last drill that failed, unless one that went as far has succeeded since. What was proven before it stays so.
        package var failure: FailedDrill? { failures.values.max { $0.time < $1.time } }

        /// The same of drills that came to a key, or a value, that does not open.
        package var disproof: FailedDrill? {
            failures.values.filter { $0.isOfKey || $0.isOfValue }.max { $0.time < $1.time }
        }

        /// The standing of a backup that nothing was proven of.
        package init() {}

        /// When a check last proved it that looked at least as deep as this; nil where none did since damage was found.
        package func proven(at least: ProofLevel) -> String? {
            times.filter { $0.key >= least }.values.max()
        }

        /// The same, whatever was found of the repository's files since: the copy that was restored was as it says.
        func wasProven(at least: ProofLevel) -> String? {
            times.merging(suspended) { max($0, $1) }.filter { $0.key >= least }.values.max()
        }

        fileprivate mutating func add(_ proof: Proof) {
            switch proof.outcome {
            case .proven:
                times[proof.level] = proof.time
                if proof.level >= .decrypts { notProvable = proof.drill?.notProvable }
                failures = failures.filter { $0.key > proof.level }
                // Only a check that looks as deep as the one that found damage can say that it is gone.
                if let deepest = damagedLevel, proof.level >= deepest { (damaged, damagedLevel) = (nil, nil) }
                // Each chunk was found to hold what the manifest says: that of which more was proven before.
                if damaged == nil, proof.level >= .readable {
                    times.merge(suspended) { new, old in max(new, old) }
                    suspended = [:]
                }
            case .damaged:
                // The deepest damage counts until something as deep was proven. What is damaged there may be so at lesser
                // levels, too.
                (damaged, damagedLevel) = (proof.time, max(damagedLevel ?? .stored, proof.level))
                suspended.merge(times) { old, new in max(old, new) }
                times = [:]
            case .failed:
                failures[proof.level] = FailedDrill(
                    level: proof.level, time: proof.time, code: proof.failure?.code ?? "",
                    message: proof.failure?.message ?? "no reason was recorded")
            }
            level = times.keys.max()
            time = level.flatMap { times[$0] }
        }
    }

    /// A drill that did not come to a level.
    package struct FailedDrill: Sendable, Equatable {
        package let level: ProofLevel
        package let time: String
        /// Stable, such as `drill.differs`.
        package let code: String
        /// One sentence without full stop.
        package let message: String

        /// Whether what failed is the key: it opens nothing of the backup.
        package var isOfKey: Bool { code == "drill.key-does-not-open" }
        /// Whether it is a value: the key opens all else of the backup.
        package var isOfValue: Bool { code == "drill.value-does-not-open" }
    }

    /// Writes a proof, and removes those that it makes superfluous: a thousand drills are to leave no thousand files.
    package static func record(_ proof: Proof, signer: Signer, repository: Repository) throws {
        let folder = repository.layout.proofs(proof.backup)
        try repository.files.createFolder(folder)
        let name = proof.time.filter { $0 != "-" && $0 != ":" } + "-" + Hex.encode(try Random.bytes(count: 4))
        try SignedFile.publish(
            try StoredJSON.encode(proof), at: "\(folder)/\(name).json", purpose: .proof, signer: signer,
            files: repository.files, existing: .refuse)
        // What cannot be removed, from a disk that only takes more, does no harm; the proof is written.
        do { try removeSuperseded(by: proof, repository) } catch {}
    }

    /// Of one backup the last failure and the last success at each level decide. Where damage was ever found the order of what
    /// was proven before and after it counts, and all of it stays.
    private static func removeSuperseded(by proof: Proof, _ repository: Repository) throws {
        if proof.outcome == .damaged { return }
        var ignored: [Finding] = []
        let all = try signed(of: proof.backup, manifest: proof.manifest, repository, findings: &ignored)
        if proof.outcome == .proven, all.contains(where: { $0.proof.outcome == .damaged }) { return }
        for (path, other) in all
        where other.outcome == proof.outcome && other.level == proof.level && other.time < proof.time {
            // A signature without its document is nothing, a document without its signature a finding.
            try repository.files.remove(path)
            try repository.files.remove(path + ".sig")
        }
    }

    /// What the signed proofs of a backup say; others count for nothing and become notes.
    package static func standing(of entry: InventoryEntry, _ repository: Repository) throws -> Standing {
        var ignored: [Finding] = []
        return standing(try proofs(of: entry, repository, findings: &ignored))
    }

    /// Damage that was found and that nothing has refuted since.
    struct Damage {
        /// The deepest level at which it was found.
        var level: ProofLevel
        /// When it was last found.
        var time: String
        /// Nil when any chunk of the backup may be damaged.
        var chunks: Set<ChunkName>?
    }

    /// - Returns: nil where nothing stands against the backup.
    static func damage(of entry: InventoryEntry, _ repository: Repository) throws -> Damage? {
        guard try mayHave(.damaged, of: entry, repository) else { return nil }
        var ignored: [Finding] = [], damage: Damage?
        for proof in ordered(try proofs(of: entry, repository, findings: &ignored)) {
            switch proof.outcome {
            case .proven:
                if let level = damage?.level, proof.level >= level { damage = nil }
            // The copy was at fault, or the key: of the chunks it says nothing.
            case .failed: continue
            case .damaged:
                let chunks = proof.chunks.map { Set($0) }
                guard let before = damage else {
                    damage = Damage(level: proof.level, time: proof.time, chunks: chunks)
                    continue
                }
                damage = Damage(
                    level: max(before.level, proof.level), time: proof.time,
                    chunks: before.chunks.flatMap { before in chunks.map { before.union($0) } })
            }
        }
        return damage
    }

    /// The drill of a backup that came to a key, or a value, that does not open, unless one that went as far has succeeded
    /// since.
    static func disproof(of entry: InventoryEntry, _ repository: Repository) throws -> FailedDrill? {
        // What is no folder of proofs says nothing of the backup; a check of all files tells it.
        do {
            return try mayHave(.failed, of: entry, repository) ? standing(of: entry, repository).disproof : nil
        } catch is RepositoryFault { return nil }
    }

    /// Whether a proof of such an outcome may be there. Signatures take time, and nearly no backup ever has one.
    private static func mayHave(
        _ outcome: Proof.Outcome, of entry: InventoryEntry, _ repository: Repository
    ) throws -> Bool {
        let folder = repository.layout.proofs(entry.id), word = Array("\"\(outcome.rawValue)\"".utf8)
        return try repository.list(folder).contains { file in
            guard file.name.hasSuffix(".json") else { return false }
            do {
                return try repository.read(folder + "/" + file.name, limit: SignedFile.limit).contains(word)
            } catch is RepositoryFault { return false }
        }
    }

    /// The time for a new proof: now, but after every earlier proof of the backup.
    ///
    /// Standings follow the times, to the second. Without this, damage found within a second of a proof, or after the
    /// clock went back, would count as older than the proof that it refutes.
    package static func time(of entry: InventoryEntry, now: Timestamp, _ repository: Repository) throws -> Timestamp {
        var ignored: [Finding] = []
        let latest = try proofs(of: entry, repository, findings: &ignored).compactMap { Timestamp(iso8601: $0.time) }
            .max()
        return latest.map { max(now, Timestamp(seconds: $0.seconds + 1)) } ?? now
    }

    static func proofs(
        of entry: InventoryEntry, _ repository: Repository, findings: inout [Finding]
    ) throws -> [Proof] {
        try signed(of: entry.id, manifest: entry.sha256, repository, findings: &findings).map(\.proof)
    }

    /// Those whose signature holds, with their paths.
    private static func signed(
        of id: BackupID, manifest: String, _ repository: Repository, findings: inout [Finding]
    ) throws -> [(path: String, proof: Proof)] {
        let folder = repository.layout.proofs(id)
        var proofs: [(path: String, proof: Proof)] = []
        for file in try repository.list(folder) where file.name.hasSuffix(".json") {
            let path = folder + "/" + file.name
            do {
                let signed = try SignedFile.read(
                    path, purpose: .proof, signers: repository.signers, layout: repository.layout,
                    files: repository.files)
                let proof = try StoredJSON.decode(Proof.self, from: signed.content, path: file.name)
                // A proof of another manifest of the same name would be a lie about this one.
                if proof.backup == id, proof.manifest == manifest { proofs.append((path, proof)) }
            } catch is RepositoryFault {
                // One that a newer has made superfluous meanwhile is gone, and nothing is wrong with it.
                if try repository.files.status(path) == nil { continue }
                findings.append(Finding(note: .unreadProof, subject: repository.layout.relative(path)))
            }
        }
        return proofs
    }

    /// By time; of one second what was not proven comes last.
    private static func ordered(_ proofs: [Proof]) -> [Proof] {
        let order = { (proof: Proof) in (proof.time, proof.outcome == .proven ? 0 : 1, proof.level) }
        return proofs.sorted { order($0) < order($1) }
    }

    /// Proofs in the order of time; damage takes back all that was proven before it, and in the same second.
    package static func standing(_ proofs: [Proof]) -> Standing {
        var standing = Standing()
        for proof in ordered(proofs) { standing.add(proof) }
        return standing
    }
}
