import Age
import Effects
import Faults
import Glibc
import LiveSupport
import Operations
import Repository
import Secrets
import TestSupport

/// Looks into a bench's repository, and damages it.
extension Bench {
    /// The files below a folder of the repository, as paths relative to it, sorted.
    func stored(_ name: String) throws -> [String] {
        guard folder.run("cd repository && find \(name) -type f | sort") == 0 else {
            throw TestProblem(folder.said("err"))
        }
        return try folder.text("out").split(separator: "\n").map(String.init)
    }

    /// The largest chunk that all backups need, relative to the repository.
    func sharedChunk() throws -> String {
        let repository = try workplace().repository(), entries = try Inventory(repository).entries
        let shared = entries.map { Set($0.manifest.chunks.keys) }.reduce(Set(entries[0].manifest.chunks.keys)) {
            $0.intersection($1)
        }
        let sizes = entries[0].manifest.chunks.mapValues(\.bytes)
        guard let chunk = shared.max(by: { (sizes[$0] ?? 0, $0) < (sizes[$1] ?? 0, $1) }) else {
            throw TestProblem("the backups share no chunk")
        }
        return repository.layout.relative(repository.layout.chunk(chunk))
    }

    /// Changes one bit in the middle of a file of the repository.
    func flip(_ path: String) throws {
        var bytes = try folder.read("repository/\(path)")
        bytes[bytes.count / 2] ^= 1
        try folder.write("repository/\(path)", bytes)
    }

    /// Runs a shell command in the bench's folder.
    func shell(_ command: String) throws {
        guard folder.run(command) == 0 else { throw TestProblem("\(command): \(folder.said("err"))") }
    }

    /// Seals a file with a passphrase, as `age -p` does.
    func seal(_ name: String, passphrase: String, to sealed: String) throws {
        let bytes = try folder.read(name).withUnsafeBytes {
            try Age.seal($0, to: [.scrypt(passphrase: Secret(testing: passphrase), logN: 10)], armored: true)
        }
        try folder.write(sealed, bytes)
    }

    func exists(_ name: String) -> Bool { Glibc.access(folder.path(name), F_OK) == 0 }

    /// Has the bench's next run stopped when it comes to an effect.
    @discardableResult static func stopping(_ bench: Bench, at kind: Effect.Kind) -> Cancellation {
        bench.observer = CancellingObserver(cancellation: bench.cancellation, kind: kind)
        return bench.cancellation
    }

    /// Permission bits of a file.
    func mode(_ name: String) throws -> UInt32 {
        var status = stat()
        guard lstat(folder.path(name), &status) == 0 else { throw TestProblem("\(name) is not there") }
        return status.st_mode & 0o777
    }

    /// The folder that the host keeps for the repository, relative to the bench's.
    func hostFolder() throws -> String {
        guard folder.run("ls -d state/*/memory.json") == 0 else { throw TestProblem(folder.said("err")) }
        return String(try folder.line("out").dropLast("/memory.json".count))
    }
}

/// What a run failed with; nil where it did not fail.
func fault<Value>(of body: () throws -> Value) -> (any Fault)? {
    do { _ = try body() } catch { return .of(error) }
    return nil
}

/// A clock that is off by some seconds.
struct ShiftedClock: Clock {
    let seconds: Int64
    func now() -> Timestamp { Timestamp(seconds: SystemClock().now().seconds + seconds) }
    func monotonic() -> UInt64 { SystemClock().monotonic() }
}

/// Asks a run to stop when it comes to an effect.
struct CancellingObserver: EffectObserver {
    let cancellation: Cancellation
    let kind: Effect.Kind
    var signal: Int32 = SIGTERM
    /// Only those that do this; nil for every effect of the kind.
    var subject: String?

    func before(_ effect: Effect) -> Int32? {
        if effect.kind == kind, subject == nil || subject == effect.subject { cancellation.cancel(signal: signal) }
        return nil
    }

    func after(_ effect: Effect) -> Int32? { nil }
}
