import DurableFiles
import Effects
import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import Repository
import TestSupport
import Testing

/// An instance of its own for one test: a database, an env file, and a host with a repository and its keys.
///
/// The programs run are the built `infisical-ops` and `ops-victim`; nothing of the machine's configuration is seen.
final class OpsInstance {
    let folder: TemporaryFolder
    let database: String
    var environment: [String: EnvironmentValue]
    /// Env files beside `envFile`; what is in them must not be printed either.
    var moreEnvFiles: [String] = []
    /// Databases that restores make.
    var restored: [String] = []

    /// - Parameters:
    ///   - fixture: what the database is a copy of; nil for one that has a table with a row, and nothing of
    ///     Infisical.
    ///   - initialised: whether `init` was run.
    init(_ fixture: LiveFixture? = .october, initialised: Bool = true) throws {
        folder = try TemporaryFolder()
        database = try LiveServer.makeDatabase(template: try fixture?.template() ?? "template0")
        let server = try LiveServer.get()
        environment = CommandSpec.inherited(["PATH", "LLVM_PROFILE_FILE"])
        environment["HOME"] = .plain(folder.path("home"))
        // Empty, so that the machine's own is not seen; a test may write into it or take the variable away.
        environment["INFISICAL_OPS_CONFIG"] = .plain(configuration)
        environment["INFISICAL_OPS_DATABASE_URL"] = .plain(
            "postgresql:///\(database)?host=\(server.folder)&port=\(server.port)&user=postgres")
        // Whatever runs on this machine is not the instance of these tests.
        environment["INFISICAL_OPS_INSTANCE_CONTAINERS"] = "none"
        environment["INFISICAL_OPS_REPOSITORY"] = .plain(repository)
        environment["INFISICAL_OPS_STATE_FOLDER"] = .plain(state)
        environment["INFISICAL_OPS_ENV_FILE"] = .plain(envFile)
        try Files(effects: Effects()).createFolder(folder.path("home"))
        try write(
            Array(Data(contentsOf: URL(filePath: (fixture ?? .october).envFile))), to: envFile)
        moreEnvFiles = [(fixture ?? .october).envFile]
        try write([], to: configuration)
        // A backup of nothing at all is not a good one.
        if fixture == nil { try sql("CREATE TABLE public.something AS SELECT 1 AS id") }
        if initialised { try ops("init", "--yes", "--no-configuration").expect(0) }
    }

    deinit {
        for name in restored + [database] {
            do { try LiveServer.drop(name) } catch { print("\(name) could not be dropped: \(error)") }
        }
    }

    /// A path in the instance's folder.
    func path(_ name: String) -> String { folder.path(name) }

    var repository: String { folder.path("repository") }
    var state: String { folder.path("state") }
    var envFile: String { folder.path(".env") }
    var configuration: String { folder.path("infisical-ops.yaml") }
    var configurationText: String {
        get throws { String(decoding: try Data(contentsOf: URL(filePath: configuration)), as: UTF8.self) }
    }

    /// Runs `infisical-ops`.
    @discardableResult
    func ops(_ arguments: String..., input: CommandSpec.Input = .null) throws -> OpsResult {
        try run(arguments, input: input)
    }

    /// Runs `infisical-ops`, or `ops-victim` with a failure injected.
    func run(
        _ arguments: [String], victim: Victim? = nil, environment more: [String: EnvironmentValue] = [:],
        input: CommandSpec.Input = .null, cancellation: Cancellation = Cancellation()
    ) throws -> OpsResult {
        let runner = ProcessRunner(effects: Effects(), cancellation: cancellation)
        let all = environment.merging(victim?.environment ?? [:]) { $1 }.merging(more) { $1 }
        let result = OpsResult(
            arguments: arguments,
            result: try runner.run(
                CommandSpec(
                    ChildProcess.built(victim == nil ? "infisical-ops" : "ops-victim"), arguments, environment: all,
                    workingFolder: folder.path("home"), input: input, output: .collected(limit: 64 << 20),
                    errors: .tail(limit: 1 << 20)), deadline: .seconds(300)))
        Secrecy.check(result, self)
        return result
    }

    /// Runs SQL in the instance's database.
    @discardableResult
    func sql(_ sql: SQL) throws -> Rows { try connection().query(sql) }

    /// A session in which names without schema are those of `public`, as for people.
    func connection() throws -> Connection {
        let connection = try LiveServer.connect(try LiveServer.get().endpoint(database: database))
        try connection.query("SET search_path = public")
        return connection
    }

    func write(_ bytes: [UInt8], to path: String) throws {
        try Files(effects: Effects()).publish(bytes, at: path, mode: 0o600, existing: .replace)
    }

    /// Writes the settings of this host into the configuration file, and takes the variables away that say the same.
    func configure() throws {
        let server = try LiveServer.get()
        try add(
            """
            instance:
              containers: none
              database: {url: 'postgresql:///\(database)?host=\(server.folder)&port=\(server.port)&user=postgres'}
              env_file: \(envFile)
            repository: {path: \(repository)}
            state_folder: \(state)

            """)
        for name in ["DATABASE_URL", "INSTANCE_CONTAINERS", "ENV_FILE", "REPOSITORY", "STATE_FOLDER"] {
            environment["INFISICAL_OPS_\(name)"] = nil
        }
    }

    /// Adds to the configuration file.
    func add(_ text: String) throws { try write(Array((try configurationText + text).utf8), to: configuration) }

    /// Replaces what `old` is in the env file.
    func editEnvFile(_ old: String, _ new: String) throws {
        let text = String(decoding: try Data(contentsOf: URL(filePath: envFile)), as: UTF8.self)
        guard text.contains(old) else { throw TestProblem("the env file has no \(old)") }
        try write(Array(text.replacing(old, with: new).utf8), to: envFile)
    }

    /// The files below a folder of the repository, as paths relative to it, sorted.
    func stored(_ folder: String) throws -> [String] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: repository + "/" + folder)
        var isFolder = false
        return paths.map { folder + "/" + $0 }.filter {
            FileManager.default.fileExists(atPath: repository + "/" + $0, isDirectory: &isFolder) && !isFolder
        }.sorted()
    }
}

/// Where and how `ops-victim` fails.
struct Victim {
    var kind: FailingObserver.Kind?
    var position = 1
    var effects: [Effect.Kind] = []
    var error: Int32 = EIO
    var isSticky = false
    /// A file for the number of effects.
    var count: String?

    var environment: [String: EnvironmentValue] {
        var environment: [String: EnvironmentValue] = [
            "OPS_VICTIM_POSITION": .plain(String(position)), "OPS_VICTIM_ERROR": .plain(String(error)),
        ]
        if let kind { environment["OPS_VICTIM_KIND"] = .plain(kind.rawValue) }
        if !effects.isEmpty {
            environment["OPS_VICTIM_EFFECTS"] = .plain(effects.map(\.rawValue).joined(separator: ","))
        }
        if isSticky { environment["OPS_VICTIM_STICKY"] = "1" }
        if let count { environment["OPS_VICTIM_COUNT"] = .plain(count) }
        return environment
    }
}

/// What a run of the program came to.
struct OpsResult {
    let arguments: [String]
    let result: ProcessResult

    /// The exit code; 128 + the signal of a run that was killed.
    var exit: Int32 {
        switch result.status {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }
    var output: String { String(decoding: result.output, as: UTF8.self) }
    var errors: String { String(decoding: result.errors, as: UTF8.self) }

    /// Records an issue if the run ended otherwise.
    @discardableResult
    func expect(_ code: Int32, sourceLocation: SourceLocation = #_sourceLocation) throws -> OpsResult {
        try #require(
            exit == code, "\(arguments.joined(separator: " ")): \(output)\(errors)", sourceLocation: sourceLocation)
        return self
    }

    /// The JSON object that was printed on standard output.
    func object<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(result.output))
    }

    /// The JSON object of the error that was printed.
    func fault() throws -> FaultObject { try JSONDecoder().decode(FaultObject.self, from: Data(result.errors)) }
}

/// An error in the form of `--json`.
struct FaultObject: Decodable, Equatable {
    let code: String
    let message: String
    let hints: [String]
    let cleanup: [String]
    let exit: Int32
}
