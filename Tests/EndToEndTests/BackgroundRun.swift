import Effects
import FoundationEssentials
import Glibc
import Processes
import TestSupport

/// A run of the program beside the test, which may signal it.
final class BackgroundRun {
    let process: Int32
    private let standardError: String
    private var running: RunningProcess

    init(_ instance: OpsInstance, _ arguments: [String], environment more: [String: EnvironmentValue] = [:]) throws {
        standardError = instance.path("errors-\(arguments.count)-\(UInt32.random(in: 0...UInt32.max))")
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        let descriptor = open(standardError, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        running = try runner.start(
            CommandSpec(
                ChildProcess.built("infisical-ops"), arguments, environment: instance.environment.merging(more) { $1 },
                workingFolder: instance.path("home"), output: .null, errors: .descriptor(descriptor)),
            deadline: .seconds(120))
        process = running.process
    }

    func signal(_ signal: Int32) { kill(process, signal) }

    /// Waits for its end.
    ///
    /// - Returns: its exit code; 128 + the signal of one that was killed.
    func wait() throws -> Int32 {
        switch try running.wait().status {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }

    var errors: String {
        get throws { String(decoding: try Data(contentsOf: URL(filePath: standardError)), as: UTF8.self) }
    }
}

/// A backup that stands still in the middle, with its snapshot taken and its locks held, until it is let go: its
/// `pg_dump` waits for a file.
final class StandingBackup {
    private let run: BackgroundRun
    private let gate: String
    var process: Int32 { run.process }

    init(_ instance: OpsInstance, _ arguments: [String] = ["backup", "--json"]) throws {
        gate = instance.path("gate-\(UInt32.random(in: 0...UInt32.max))")
        let script = """
            #!/bin/sh
            program=$(command -v pg_dump)
            for candidate in /usr/lib/postgresql/*/bin/pg_dump; do [ ! -x "$candidate" ] || program=$candidate; done
            case $1 in --version) exec "$program" --version ;; esac
            : >'\(gate).standing'
            # Gone with the test's folder, so that nobody waits on when the backup was killed.
            while [ ! -e '\(gate)' ]; do [ -e '\(gate).standing' ] || exit 1; sleep 0.05; done
            exec "$program" "$@"

            """
        let path = gate + ".pg_dump"
        try instance.write(Array(script.utf8), to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        run = try BackgroundRun(instance, arguments, environment: ["INFISICAL_OPS_BACKUP_PG_DUMP": .plain(path)])
        for _ in 0..<2400 where !FileManager.default.fileExists(atPath: gate + ".standing") { usleep(25_000) }
        guard FileManager.default.fileExists(atPath: gate + ".standing") else {
            throw TestProblem("the backup did not come to its pg_dump: \(try run.errors)")
        }
    }

    /// Does something while the backup stands; fails if it had ended meanwhile.
    @discardableResult
    func whileItStands<Value>(_ body: () throws -> Value) throws -> Value {
        let value = try body()
        // One that has ended is a zombie until it is waited for.
        let state = String(decoding: try Data(contentsOf: URL(filePath: "/proc/\(run.process)/stat")), as: UTF8.self)
        if state.contains(") Z ") { throw TestProblem("the backup did not wait: \(try run.errors)") }
        return value
    }

    func signal(_ signal: Int32) { run.signal(signal) }

    /// Lets it go on.
    ///
    /// - Returns: its exit code.
    func finish() throws -> Int32 {
        _ = FileManager.default.createFile(atPath: gate, contents: nil)
        return try run.wait()
    }

    /// Waits for its end without letting it go on.
    func ended() throws -> (exit: Int32, errors: String) { (try run.wait(), try run.errors) }
}
