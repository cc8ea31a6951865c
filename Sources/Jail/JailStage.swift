import CLinux
package import Effects
import Faults
import FoundationEssentials
import Glibc
import Processes

/// The processes of a jail, each this program itself, started again under a hidden command.
///
/// The *outer* one makes the name spaces and waits; the *keeper* is the first process inside, builds the walls, and does
/// what it is asked; a *program* becomes another user and then the program that is to run; the *probe* does the same and
/// then looks for holes. When whoever asked goes, in whatever way, the keeper reads the end of its orders and ends, and
/// the kernel ends all processes of its name space with it.
package enum JailStage: String, CaseIterable, Sendable {
    case outer, keeper, program, probe

    /// The hidden command's name.
    package static let command = "jailed"

    /// Where a stage finds what its starter attached.
    private static let attachment: Int32 = 3

    /// Plays a part.
    ///
    /// - Parameter words: for a program: user, group, and the command.
    /// - Returns: the exit status; a program does not return.
    package func run(_ words: [String], effects: Effects, cancellation: Cancellation) throws(JailFault) -> Int32 {
        let plan = try JailStage.plan()
        switch self {
        case .outer: return JailOuter(plan: plan, effects: effects, cancellation: cancellation).run()
        case .keeper:
            guard getpid() == 1 || !plan.spaces.contains(.processes) else { throw .notOurs }
            // The outer one may be killed, and nobody would read the end of the orders while a server is waited for.
            _ = clinux_die_with_parent(SIGKILL)
            return JailKeeper(plan: plan, effects: effects, cancellation: cancellation).run()
        case .program:
            guard words.count > 2, let user = UInt32(words[0]), let group = UInt32(words[1]) else { throw .notOurs }
            try JailStage.become(user, group)
            let command = Array(words[2...])
            let runner = ProcessRunner(effects: effects, cancellation: cancellation)
            throw .cannotStart(program: command[0], reason: runner.replaceProcess(with: command).text)
        case .probe:
            try JailStage.become(plan.user, plan.group)
            for text in JailProbe(plan: plan).reached() { print(text) }
            // What is printed is all that counts.
            fflush(nil)
            return 0
        }
    }

    private static func become(_ user: UInt32, _ group: UInt32) throws(JailFault) {
        // Whatever stands in the attachment is not for the program.
        close(attachment)
        umask(0o077)
        guard clinux_become(user, group) == 0, clinux_restrict_sockets() == 0 else {
            throw .notMade("cannot become the user \(user): \(Errno(Glibc.errno).text)")
        }
    }

    /// The plan in the attachment, which only this program gives to itself.
    private static func plan() throws(JailFault) -> JailPlan {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink(CommandSpec.attachmentPath, &target, target.count)
        guard count > 0,
            String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .hasPrefix("/memfd:\(Release.name)")
        else { throw .notOurs }
        var bytes: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(attachment, &buffer, buffer.count, off_t(bytes.count))
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        do { return try JSONDecoder().decode(JailPlan.self, from: Data(bytes)) } catch { throw .notOurs }
    }

    /// A stage as a command to run.
    ///
    /// - Parameter program: this program's file.
    static func spec(
        _ stage: JailStage, _ words: [String] = [], plan: JailPlan, environment: [String: EnvironmentValue],
        program: String = "/proc/self/exe"
    ) throws -> CommandSpec {
        var spec = CommandSpec(
            program, [command, stage.rawValue, "--"] + words, environment: environment, workingFolder: "/")
        spec.attachment = [UInt8](try JSONEncoder().encode(plan))
        return spec
    }
}
