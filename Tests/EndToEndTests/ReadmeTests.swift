import FoundationEssentials
import Glibc
import LiveSupport
import Postgres
import Processes
import TestSupport
import Testing

/// Whoever follows the README by the letter ends with something that works.
@Suite struct ReadmeTests {
    private static let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "README.md")

    /// The example of a configuration in which these words are.
    private func example(_ words: String) throws -> String {
        let text = try String(contentsOf: Self.readme, encoding: .utf8)
        let found = text.split(separator: "```").filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst(5)) }
        return try #require(found.first { $0.contains(words) })
    }

    @Test func `the example without containers is whole: init, backup, health and restart work with it`() throws {
        let instance = try OpsInstance(.october, initialised: false), server = try LiveServer.get()
        let stopped = instance.path("stopped"), env = instance.path("infisical.env")
        let status = "{\"date\":\"2026-01-01T00:00:00.000Z\",\"message\":\"Ok\"}"
        let backend = try LoopbackServer { _ in
            access(stopped, F_OK) == 0
                ? []
                : Array(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(status.utf8.count)\r\n\r\n\(status)"
                        .utf8)
        }
        let redis = try LoopbackServer { _ in Array("+PONG\r\n".utf8) }
        let guide = try String(contentsOf: URL(filePath: instance.envFile), encoding: .utf8)
        let value = { (name: String) throws -> Substring in
            try #require(guide.split(separator: "\n").first { $0.hasPrefix("INFISICAL_\(name)=") }).dropFirst(
                11 + name.count)
        }
        try instance.write(
            Array(
                """
                ENCRYPTION_KEY=\(value("ENCRYPTION_KEY"))
                AUTH_SECRET=\(value("AUTH_SECRET"))
                DB_CONNECTION_URI=postgresql:///\(instance.database)?host=\(server.folder)&port=\(server.port)&user=postgres
                REDIS_URL=redis://127.0.0.1:\(redis.port)

                """.utf8), to: env)
        instance.moreEnvFiles.append(env)
        var own = try example("containers: none")
        for (part, here) in [
            ("/etc/infisical/infisical.env", env), ("http://127.0.0.1:8080", "http://127.0.0.1:\(backend.port)"),
            ("[systemctl, stop, infisical]", "[touch, \(stopped)]"),
            ("[systemctl, start, infisical]", "[rm, \(stopped)]"),
            ("/var/lib/infisical-ops/repository", instance.repository),
        ] {
            #expect(own.contains(part))
            own = own.replacing(part, with: here)
        }
        try instance.write(Array(own.utf8), to: instance.configuration)
        for name in instance.environment.keys where name.hasPrefix("INFISICAL_OPS_") {
            if !["INFISICAL_OPS_CONFIG", "INFISICAL_OPS_STATE_FOLDER"].contains(name) {
                instance.environment[name] = nil
            }
        }
        try instance.ops("config", "check").expect(0)
        try instance.ops("init", "--yes").expect(0)
        try instance.ops("backup", "--dry-run").expect(0)
        try instance.ops("backup").expect(0)
        try instance.ops("health").expect(0)
        let plan = try instance.ops("restart", "--dry-run").expect(0).output
        #expect(plan.contains("wait until everything works, at most 120 s\n"), "\(plan)")
        try instance.ops("restart", "--yes").expect(0)
    }
}
