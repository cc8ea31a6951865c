import Faults
import Glibc
import InfisicalData
import InfisicalStore
import InstanceAccess
import LiveSupport
import Operations
import Postgres
import Secrets
import TestSupport

@testable import Rotating

/// An instance without containers whose backend is a file: `stop` makes it, and `start` takes it away, if it finds the env
/// file to its liking.
final class RotationBench {
    let bench: Bench
    private let backend: LoopbackServer
    private let redis: LoopbackServer
    /// The env file as it was.
    let before: String

    static let old = "9f2c47d1e0b86a35c7f41d9280ae53b6"
    static let new = "00112233445566778899aabbccddeeff"

    init() throws {
        bench = try Bench(copying: PreparedRepository.ofOctober(), own: .october)
        let down = bench.folder.path("down")
        backend = try LocalServers.backend { Glibc.access(down, F_OK) != 0 }
        redis = try LocalServers.redis()
        try bench.addToEnvFile("REDIS_URL=redis://127.0.0.1:\(redis.port)")
        before = try bench.folder.text(".env")
        use(start: "rm -f down")
        try bench.folder.write("new.env", "ENCRYPTION_KEY=\(RotationBench.new)\n")
    }

    /// - Parameter start: shell commands in the bench's folder.
    func use(start: String, url: Bool = true) {
        let folder = bench.folder.path
        bench.instanceLines =
            [
                "containers: none",
                "commands: { stop: [/usr/bin/touch, \"\(folder)/down\"], start: [/bin/sh, -c, \"cd \(folder) && { \(start); }\"] }",
            ] + (url ? ["url: \"http://127.0.0.1:\(backend.port)\""] : [])
    }

    func options(_ change: (inout EncryptionKeyRotation.Options) -> Void = { _ in }) -> EncryptionKeyRotation.Options {
        var options = EncryptionKeyRotation.Options()
        options.newKeyFile = bench.folder.path("new.env")
        options.needsDurableServer = false
        // The fixture keeps copies of the key, as the usage guide has it.
        options.storedCopies = .init(.list)
        change(&options)
        return options
    }

    func operation() throws -> RotationOperation {
        var options = RotationOperation.Options()
        options.timeout = .seconds(6)
        return RotationOperation(try bench.workplace(), options)
    }

    @discardableResult func rotate(
        _ change: (inout EncryptionKeyRotation.Options) -> Void = { _ in }, told: @escaping (String) -> Void = { _ in }
    ) throws -> RotationOperation.Report {
        let plan = try EncryptionKeyRotation(try bench.workplace(), options(change)).plan()
        return try operation().perform(plan, progress: BackupProgress(), told: told)
    }

    func resume(back: Bool = false) throws -> RotationOperation.Report {
        try operation().resume(back: back, progress: BackupProgress()) { _ in }
    }

    /// The keys of the env file's values that open the whole database: `old`, `new`, both or neither.
    func inForce() throws -> String {
        let session = try LiveServer.connect(LiveServer.get().endpoint(database: bench.database))
        defer { session.close() }
        let samples = try InfisicalDatabase(session).keySamples()
        return try [("old", RotationBench.old), ("new", RotationBench.new)].filter { _, key in
            let keys = EnvironmentKeys(encryptionKey: Secret(testing: key), rootEncryptionKey: nil)
            return try KeyTrial.run(samples, with: [KeyHolder(name: "test", keys: keys)]).opens
        }.map(\.0).joined(separator: "+")
    }

    func envFile() throws -> String { try bench.folder.text(".env") }
    var after: String { before.replacing(RotationBench.old, with: RotationBench.new) }
    var isDown: Bool { Glibc.access(bench.folder.path("down"), F_OK) == 0 }

    func exists(_ path: String) -> Bool { Glibc.access(bench.folder.path(path), F_OK) == 0 }

    /// Whether database, env file and backend agree, and nothing is open.
    ///
    /// - Returns: what does not; empty where all do.
    func disagreements() throws -> [String] {
        var found: [String] = []
        let text = try envFile(), file = text == before ? "old" : text == after ? "new" : "another"
        let database = try inForce()
        if database != file { found.append("the database has \(database), the env file \(file)") }
        if isDown { found.append("the backend is down") }
        if try operation().open() != nil { found.append("the rotation is open") }
        if exists("state/rotation.identity") { found.append("the key of the host is left") }
        return found
    }
}
