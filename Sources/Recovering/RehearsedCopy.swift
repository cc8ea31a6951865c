import Booting
import Drills
import DurableFiles
import Effects
import InfisicalData
import InfisicalTables
import InstanceAccess
import InstanceData
import Operations
import Postgres
import Repository
import Secrets
import Settings

/// The database of a rehearsal: restored, started on and read in the server made for it.
struct RehearsedCopy {
    private let operation: RecoverOperation
    private let source: RecoverOperation.Source
    private let project: RecoveryProject
    private let database: ApartDatabase
    private let scratch: ScratchFolder
    /// Of the server's socket.
    private let folder: String

    init(
        _ operation: RecoverOperation, _ source: RecoverOperation.Source, _ project: RecoveryProject,
        _ database: ApartDatabase, _ scratch: ScratchFolder, folder: String
    ) {
        self.operation = operation
        self.source = source
        self.project = project
        self.database = database
        self.scratch = scratch
        self.folder = folder
    }

    private var surroundings: Surroundings { operation.surroundings }

    func restore(_ progress: BackupProgress) throws -> RestoreOperation.Report {
        let name = try project.database()
        let connection = try Connection.open(
            database.endpoint.with(database: "template1"), role: "rehearsal", use: .writing,
            effects: surroundings.effects, cancellation: surroundings.cancellation)
        defer { connection.close() }
        // What the image makes at its first start has nothing in it.
        if try TargetDatabase.exists(name, connection) { try TargetDatabase.drop(name, on: connection) }
        var options = RestoreOperation.Options(database: name)
        options.id = source.entry.id.text
        options.server = database.endpoint
        options.createRoles = true
        options.locale = operation.options.locale
        options.jobs = operation.options.jobs
        options.identities = source.identities
        let restore = RestoreOperation(try workplace(), options)
        return try restore.perform(try restore.plan(), progress: progress)
    }

    /// Starts Infisical on it with the keys of the kept files, and reads a secret back.
    func boot(_ images: BootImages) throws -> BootReport {
        let environment = try project.environment()
        let data = try DataOpener(try workplace()).live(isInstance: false)
        let isFIPS = FIPSMode.isActive(
            environment: environment.fips ?? false, database: try data.source.fipsFlag())
        let canary = try CanaryChoice(data.source, with: data.holders).canary()
        data.close()
        let others = source.entry.manifest.databases.compactMap(\.server.systemIdentifier)
        return try BootDrill.run(
            BootRequest(
                cluster: BootCluster(
                    data: folder, database: try project.database(), user: database.endpoint.user,
                    marker: scratch.marker, others: Set(others)),
                keys: BootKeys(
                    encryptionKey: environment.encryptionKey?.value,
                    rootEncryptionKey: environment.rootEncryptionKey?.value, isFIPS: isFIPS), canary: canary,
                patience: operation.options.timeout),
            beside: database, images: images, docker: surroundings.docker, effects: surroundings.effects,
            cancellation: surroundings.cancellation)
    }

    func census() throws -> CensusOperation.Report {
        var options = CensusOperation.Options()
        options.backup = nil
        options.isInstance = false
        return try CensusOperation(try workplace(), options).perform(progress: .init())
    }

    /// The copy as the other workflows see it, with the keys of the kept files and nothing else of them.
    private func workplace() throws -> Workplace {
        let environment = try project.environment(), path = Files.join(scratch.path, "files/keys.env")
        var values: [String: Secret] = [:]
        values["ENCRYPTION_KEY"] = environment.encryptionKey?.value
        values["ROOT_ENCRYPTION_KEY"] = environment.rootEncryptionKey?.value
        if environment.fips == true {
            var text = Array("true".utf8)
            values["FIPS_ENABLED"] = Secret(consuming: &text)
        }
        try surroundings.files.publishSecret(EnvFile.text(values), at: path)
        let settings: [(SettingKey, String)] = [
            (.containers, "none"), (.envFile, path), (.databaseHost, database.endpoint.host),
            (.databasePort, String(database.endpoint.port)), (.databaseName, try project.database()),
            (.databaseUser, database.endpoint.user),
        ]
        return try RecoveredInstance.workplace(
            RecoveredInstance.shared(operation.workplace)
                + settings.map { SettingOverride($0.0, $0.1, flag: "recover") }, operation.workplace, discovers: false)
    }
}
