import Effects
import FoundationEssentials
import Processes
import TestSupport

extension OpsInstance {
    /// Runs a script in a mount name space of its own, so that it may mount what it likes; `$OPS` is the program.
    func shell(_ script: String, environment more: [String: EnvironmentValue] = [:]) throws -> OpsResult {
        var all = environment.merging(more) { $1 }
        all["OPS"] = .plain(ChildProcess.built("infisical-ops"))
        all["REPOSITORY"] = .plain(repository)
        let runner = ProcessRunner(effects: Effects(), cancellation: Cancellation())
        let result = OpsResult(
            arguments: ["sh", "-c", script],
            result: try runner.run(
                CommandSpec(
                    "/usr/bin/unshare", ["--mount", "sh", "-euc", script], environment: all,
                    workingFolder: folder.path("home"), output: .collected(limit: 64 << 20),
                    errors: .tail(limit: 1 << 20)), deadline: .seconds(120)))
        Secrecy.check(result, self)
        return result
    }
}
