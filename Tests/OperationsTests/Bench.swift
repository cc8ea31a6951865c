import DurableFiles
import Effects
import FoundationEssentials
import Instance
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Processes
import Secrets
import Settings
import TestSupport

/// An instance for tests that call operations in their own process: a database, an env file, a repository, a state folder.
final class Bench {
    let folder: TemporaryFolder
    let database: String
    /// Lines of the configuration's section `instance`, after the database and the env file.
    var instanceLines = ["containers: none"]
    /// Other sections.
    var moreLines: [String] = []
    var overrides: [SettingOverride] = []
    var observer: (any EffectObserver)?
    var docker: Docker?
    var cancellation = Cancellation()
    private var made: [String] = []

    /// - Parameter fixture: what the database is a copy of; nil for an empty one.
    init(_ fixture: LiveFixture? = .october, initialised: Bool = true) throws {
        folder = try TemporaryFolder()
        database = try LiveServer.makeDatabase(template: try fixture?.template() ?? "template0")
        try folder.write(".env", Array(Data(contentsOf: URL(filePath: (fixture ?? .october).envFile))))
        if initialised { try initialise() }
    }

    deinit {
        for name in made + [database] {
            do { try LiveServer.drop(name) } catch { print("\(name) could not be dropped: \(error)") }
        }
    }

    /// A database to be dropped at the end.
    func drops(_ name: String) { made.append(name) }

    func initialise() throws {
        let operation = InitOperation(try workplace(), InitOperation.Options(), configurationPath: nil)
        _ = try operation.perform(try operation.plan())
    }

    var configuration: String {
        get throws {
            let server = try LiveServer.get()
            let own = [
                "env_file: \(folder.path(".env"))",
                "database: { url: \"postgresql:///\(database)?host=\(server.folder)&port=\(server.port)&user=postgres\" }",
            ]
            return
                (["instance:"] + (own + instanceLines).map { "  " + $0 }
                + ["repository:", "  path: \(folder.path("repository"))", "state_folder: \(folder.path("state"))"]
                + moreLines).joined(separator: "\n") + "\n"
        }
    }

    func access() throws -> InstanceAccess {
        let effects = Effects(observer: observer)
        let surroundings = Surroundings(
            effects: effects, clock: SystemClock(), cancellation: cancellation, hostName: "test",
            passphrase: { _ in nil }, docker: docker)
        return try InstanceAccess(
            try Configuration(Secret(testing: try configuration), path: folder.path("infisical-ops.yaml")),
            overrides: overrides,
            SettingsSurroundings(
                environment: ["HOME": folder.path], workingFolder: folder.path, isRoot: true, processors: 2,
                effects: effects), surroundings: surroundings, discovers: docker != nil)
    }

    func workplace() throws -> Workplace { Workplace(try access()) }

    @discardableResult func backup() throws -> BackupOperation.Report {
        try BackupOperation(try workplace(), BackupOperation.Options()).perform(progress: BackupProgress())
    }

    /// Runs SQL in the instance's database.
    @discardableResult func sql(_ sql: SQL) throws -> Rows {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: database))
        defer { connection.close() }
        return try connection.query(sql)
    }

    /// Databases whose name begins with the instance's own.
    func databases() throws -> [String] {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint())
        defer { connection.close() }
        return try connection.query(
            "SELECT datname FROM pg_database WHERE starts_with(datname, \(database + "_")) ORDER BY 1"
        ).map { try $0.string("datname") }
    }
}
