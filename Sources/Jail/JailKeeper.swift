import DurableFiles
import Effects
import Faults
import FoundationEssentials
import Glibc
import HTTP
import Processes
import Secrets

/// The first process in a jail: builds its walls, then starts programs in it and asks them over HTTP, as it is ordered
/// on standard input. Ends with its orders.
final class JailKeeper {
    /// A program that was started, and what it prints.
    private final class Program {
        var process: RunningProcess
        let log: HeldFile
        private var ended: ExitStatus?

        init(_ process: consuming RunningProcess, _ log: HeldFile) {
            self.process = process
            self.log = log
        }

        /// Nil while it runs.
        func end() throws -> ExitStatus? {
            if let ended { return ended }
            var information = siginfo_t()
            // Looks without taking the status away from whoever waits.
            let code = waitid(P_PID, id_t(process.process), &information, WEXITED | WNOHANG | WNOWAIT)
            guard code == 0, information.si_signo == SIGCHLD else { return nil }
            ended = try process.wait().status
            return ended
        }

        /// The end of what it printed.
        func lastBytes() -> [UInt8] {
            let limit = 64 << 10
            let size = Int(lseek(log.descriptor, 0, SEEK_CUR))
            var bytes = [UInt8](repeating: 0, count: min(max(size, 0), limit))
            let count = pread(log.descriptor, &bytes, bytes.count, off_t(max(0, size - bytes.count)))
            return Array(bytes.prefix(max(0, count)))
        }
    }

    /// What servers get that must not see the jailed program's environment.
    private static let plain: [String: EnvironmentValue] = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
    ]

    private let plan: JailPlan
    private let effects: Effects
    private let cancellation: Cancellation
    private let runner: ProcessRunner
    private var programs: [String: Program] = [:]

    init(plan: JailPlan, effects: Effects, cancellation: Cancellation) {
        self.plan = plan
        self.effects = effects
        self.cancellation = cancellation
        runner = ProcessRunner(effects: effects, cancellation: cancellation, grace: .milliseconds(100))
    }

    func run() -> Int32 {
        do {
            try JailWalls(plan: plan, effects: effects).build()
            guard JailKeeper.answer(JailAnswer(), effects) else { return 2 }
            var input = JailInput(cancellation: cancellation)
            while let line = try input.line() {
                let order = try JSONDecoder().decode(JailOrder.self, from: Data(line))
                guard try perform(order, &input) else { return 2 }
            }
            return 0
        } catch let fault as JailFault {
            return JailKeeper.answer(JailAnswer(fault), effects) ? 1 : 2
        } catch {
            let fault: any Fault = .of(error)
            return JailKeeper.answer(JailAnswer(problem: .other, reason: fault.message), effects) ? 1 : 2
        }
    }

    /// - Returns: whether somebody still listens.
    private func perform(_ order: JailOrder, _ input: inout JailInput) throws -> Bool {
        var answer = JailAnswer(), body: [UInt8] = []
        switch order {
        case .probe:
            let spec = try JailStage.spec(.probe, plan: plan, environment: JailKeeper.plain)
            let result = try runner.run(spec, deadline: .seconds(60)).succeeded()
            let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
            answer.reached = lines.map(String.init)
        case .start(let name, let command, let folder, let user, let group, let isTrusted):
            let log = try HeldFile([])
            var spec = try JailStage.spec(
                .program, [String(user), String(group)] + command, plan: plan,
                environment: isTrusted ? CommandSpec.inherited { _ in true } : JailKeeper.plain)
            spec.workingFolder = folder
            spec.output = .descriptor(log.descriptor)
            spec.errors = .withOutput
            programs[name] = Program(try runner.start(spec), log)
        case .look(let name):
            guard let program = programs[name] else { throw JailFault.broken("there is no program \(name)") }
            let end = try program.end()
            answer.isRunning = end == nil
            answer.end = end.map(JailKeeper.text)
            body = program.lastBytes()
        case .ask(let url, let bearer, let count, let seconds):
            let client = HTTPClient(effects: effects, cancellation: cancellation)
            let document = try count.flatMap { try input.secret($0) }
            do throws(HTTPFault) {
                let secret = bearer.map { text in
                    var bytes = Array(text.utf8)
                    return Secret(consuming: &bytes)
                }
                let result =
                    if let document {
                        try client.send(.post, url, json: document, bearer: secret, seconds: seconds)
                    } else {
                        try client.get(url, bearer: secret, seconds: seconds)
                    }
                answer.status = result.status
                body = result.body
            } catch { answer.end = error.message }
        }
        return JailKeeper.answer(answer, effects, body)
    }

    private static func text(_ status: ExitStatus) -> String {
        switch status {
        case .exited(let code): "status \(code)"
        case .killed(let signal): "signal \(signal)"
        }
    }

    /// Writes an answer to standard output.
    ///
    /// - Returns: whether somebody reads it.
    static func answer(_ answer: JailAnswer, _ effects: Effects, _ body: [UInt8] = []) -> Bool {
        var answer = answer
        answer.bytes = body.count
        guard var rest = try? answer.line()[...] else { return false }  // numbers and texts always encode
        rest += body
        while !rest.isEmpty {
            let result = effects.call(.write, "the jail's answer") {
                rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            }
            guard case .success(let count) = result else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
