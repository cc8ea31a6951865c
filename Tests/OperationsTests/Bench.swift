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
    /// Lines of the section `repository`, after its path.
    var repositoryLines: [String] = []
    /// Other sections.
    var moreLines: [String] = []
    /// Whether the configuration says where the database is, and which env file there is.
    var namesDatabase = true
    var namesEnvFile = true
    /// False for a run without any configuration file.
    var hasFile = true
    var overrides: [SettingOverride] = []
    var observer: (any EffectObserver)?
    var docker: Docker?
    var cancellation = Cancellation()
    var clock: any Clock = SystemClock()
    /// What opens a sealed identity file; nil where nobody can be asked.
    var passphrase: String?
    /// How many runs a test has counted, where each must have a time of its own.
    var runs = 0
    private var made: [String] = []

    /// - Parameter fixture: what the database is a copy of; nil for an empty one.
    init(_ fixture: LiveFixture? = .october, initialised: Bool = true) throws {
        folder = try TemporaryFolder()
        database = try LiveServer.makeDatabase(template: try fixture?.template() ?? "template0")
        made = [database]
        try folder.write(".env", Array(Data(contentsOf: URL(filePath: (fixture ?? .october).envFile))))
        if initialised { try initialise() }
    }

    /// One with its own copy of what was stored of a database.
    ///
    /// - Parameter fixture: what the database was a copy of, for one of its own; nil for one that it shares with others.
    init(copying prepared: PreparedRepository.Content, own fixture: LiveFixture? = nil) throws {
        folder = try TemporaryFolder()
        database = try fixture.map { try LiveServer.makeDatabase(template: try $0.template()) } ?? prepared.database
        made = fixture == nil ? [] : [database]
        guard folder.run("cp -a '\(prepared.folder.path)/.' .") == 0 else { throw TestProblem(folder.said("err")) }
    }

    deinit {
        for name in made.reversed() {
            do { try LiveServer.drop(name) } catch { print("\(name) could not be dropped: \(error)") }
        }
    }

    /// Gives the database away: it lives as long as the server.
    func releaseDatabase() -> String {
        made.removeAll { $0 == database }
        return database
    }

    /// A database to be dropped at the end.
    func drops(_ name: String) { made.append(name) }

    /// Has every database dropped at the end whose name begins with the instance's own. Where that is shared, the others
    /// may be another test's: nothing is.
    func dropsAll() throws {
        guard made.contains(database) else { return }
        for name in try databases() { drops(name) }
    }

    /// A name for a database that a restore makes; it is dropped at the end.
    func newName(_ suffix: String = "copy") -> String {
        let name = "\(database)_\(suffix)_\(folder.path.suffix(6).lowercased())_\(made.count)"
        drops(name)
        return name
    }

    func initialise() throws {
        let operation = InitOperation(try workplace(), InitOperation.Options(), configurationPath: nil)
        _ = try operation.perform(try operation.plan())
    }

    var configuration: String {
        get throws {
            let server = try LiveServer.get()
            var own: [String] = []
            if namesEnvFile { own.append("env_file: \(folder.path(".env"))") }
            if namesDatabase {
                own.append(
                    "database: { url: \"postgresql:///\(database)?host=\(server.folder)&port=\(server.port)&user=postgres\" }"
                )
            }
            return
                (["instance:"] + (own + instanceLines).map { "  " + $0 }
                + ["repository:", "  path: \(repository)"] + repositoryLines.map { "  " + $0 }
                + ["state_folder: \(folder.path("state"))"] + moreLines).joined(separator: "\n") + "\n"
        }
    }

    var configurationFile: String { folder.path("infisical-ops.yaml") }
    var repository: String { folder.path("repository") }

    func access() throws -> InstanceAccess {
        let effects = Effects(observer: observer), passphrase = passphrase
        let surroundings = Surroundings(
            effects: effects, clock: clock, cancellation: cancellation, hostName: "test",
            passphrase: { _ in passphrase.map { Secret(testing: $0) } }, docker: docker)
        let file =
            hasFile ? try Configuration(Secret(testing: try configuration), path: configurationFile) : nil
        return try InstanceAccess(
            file, overrides: overrides,
            SettingsSurroundings(
                environment: ["HOME": folder.path], workingFolder: folder.path, isRoot: true, processors: 2,
                effects: effects), surroundings: surroundings, discovers: docker != nil)
    }

    /// A lock that was given back may still be held, for a moment, by a process that another test is just starting.
    func workplace() throws -> Workplace { Workplace(try access(), lockWait: 1) }

    @discardableResult func backup(_ options: BackupOperation.Options = .init()) throws -> BackupOperation.Report {
        try BackupOperation(try workplace(), options).perform(progress: BackupProgress())
    }

    /// Runs SQL in the instance's database.
    @discardableResult func sql(_ sql: SQL) throws -> Rows {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: database))
        defer { connection.close() }
        return try connection.query(sql)
    }

    /// Runs several statements in the instance's database, or in another one.
    func script(_ text: String, in other: String? = nil) throws {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: other ?? database))
        defer { connection.close() }
        try connection.execute(script: text)
    }

    /// The number of rows of a table of any database.
    func count(_ table: String, in other: String) throws -> Int {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: other))
        defer { connection.close() }
        return try connection.query("SELECT count(*) AS n FROM \(raw: table)").only().integer("n")
    }

    /// Databases whose name begins with the instance's own.
    func databases() throws -> [String] {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint())
        defer { connection.close() }
        return try connection.query(
            "SELECT datname FROM pg_database WHERE starts_with(datname, \(database + "_")) ORDER BY 1"
        ).map { try $0.string("datname") }
    }

    /// Replaces a part of the env file.
    func editEnvFile(_ old: String, _ new: String) throws {
        let text = try folder.text(".env")
        guard text.contains(old) else { throw TestProblem("the env file has no \(old)") }
        try folder.write(".env", text.replacing(old, with: new))
    }

    func addToEnvFile(_ line: String) throws { try folder.write(".env", try folder.text(".env") + "\n\(line)\n") }
}
