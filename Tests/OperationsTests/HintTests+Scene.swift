import FoundationEssentials
import LiveSupport
import Postgres
import TestSupport
import Testing

extension HintTests {
    /// A state, and what is done by hand about it.
    struct State {
        let name: String
        /// What the state is met with.
        var command = "health"
        var exit: Int32 = 15
        let make: (Scene) throws -> Void
        /// What a person does whom a sentence tells to; nil where nobody has to do anything.
        var mend: ((Scene) throws -> Void)?
        /// What the engine does by itself when the cause is gone.
        var afterwards: ((Scene) throws -> Void)?
        /// Whether the instance works in the end.
        var isCured = true
        /// Exit codes that are right for a command of the hints, by its beginning.
        var codes: [String: Int32] = [:]
    }

    /// An instance in containers of its own, and a host with the built program.
    final class Scene {
        let bench: Bench
        let engine: ScriptedEngine
        private(set) var rows: [String] = []
        private var servers: [LoopbackServer] = []
        /// Commands that only look: what they show in one state they show in each.
        private var looked: Set<String> = []

        private let before: (containers: String, envFile: String)

        init(ownDatabase: Bool = false) throws {
            bench = try Bench(copying: PreparedRepository.ofOctober(), own: ownDatabase ? .october : nil)
            engine = try ScriptedEngine(for: bench)
            before = (try engine.folder.text("containers.json"), try bench.folder.text(".env"))
        }

        /// Back to an instance that works, whatever the state before was.
        func heal() throws {
            rows = []
            try engine.folder.write("containers.json", before.containers)
            try bench.folder.write(".env", before.envFile)
            guard engine.folder.run("rm -f hook recreation.jq space looks broken stopped log-* docker-compose") == 0
            else {
                throw TestProblem(engine.folder.said("err"))
            }
        }

        /// Whether a command that only looks was not run here before.
        func isNewLook(_ command: String) -> Bool { looked.insert(command).inserted }

        /// A Redis that wants another password.
        func locked() throws -> LoopbackServer {
            servers.append(try LocalServers.redis("-WRONGPASS invalid username-password pair\r\n"))
            return servers[servers.count - 1]
        }

        struct Ran {
            let exit: Int32
            let output: String
            let errors: String
        }

        func run(_ command: String) throws -> Ran {
            try bench.folder.write("infisical-ops.yaml", try bench.configuration)
            let program = ChildProcess.built("infisical-ops")
            let folder = program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
            let exit = bench.folder.run(
                "PATH='\(engine.folder.path):\(folder)':/usr/bin:/bin HOME='\(bench.folder.path)' "
                    + "INFISICAL_OPS_CONFIG=infisical-ops.yaml sh -c '\(command.replacing("'", with: "'\\''"))'")
            return Ran(exit: exit, output: bench.folder.said("out"), errors: bench.folder.said("err"))
        }

        struct Health: Decodable {
            struct Step: Decodable {
                let part: String
                let condition: String
                let details: [String]
                let hints: [String]
            }
            struct Finding: Decodable {
                let code: String
                let hints: [String]
            }
            let healthy: Bool
            let failing: String?
            let steps: [Step]
            let findings: [Finding]
        }

        func health() throws -> Health {
            try JSONDecoder().decode(Health.self, from: Data(try run("infisical-ops health --json").output.utf8))
        }

        /// What to do, as the program prints it.
        func hints(_ state: State) throws -> [String] {
            if state.command == "health" {
                let health = try health()
                guard let failing = health.failing, let step = health.steps.first(where: { $0.part == failing }) else {
                    return health.steps.flatMap(\.hints) + health.findings.flatMap(\.hints)
                }
                return step.hints
            }
            struct Fault: Decodable { let hints: [String] }
            let ran = try run("infisical-ops \(state.command) --json")
            #expect(ran.exit == state.exit, "\(state.name): \(ran.exit) \(ran.output)\(ran.errors)")
            guard let fault = try? JSONDecoder().decode(Fault.self, from: Data(ran.errors.utf8)) else {
                throw TestProblem("\(state.name): \(ran.output)\(ran.errors)")
            }
            return fault.hints
        }

        func note(_ state: String, _ hint: String, _ outcome: String) {
            rows.append("\(state) | \(hint.replacing(bench.folder.path, with: "…")) | \(outcome)")
        }
    }
}
