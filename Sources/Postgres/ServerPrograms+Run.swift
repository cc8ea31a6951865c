import Effects
import Processes

extension ServerPrograms {
    /// One of the server's programs as the user who runs the server, as an argument list.
    func command(_ program: String, _ arguments: [String]) -> [String] {
        let words = ["\(folder)/\(program)"] + arguments
        guard let account else { return words }
        return ["/usr/bin/setpriv", "--reuid=\(account.uid)", "--regid=\(account.gid)", "--init-groups", "--"] + words
    }

    /// The same for what must be done although the run was stopped.
    func uncancelled() -> ServerPrograms {
        ServerPrograms(folder: folder, account: account, effects: effects, cancellation: Cancellation())
    }

    /// Runs one of the server's programs to its end.
    ///
    /// What it prints is dropped: `pg_ctl` hands its streams on to the server, which would keep a pipe open for ever.
    func run(_ program: String, _ arguments: [String]) throws {
        let words = command(program, arguments)
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
