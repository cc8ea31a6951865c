package import Effects
import FoundationEssentials
import Glibc
package import Processes
package import Secrets

/// A place without any way out, in which programs run: no network but its own loopback, no process, socket or temporary
/// file of the host, the host's files read-only, and another user without any rights.
///
/// Belongs to one thread. When it goes, or this process goes in whatever way, all that runs in it is ended by the kernel,
/// and its mounts vanish.
package final class Jail {
    /// How a program is doing.
    package struct State: Sendable {
        package let isRunning: Bool
        /// How it ended: `status 1`, `signal 9`.
        package let end: String?
        /// The end of what it printed, on both streams.
        package let output: [UInt8]
    }

    /// What a server in the jail answered.
    package enum Answer: Sendable {
        case status(Int, body: [UInt8])
        /// There was no answer, and why.
        case none(String)
    }

    private var process: RunningProcess
    /// The number of the jail's one process outside.
    package var outer: Int32 { process.process }
    private let plan: JailPlan
    private var waiting: [UInt8] = []

    private init(_ process: consuming RunningProcess, _ plan: JailPlan) {
        self.process = process
        self.plan = plan
    }

    /// Makes a jail and proves it tight, in the place of the program that will be started.
    ///
    /// - Parameters:
    ///   - environment: all of the jailed program's.
    ///   - program: this program's file; the tests, which run in another one, say where it is.
    package static func make(
        _ plan: JailPlan, environment: [String: EnvironmentValue], program: String = "/proc/self/exe",
        effects: Effects, cancellation: Cancellation
    ) throws -> Jail {
        let runner = ProcessRunner(effects: effects, cancellation: cancellation, grace: .seconds(2))
        var spec = try JailStage.spec(.outer, plan: plan, environment: environment, program: program)
        spec.input = .pipe
        spec.output = .pipe
        let jail = Jail(try runner.start(spec), plan)
        _ = try jail.answer()
        try jail.probe()
        return jail
    }

    /// Looks for holes as the program that is to be jailed.
    private func probe() throws {
        let reached = try ask(.probe).answer.reached ?? ["something that the probe did not tell"]
        guard reached.isEmpty else { throw JailFault.notTight(reached) }
    }

    /// Starts the program that the jail is for, with the environment that was given.
    package func start(_ command: [String]) throws {
        try start("program", command, user: plan.user, group: plan.group, folder: plan.folder, isTrusted: true)
    }

    /// Starts a server for that program; it sees nothing of the environment.
    package func startServer(_ name: String, _ command: [String], user: UInt32? = nil, group: UInt32? = nil) throws {
        try start(name, command, user: user ?? plan.user, group: group ?? plan.group, folder: "/", isTrusted: false)
    }

    private func start(
        _ name: String, _ command: [String], user: UInt32, group: UInt32, folder: String, isTrusted: Bool
    ) throws {
        _ = try ask(
            .start(name: name, command: command, folder: folder, user: user, group: group, isTrusted: isTrusted))
    }

    /// How a server does; nil is the program that the jail is for.
    package func look(_ name: String = "program") throws -> State {
        let (answer, body) = try ask(.look(name: name))
        return State(isRunning: answer.isRunning ?? false, end: answer.end, output: body)
    }

    /// Asks a server in the jail.
    ///
    /// - Parameters:
    ///   - bearer: sent to it as `Authorization: Bearer …`; one that opens nothing outside of the jail.
    ///   - body: JSON, sent with POST; nil asks with GET.
    package func ask(_ url: String, bearer: String? = nil, body: Secret? = nil, seconds: Double) throws -> Answer {
        let order = JailOrder.ask(url: url, bearer: bearer, body: body?.count, seconds: seconds)
        let (answer, body) = try ask(order, body)
        guard let status = answer.status else { return .none(answer.end ?? "no reason was given") }
        return .status(status, body: body)
    }

    /// Ends all that runs in it, and waits until it is gone.
    package func end() throws {
        process.closeInput()
        _ = try process.wait()
    }

    private func ask(_ order: JailOrder, _ body: Secret? = nil) throws -> (answer: JailAnswer, body: [UInt8]) {
        let line = [UInt8](try JSONEncoder().encode(order)) + [0x0a]
        try line.withUnsafeBytes { try process.write($0) }
        try body?.withBytes { try process.write($0) }
        return try answer()
    }

    private func answer() throws -> (answer: JailAnswer, body: [UInt8]) {
        while !waiting.contains(0x0a) { try readMore() }
        let end = waiting.firstIndex(of: 0x0a) ?? waiting.endIndex
        let answer = try JSONDecoder().decode(JailAnswer.self, from: Data(waiting[..<end]))
        waiting.removeFirst(end + 1)
        if let fault = answer.fault { throw fault }
        while waiting.count < answer.bytes { try readMore() }
        let body = Array(waiting.prefix(answer.bytes))
        waiting.removeFirst(answer.bytes)
        return (answer, body)
    }

    private func readMore() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = try buffer.withUnsafeMutableBytes { try process.read(into: $0) }
        guard count > 0 else {
            let result = try process.wait()
            let said = String(decoding: result.errors.suffix(300), as: UTF8.self)
            throw JailFault.broken(said.isEmpty ? "it gave no reason" : said)
        }
        waiting += buffer[..<count]
    }
}
