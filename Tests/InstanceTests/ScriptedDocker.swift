import Effects
import Processes
import TestSupport

@testable import Instance

/// A `docker` that answers what a test tells it, for failures that a real engine does not give on demand.
final class ScriptedDocker {
    private let folder: TemporaryFolder
    let docker: Docker

    /// - Parameters:
    ///   - script: of `sh`; `$1` is the first word of the command, such as `inspect`.
    ///   - compose: the same for a `docker-compose` beside it; nil for none.
    init(_ script: String, compose: String? = nil, host: String? = nil, observer: (any EffectObserver)? = nil) throws {
        folder = try TemporaryFolder()
        try folder.write("docker", "#!/bin/sh\n\(script)\n")
        if let compose { try folder.write("docker-compose", "#!/bin/sh\n\(compose)\n") }
        guard folder.run("chmod 755 docker*") == 0 else { throw TestProblem("chmod failed") }
        var environment: [String: EnvironmentValue] = ["PATH": .plain(folder.path + ":/usr/bin:/bin")]
        if let host { environment["DOCKER_HOST"] = .plain(host) }
        docker = Docker(
            // The machine's own is not to be found.
            runner: ProcessRunner(effects: Effects(), cancellation: Cancellation(), path: folder.path),
            effects: Effects(observer: observer), environment: environment)
    }

    /// One that inspects what a real engine said of the three containers of a project.
    static func recorded() throws -> ScriptedDocker {
        let fixture = Fixtures.path("docker/inspect-compose-1.json")
        return try ScriptedDocker(
            """
            case $1 in
                version) echo '{"Client":{},"Server":{"Version":"20.10"}}' ;;
                ps) printf 'a\\nb\\nc\\n' ;;
                inspect)
                    shift 3
                    jq --args '[.[] | select((.Name[1:] as $name | $ARGS.positional | index($name)) or $ARGS.positional[0] == "a")]' \
                        "$@" <'\(fixture)'
                    [ $# -eq 3 ] ;;
            esac
            """)
    }
}
