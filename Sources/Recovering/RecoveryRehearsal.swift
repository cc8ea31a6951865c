import Booting
import Drills
import DurableFiles
import Effects
package import Faults
import Instance
import InstanceAccess
package import InstanceData
package import Operations
import Repository
package import Restoring
import Settings

/// A recovery that is only practised: the same steps in a scratch folder and in containers without a network, measured,
/// and removed again. Nothing of an instance on this host is looked at or changed.
package struct RecoveryRehearsal {
    package struct Plan: Sendable {
        package let steps: [String]
        /// One sentence without full stop each.
        package let warnings: [String]
        let source: RecoverOperation.Source
        /// The kept files, and empty ones for those that another service wants.
        let files: [KeptFile]
        let origin: RecoveryOrigin
        let images: BootImages
    }

    package struct Report: Sendable {
        /// Id of the backup.
        package let backup: String
        package let rows: Int
        package let phases: [RecoveryPhases.Phase]
        package let seconds: Double
        package let dataAge: Int64
        /// Until Infisical answered.
        package let bootSeconds: Double
        /// Whether a secret was read back through it.
        package let readCanary: Bool
        package let census: CensusOperation.Report
        package let losses: [ObjectLoss]
        package let warnings: [String]
        package let notes: [String]

        package var exit: ExitCode {
            let isWhole = warnings.isEmpty && losses.isEmpty && readCanary
            return ExitCode.mostImportant([census.exit, isWhole ? .done : .partial])
        }
    }

    private let operation: RecoverOperation

    package init(_ operation: RecoverOperation) { self.operation = operation }

    private var surroundings: Surroundings { operation.surroundings }

    /// Checks everything that can be checked before something is made.
    package func plan() throws -> Plan {
        if operation.workplace.configuration.containers == .none {
            throw RecoveryFault.notConfigured("a rehearsal creates containers")
        }
        let source = try operation.source()
        let origin = try RecoveryOrigin(source.entry.manifest, source.kept)
        try operation.requireEngine()
        let kept = try operation.withPlaceholders(source.kept, origin)
        let project = try operation.staged(kept.files, origin) { staged, _ in
            try RecoveryProject(origin, staged, into: origin.folder)
        }
        let key = try project.requireKey(source.entry, source.keepers)
        let database = source.entry.manifest.databases.first { $0.role == "main" }
        let rows = database?.tables.reduce(0) { $0 + $1.rows } ?? 0
        return Plan(
            steps: [
                "Rehearse the recovery of \(source.entry.id.text) (\(source.entry.manifest.finished))",
                "  put \(source.kept.count) files into a scratch folder, and let Compose read them",
                "  create a container of the database without a network",
                "  restore \(rows) rows in \(database?.tables.count ?? 0) tables",
                "  start Redis and Infisical beside it, cut off from everything else, and read a secret back",
                "  try every ciphertext, and remove everything again",
            ].map { ControlCharacters.escaped($0) },
            warnings: [origin.warning, key, source.shrunk, try project.loginWarning()].compactMap(\.self),
            source: source,
            files: kept.files, origin: origin,
            images: try images(project, source.entry.manifest))
    }

    /// The images that ran, or what the project's names mean here; a rehearsal fetches none.
    private func images(_ project: RecoveryProject, _ manifest: Manifest) throws -> BootImages {
        let docker = surroundings.docker
        let image = { (role: InstanceContainers.Role) throws -> String in
            let record = manifest.containers?.first { $0.role == role.rawValue }
            if let record, try docker.has(image: record.imageID) { return record.imageID }
            guard let name = project.service(role)?.image ?? record?.image else {
                throw RecoveryFault.noService(role: role.rawValue, project: project.origin.project)
            }
            if try !docker.has(image: name) { throw BootFault.imageMissing(name) }
            return name
        }
        return BootImages(database: try image(.database), redis: try image(.redis), backend: try image(.backend))
    }

    /// - Parameter told: gets a sentence before each step.
    package func perform(
        _ plan: Plan, progress: BackupProgress, told: (String) -> Void
    ) throws -> Report {
        try DrillContainers.removeLeft(surroundings.docker)
        let phases = RecoveryPhases(surroundings.clock), begin = surroundings.clock.monotonic()
        do {
            return try operation.staged(plan.files, plan.origin) { staged, scratch in
                let project = try RecoveryProject(plan.origin, staged, into: plan.origin.folder)
                phases.add("files", since: begin)
                return try rehearse(plan, project, scratch, phases, progress, told)
            }
        } catch { throw explained(error) }
    }

    /// After a signal it is the signal that counts, and that nothing is left.
    private func explained(_ error: any Error) -> any Error {
        let fault: any Fault = .of(error), cleanup = (fault as? Failure)?.cleanup ?? []
        guard let signal = surroundings.cancellation.signal.map(Interruption.init(signal:)) ?? fault.interruption else {
            return fault
        }
        return Failure(
            InterruptedRun(
                signal,
                state: cleanup.isEmpty
                    ? "everything was removed" : "something may be left; the next rehearsal removes it",
                hints: [.check("run the same command again when you are ready")]), cleanup: cleanup)
    }

    private func rehearse(
        _ plan: Plan, _ project: RecoveryProject, _ scratch: ScratchFolder, _ phases: RecoveryPhases,
        _ progress: BackupProgress, _ told: (String) -> Void
    ) throws -> Report {
        let docker = surroundings.docker
        // Others may pass the scratch folder, but not this one; the container has only what is in it.
        let closed = Files.join(scratch.path, "s"), folder = Files.join(closed, "p")
        try surroundings.files.createFolder(closed)
        try surroundings.files.createFolder(folder, mode: 0o777)
        told("creating the container of the database")
        let begin = surroundings.clock.monotonic()
        let database = try ApartDatabase.start(
            image: plan.images.database, user: project.databaseUser, folder: folder, marker: scratch.marker, docker)
        let result = Result { () throws -> Report in
            try database.wait(
                docker, seconds: Double(operation.options.timeout.components.seconds), effects: surroundings.effects,
                cancellation: surroundings.cancellation)
            phases.add("database", since: begin)
            let copy = RehearsedCopy(operation, plan.source, project, database, scratch, folder: folder)
            told("restoring the database")
            let restored = try phases.measure("restore") { try copy.restore(progress) }
            told("starting Infisical")
            let boot = try phases.measure("start") { try copy.boot(plan.images) }
            told("trying every ciphertext")
            let census = try phases.measure("ciphertexts") { try copy.census() }
            return Report(
                backup: plan.source.entry.id.text, rows: restored.rows, phases: phases.all, seconds: phases.total,
                dataAge: operation.dataAge(plan.source.entry), bootSeconds: boot.seconds,
                readCanary: boot.reader != nil, census: census, losses: restored.losses,
                warnings: plan.warnings + restored.plan.warnings.filter { !plan.warnings.contains($0) },
                notes: ["a new host also fetches the images, which is not measured"])
        }
        do { try database.remove(docker) } catch {
            guard case .failure(let cause) = result else { throw error }
            throw Failure(.of(cause), cleanup: [.of(error)])
        }
        return try result.get()
    }
}
