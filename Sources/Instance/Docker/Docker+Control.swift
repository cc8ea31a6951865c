package import Effects
import FoundationEssentials
import Glibc
import Processes

extension Docker {
    /// What a container printed last, oldest line first, both of its streams together.
    ///
    /// - Parameter since: only what was printed from then on.
    package func lastLines(of container: String, count: Int, since: Timestamp? = nil) throws -> [String] {
        let result = try runner.run(
            CommandSpec(
                "docker", logArguments(of: container, tail: count, since: since.map(\.iso8601)),
                environment: environment, output: .tail(limit: 512 << 10), errors: .withOutput),
            deadline: Docker.patience
        ).succeeded()
        return result.output.split(separator: 10).map { line in
            String(String(decoding: line, as: UTF8.self).drop { $0 != " " }.dropFirst())
        }
    }

    /// What a container printed, line by line, as it comes from the engine.
    package func log(of container: String, tail: Int?, since: String?) throws -> LogStream {
        LogStream(
            try runner.start(
                CommandSpec(
                    "docker", logArguments(of: container, tail: tail, since: since), environment: environment,
                    output: .pipe, errors: .withOutput)))
    }

    private func logArguments(of container: String, tail: Int?, since: String?) -> [String] {
        ["logs", "--timestamps"] + (tail.map { ["--tail", String($0)] } ?? []) + (since.map { ["--since", $0] } ?? [])
            + [container]
    }

    /// Free bytes, and all bytes, of the file system that a folder of a container lies on; nil where the container cannot
    /// tell.
    package func space(of folder: String, in container: String) throws -> (free: Int, size: Int)? {
        let result = try runner.run(
            exec(in: container, "df", ["-P", "-k", folder], environment: [:]), deadline: .seconds(5))
        // The form is that of POSIX: a line of titles, then name, size, used and free in blocks of 1024 bytes.
        let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
        guard result.status == .exited(0), lines.count == 2 else { return nil }
        let words = lines[1].split(separator: " ")
        guard words.count >= 6, let size = Int(words[1]), let free = Int(words[3]) else { return nil }
        return (free << 10, size << 10)
    }

    /// Stops a container; nothing happens to one that does not run.
    ///
    /// - Parameter seconds: how long it may take before it is killed.
    package func stop(_ container: String, seconds: Int) throws {
        try change(["stop", "-t", String(seconds), container], within: .seconds(seconds + 30))
    }

    /// Starts a container; nothing happens to one that runs.
    package func start(_ container: String) throws { try change(["start", container], within: .seconds(60)) }

    /// Sets what the engine does when a container ends.
    ///
    /// - Returns: false where the engine cannot change that, as podman before version 5.1.
    package func setRestartPolicy(_ policy: String, of container: String) throws -> Bool {
        let result = try run(["update", "--restart", policy, container])
        let message = String(decoding: result.errors, as: UTF8.self)
        if result.status != .exited(0), message.contains("unknown flag: --restart") { return false }
        try require(result)
        return true
    }

    func change(_ arguments: [String], within deadline: Duration) throws {
        try require(
            try runner.run(CommandSpec("docker", arguments, environment: environment), deadline: deadline))
    }

    private func require(_ result: ProcessResult) throws {
        if result.status != .exited(0) { try requireEngine() }
        _ = try result.succeeded()
    }
}
