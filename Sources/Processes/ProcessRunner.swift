import CLinux
package import Effects
import Glibc

/// Runs programs: finds them, starts them, and sees to it that they end.
package struct ProcessRunner: Sendable {
    private let effects: Effects
    private let cancellation: Cancellation
    private let clock: any Clock
    private let path: String
    private let packages: [String: String]
    private let grace: Duration

    /// - Parameters:
    ///   - cancellation: stops every program that runs when it is set.
    ///   - path: folders to look for programs in, separated by colons; a `PATH` in a command's environment comes first.
    ///   - packages: the Debian package of each program that may be missing, for the hint.
    ///   - grace: how long a program may take to end after SIGTERM before it is killed.
    package init(
        effects: Effects, cancellation: Cancellation, clock: any Clock = SystemClock(),
        path: String = ProcessRunner.inheritedPath, packages: [String: String] = [:], grace: Duration = .seconds(5)
    ) {
        self.effects = effects
        self.cancellation = cancellation
        self.clock = clock
        self.path = path
        self.packages = packages
        self.grace = grace
    }

    /// The same, stopped by another cancellation.
    package func with(_ cancellation: Cancellation) -> ProcessRunner {
        ProcessRunner(
            effects: effects, cancellation: cancellation, clock: clock, path: path, packages: packages, grace: grace)
    }

    /// `PATH` of this process, or the usual folders where it has none.
    package static var inheritedPath: String {
        getenv("PATH").map { String(cString: $0) } ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    /// The path of a program; nil if there is none that this user may execute.
    ///
    /// - Parameter path: folders separated by colons; a name with a slash is not looked up. Folders that are not absolute
    ///   are passed over: they would mean whatever this happens to run in.
    package func find(_ program: String, path: String? = nil) -> String? {
        if program.utf8.contains(UInt8(ascii: "/")) { return isExecutable(program) ? program : nil }
        for folder in (path ?? self.path).split(separator: ":") where folder.hasPrefix("/") {
            let candidate = folder + "/" + program
            if isExecutable(candidate) { return candidate }
        }
        return nil
    }

    /// Runs a command to its end. A status other than 0 is a result, see `ProcessResult.succeeded`.
    ///
    /// Streams given as `.pipe` have no user here: the input is empty, the output is thrown away.
    ///
    /// - Parameter deadline: after what time it is stopped; nil is never.
    package func run(_ spec: CommandSpec, deadline: Duration? = nil) throws(ProcessFault) -> ProcessResult {
        var process = try start(spec, deadline: deadline)
        return try process.wait()
    }

    /// Starts a command whose streams the caller serves.
    package func start(_ spec: CommandSpec, deadline: Duration? = nil) throws(ProcessFault) -> RunningProcess {
        if let signal = cancellation.signal { throw .interrupted(signal: signal) }
        let program = spec.program
        let spawn = Spawn(program: program, path: try locate(spec), spec: spec)
        let pipes = Pipes(program: program)
        let input = try pipes.input(spec.input)
        let output = try pipes.output(spec.output)
        let errors = try pipes.errors(spec.errors, beside: output)
        let child = try spawn.start(
            Spawn.Streams(input: input.child, output: output.child, errors: errors.child), effects: effects)
        let watch = clinux_pidfd_open(child)
        guard watch != -1 else {
            let error = Errno(Glibc.errno)
            Spawn.destroy(child)
            throw .broken(program: program, error)
        }
        pipes.keepOurs()
        let start = clock.monotonic()
        return RunningProcess(
            process: child, program: program, watch: watch, feeder: Feeder(descriptor: input.ours, source: spec.input),
            output: Collector(descriptor: output.ours, policy: Collector.Policy(spec.output)),
            errors: Collector(descriptor: errors.ours, policy: Collector.Policy(spec.errors)),
            surroundings: RunningProcess.Surroundings(
                effects: effects, cancellation: cancellation, clock: clock, start: start, deadline: deadline,
                grace: grace))
    }

    private func locate(_ spec: CommandSpec) throws(ProcessFault) -> String {
        var path: String?
        if case .plain(let own)? = spec.environment["PATH"] { path = own }
        if let found = find(spec.executable, path: path) {
            // The child is in its own folder by the time it looks for the file; what was found here must be the same.
            guard spec.workingFolder != nil, !found.hasPrefix("/"), let folder = getcwd(nil, 0) else { return found }
            defer { free(folder) }
            return String(cString: folder) + "/" + found
        }
        if spec.executable.utf8.contains(UInt8(ascii: "/")), access(spec.executable, F_OK) == 0 {
            throw .notExecutable(path: spec.executable)
        }
        throw .notFound(program: spec.executable, package: packages[spec.program])
    }

    private func isExecutable(_ path: String) -> Bool {
        var status = stat()
        let result = effects.call(.inspect, path) { stat(path, &status) }
        guard case .success = result, status.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }
}
