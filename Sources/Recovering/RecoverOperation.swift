import Drills
import DurableFiles
import Effects
import Faults
import Instance
import InstanceAccess
package import Operations
import Repository
import Restoring
import Secrets
import Settings

/// Brings an instance back on a host that has nothing of it: files, volume, containers, database, and the proof that it
/// works.
package struct RecoverOperation {
    package struct Options: Sendable {
        package var id = "latest"
        /// Where the project goes; nil for where it was.
        package var folder: String?
        /// Whether kept files replace what is there with other content.
        package var overwrites = false
        /// Whether what is there stays instead.
        package var keepsExisting = false
        package var identityFile: String?
        package var jobs: Int?
        /// Of the new database, instead of the backup's.
        package var locale: String?
        /// Whether keys that somebody has retired are put in force again; else new ones take their place.
        package var keepsKeys = false
        /// How long each part may take until it works.
        package var timeout: Duration = .seconds(180)
        package init() {}

        var existing: PlacedFiles.Existing { overwrites ? .replace : keepsExisting ? .keep : .refuse }
    }

    package struct Plan: Sendable {
        package let steps: [String]
        /// One sentence without full stop each.
        package let warnings: [String]
        let entry: InventoryEntry
        let identities: Workplace.Identities
        let placed: PlacedFiles
        let project: RecoveryProject
        let pins: ImagePins
        let record: RecoveryRecord
        /// The name of the second database, which is restored as well; nil where there is none to restore.
        let auditLogs: String?
        /// Keys that the backup keeps and that are not to be in force again; nil without one.
        let retired: RetiredKeptKeys?
        /// Whether a run that was stopped had begun it.
        package let resumes: Bool
    }

    let workplace: Workplace
    let options: Options

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
    }

    var surroundings: Surroundings { workplace.surroundings }

    /// Seconds since the snapshot of a backup, which was taken just after the backup began.
    func dataAge(_ entry: InventoryEntry) -> Int64 {
        Timestamp(iso8601: entry.manifest.started).map { surroundings.clock.now().seconds - $0.seconds } ?? 0
    }

    /// What is to be recovered, and what opens it: nothing has been made when that fails.
    struct Source {
        let repository: Repository
        let inventory: Inventory
        let history: BackupHistory
        let entry: InventoryEntry
        let identities: Workplace.Identities
        let kept: [KeptFile]
        var keepers: KeyKeepers { KeyKeepers(inventory, history) }
        /// What to know of what it holds, before it is recovered.
        var shrunk: String? { history.warning(before: entry, inventory)?.text }
    }

    func source() throws -> Source {
        let repository = try workplace.repository(), inventory = try Inventory(repository)
        let entry = try inventory.findForRestore(options.id, repository: repository.layout.root)
        guard entry.manifest.escrow != nil else { throw RestoreFault.noEscrow(backup: entry.id.text) }
        let identities = try workplace.requireIdentities(repository, override: options.identityFile)
        // The key of the chunks as well: what opens the one need not open the other.
        _ = try workplace.readingKeys(repository, for: [entry], identities)
        let kept = try Escrow.open(
            entry, identities: identities.all, source: identities.source, repository: repository)
        return Source(
            repository: repository, inventory: inventory, history: try BackupHistory(inventory, repository),
            entry: entry,
            identities: identities, kept: KeptFile.all(kept))
    }

    /// The kept files, and an empty one for each that Compose wants and that was not kept.
    func withPlaceholders(_ kept: [KeptFile], _ origin: RecoveryOrigin) throws -> (files: [KeptFile], empty: [String]) {
        let missing = try origin.missingEnvFiles(kept, surroundings.files)
        var nothing: [UInt8] = []
        let empty = Secret(consuming: &nothing)
        return (kept + missing.map { KeptFile(recorded: $0, content: empty) }, missing)
    }

    /// Runs something with what Compose makes of files, in a folder that is gone afterwards.
    func staged<Value>(
        _ kept: [KeptFile], _ origin: RecoveryOrigin, _ body: (StagedProject, ScratchFolder) throws -> Value
    ) throws -> Value {
        let scratch = try scratchFolder()
        let result = Result { () throws -> Value in
            let place = Files.join(scratch.path, "files")
            try surroundings.files.createFolder(place)
            return try body(try StagedProject(kept, origin, in: place, surroundings), scratch)
        }
        do { try scratch.remove() } catch {
            guard case .failure(let cause) = result else { throw error }
            throw Failure(.of(cause), cleanup: [.of(error)])
        }
        return try result.get()
    }

    private func scratchFolder() throws -> ScratchFolder {
        let files = surroundings.files
        let usual = [workplace.configuration.drillFolder, "/dev/shm", "/var/tmp"].compactMap(\.self)
        let places = try usual.filter { try files.status($0, followingLinks: true)?.kind == .folder }
        // What cannot be removed is told by drills.
        for place in places { _ = try ScratchFolder.removeLeftovers(in: place, surroundings) }
        return try ScratchFolder.make(in: places.first ?? "/tmp", usesContainer: true, surroundings)
    }

    /// Checks everything that can be checked before something is made.
    package func plan() throws -> Plan {
        if workplace.configuration.containers == .none {
            throw RecoveryFault.notConfigured("recover creates containers")
        }
        let source = try source(), manifest = source.entry.manifest, docker = surroundings.docker
        let origin = try RecoveryOrigin(manifest, source.kept)
        try requireEngine()
        let folder = options.folder ?? origin.folder
        let kept = try withPlaceholders(source.kept, origin)
        var placed = try PlacedFiles(kept.files, from: origin.folder, into: folder, surroundings.files)
        // What is there in the place of an empty file is what was meant.
        placed.leave(kept.empty)
        let left = try unfinished()
        placed.mark(edited: left?.edited ?? [])
        try placed.require(options.existing)
        let project = try staged(try placed.effective(options.existing, surroundings.files), origin) { staged, _ in
            try RecoveryProject(origin, staged, into: folder)
        }
        placed.mark(mounted: project.mounted)
        // What an earlier run has edited has the key by which the data is open by now, or will be.
        let keyed =
            left?.edited == nil
            ? project
            : try staged(kept.files, origin) { staged, _ in try RecoveryProject(origin, staged, into: folder) }
        let key = try keyed.requireKey(source.entry, source.keepers)
        let retired = try RetiredKeptKeys(keyed.environment(), try RetiredKeyRecords.read(workplace.instance))
        if let left, !left.isSame(project: origin.project, folder: folder, backup: source.entry.id.text) {
            throw otherUnfinished(left)
        }
        if left == nil { try project.requireFree(docker, surroundings.files) }
        let pins = try ImagePins(project, manifest, docker)
        var warnings = [origin.warning, key, source.shrunk].compactMap(\.self) + pins.warnings
        warnings += kept.empty.map {
            "the env file \($0) of another service is not in the backup: where it is missing here, an empty one takes its place"
        }
        warnings += try project.notKept(placed, surroundings.files).map {
            "\($0) is mounted into a container, and neither in the backup nor on this host"
        }
        warnings += [try project.loginWarning(), options.keepsKeys ? retired?.warning : nil].compactMap(\.self)
        let hasAuditLogs = manifest.databases.contains { $0.role == RecoverOperation.auditRole }
        let auditLogs = hasAuditLogs ? try project.auditDatabase() : nil
        warnings += manifest.databases.filter {
            $0.role != "main" && !(auditLogs != nil && $0.role == RecoverOperation.auditRole)
        }.map {
            "the backup's database \($0.name) (\($0.role)) is not restored by this, because it was on another server; to restore "
                + "it there, run: infisical-ops restore \(source.entry.id.text) --role \($0.role) --to-server URL"
        }
        return Plan(
            steps: try steps(
                source.entry, placed, project, pins, auditLogs, options.keepsKeys ? nil : retired,
                isResumed: left != nil),
            warnings: warnings,
            entry: source.entry, identities: source.identities, placed: placed, project: project, pins: pins,
            record: left
                ?? RecoveryRecord(
                    backup: source.entry.id.text, project: origin.project, folder: folder,
                    copy: "infisical_ops_recovering_\(surroundings.clock.monotonic() % 1_000_000)",
                    command: command(for: source.entry, into: folder)),
            auditLogs: auditLogs, retired: options.keepsKeys ? nil : retired, resumes: left != nil)
    }

    static let auditRole = "audit-logs"

    /// An engine that has the folders of this host: the project's files are put there.
    func requireEngine() throws {
        let docker = surroundings.docker
        if !docker.isInstalled { throw DockerFault.notInstalled }
        try docker.requireEngine()
        try docker.requireLocal()
    }

    /// - Throws: `badRecord`.
    func unfinished() throws -> RecoveryRecord? {
        do { return try RecoveryRecord.read(workplace.instance) } catch is RepositoryFault {
            throw RecoveryFault.badRecord(path: RecoveryRecord.path(workplace.instance))
        }
    }

    func otherUnfinished(_ left: RecoveryRecord) -> RecoveryFault {
        .otherUnfinished(
            backup: left.backup, folder: left.folder, command: left.next,
            record: RecoveryRecord.path(workplace.instance))
    }

    /// What goes on where this run stops: whatever the environment says by then.
    private func command(for entry: InventoryEntry, into folder: String) -> [String] {
        let configuration = workplace.configuration
        var words = ["infisical-ops", "recover", entry.id.text, "--into", folder]
        if let path = configuration.repository { words += ["--repository", path] }
        if let signer = configuration.signer { words += ["--signer", signer] }
        var identity = options.identityFile
        if case .path(let path) = configuration.identityFile { identity = identity ?? path }
        if let identity { words += ["--identity-file", identity] }
        if options.overwrites { words.append("--overwrite") }
        if options.keepsExisting { words.append("--keep-existing") }
        if let locale = options.locale { words += ["--locale", locale] }
        if options.keepsKeys { words.append("--keep-keys") }
        return words
    }

    private func steps(
        _ entry: InventoryEntry, _ placed: PlacedFiles, _ project: RecoveryProject, _ pins: ImagePins,
        _ auditLogs: String?, _ retired: RetiredKeptKeys?, isResumed: Bool
    ) throws -> [String] {
        var steps = [
            "Recover the instance from \(entry.id.text) (\(entry.manifest.finished)) into \(project.folder), compose "
                + "project \(project.origin.project)"
        ]
        if isResumed {
            steps.append("  go on where an earlier run was stopped; what is done already is not done again")
        }
        for file in placed.files {
            switch file.state {
            case .missing: steps.append("  put back \(file.path), \(file.readers)")
            case .same: steps.append("  \(file.path) is there already, as it was kept")
            case .edited: steps.append("  \(file.path) is there already, with a new key")
            case .other:
                steps.append(
                    options.overwrites ? "  replace \(file.path) by the kept one" : "  leave \(file.path) as it is here"
                )
            }
        }
        steps += try project.missingVolumes(surroundings.docker).map { "  create the volume \($0)" }
        steps += try project.missingNetworks(surroundings.docker).map {
            "  create the network \($0), with the engine's usual settings"
        }
        steps += pins.steps.map { "  " + $0 }
        let limit = "at most \(options.timeout.components.seconds) s"
        let made = { (role: InstanceContainers.Role) in
            "  create the container of \(role.text) (\(project.services[role] ?? ""), "
                + "\(project.service(role)?.image ?? "its own image"))"
        }
        steps.append(made(.database) + " with an empty volume, and wait until it accepts connections, \(limit)")
        let tables = entry.manifest.databases.first { $0.role == "main" }?.tables ?? []
        let rows = tables.reduce(0) { $0 + $1.rows }
        steps.append(
            "  restore \(rows) rows in \(tables.count) tables into the database \"\(try project.database())\"")
        if let auditLogs {
            let audit = entry.manifest.databases.first { $0.role == RecoverOperation.auditRole }?.tables ?? []
            steps.append(
                "  restore \(audit.reduce(0) { $0 + $1.rows }) rows of audit logs into the database \"\(auditLogs)\"")
        }
        steps += [retired?.step].compactMap(\.self)
        for role in project.roles where role != .database {
            steps.append(made(role) + " and wait until it works, \(limit)")
        }
        steps.append("  try every ciphertext of the live database")
        if !project.others.isEmpty {
            steps.append("  not started: \(project.others.joined(separator: ", ")), which the project runs as well")
        }
        return steps.map { ControlCharacters.escaped($0) }
    }
}
