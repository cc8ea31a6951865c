import Processes

extension ServerPrograms {
    /// Runs one of the server's programs to its end.
    ///
    /// What it prints is dropped: `pg_ctl` hands its streams on to the server, which would keep a pipe open for ever.
    func run(_ program: String, _ arguments: [String]) throws {
        var words = ["\(folder)/\(program)"] + arguments
        if let account {
            words =
                ["/usr/bin/setpriv", "--reuid=\(account.uid)", "--regid=\(account.gid)", "--init-groups", "--"] + words
        }
        let runner = ProcessRunner(effects: effects, cancellation: cancellation)
        let spec = CommandSpec(
            words[0], Array(words.dropFirst()), environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"],
            workingFolder: "/", output: .null, errors: .null)
        let result = try runner.run(spec, deadline: .seconds(120))
        guard result.status == .exited(0) else {
            throw PostgresFault.scratchServerFailed("\(program) ended with \(result.status)")
        }
    }
}
