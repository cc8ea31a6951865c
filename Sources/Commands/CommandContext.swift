package import Arguments
package import Drills
import DurableFiles
package import Effects
import Faults
import InstanceAccess
import Operations
import Results
import Rotating
import Secrets
import Settings

/// What every command is run with: the shared options, the output, and what leads to the outside.
package struct CommandContext: Sendable {
    package let effects: Effects
    package let cancellation: Cancellation
    package let output: Output
    let configPath: String?
    /// What `--wait` says.
    let patience: Duration?
    let question: Question
    package let trace = RunTrace()
    /// What a test does to what a drill has restored; nil in the product.
    let interference: DrillOperation.Interference?

    static let config = Option("config", value: "FILE", .file, help: "Configuration file to use.")
    static let json = Flag("json", help: "Print one JSON object instead of text.")
    static let quiet = Flag(
        "quiet", short: "q", help: "Print nothing but errors, warnings, and what the command is there to show.")
    static let noColor = Flag("no-color", help: "Do not use colors; NO_COLOR has the same effect.")
    static let wait = Option(
        "wait", value: "DURATION", .duration, whenAbsent: "do not wait",
        help: """
            How long to wait, such as 30s or 1h, for a lock that another run holds; with health, for the instance to work.
            """)

    static let shared: [any OptionDeclaring] = [config, json, quiet, noColor, wait]

    package init(
        _ values: ParsedValues, effects: Effects, cancellation: Cancellation,
        interference: DrillOperation.Interference? = nil
    ) {
        self.effects = effects
        self.interference = interference
        self.cancellation = cancellation
        output = Output(
            json: values[Self.json], quiet: values[Self.quiet], color: !values[Self.noColor],
            configuration: values[Self.config])
        configPath = values[Self.config]
        patience = values[Self.wait]
        question = Question(cancellation)
    }

    /// What a command needs of the instance's env files.
    enum EnvFileNeed {
        /// All of their content: each must be there.
        case content
        /// What there is of it; one that is gone is warned of.
        case whatIsThere
        /// The same, and what the command itself gives says so.
        case whatIsThereAndTold
        /// Nothing, whatever is wrong with them.
        case nothing
    }

    /// The configuration with the flags that override it.
    ///
    /// - Parameters:
    ///   - creating: whether a configuration file that is named may be missing, because it will be made.
    ///   - discovers: whether the instance's containers are looked at; only what has to do with the instance needs that.
    ///   - opens: whether the database may be opened; nil is as `discovers`.
    ///   - envFiles: what is needed of the env files; nil is all of it where the instance's containers are looked at, and
    ///     nothing elsewhere.
    func workplace(
        _ overrides: [SettingOverride] = [], creating: Bool = false, discovers: Bool = true, opens: Bool? = nil,
        envFiles: EnvFileNeed? = nil
    ) throws -> Workplace {
        let settings = SettingsSurroundings.ofProcess(effects: effects)
        let instance = try InstanceAccess(
            try Configuration.find(named: configPath, mayBeMissing: creating, settings), overrides: overrides, settings,
            surroundings: surroundings, discovers: discovers, opens: opens ?? discovers)
        let configuration = instance.configuration, need = envFiles ?? (discovers ? .content : .nothing)
        if need != .nothing { try configuration.requireEnvFiles(toleratesLoss: need != .content) }
        if need == .whatIsThere { for warning in configuration.envFileWarnings { output.warning(warning) } }
        trace.note(instance)
        let workplace = Workplace(instance, lockWait: patience.map { Int($0.components.seconds) } ?? 0)
        return opens ?? discovers ? OpenRotationPassword.settled(workplace) : workplace
    }

    /// The same for what goes by the key in force: containers are asked only where no file says it.
    ///
    /// - Parameter envFiles: what is needed of the env files where they say the key.
    func keyedWorkplace(envFiles: EnvFileNeed = .nothing) throws -> Workplace {
        let workplace = try workplace(discovers: false, envFiles: envFiles), own = workplace.configuration
        if own.instance.hasKey && own.envFileFaults.isEmpty { return workplace }
        return try self.workplace(opens: false, envFiles: .whatIsThereAndTold)
    }

    /// The first line of a file that only its owner should read.
    func secretLine(of path: String) throws -> Secret {
        try surroundings.files.readSecret(path, limit: 1 << 16).firstLine()
    }

    private var surroundings: Surroundings {
        Surroundings(
            effects: effects, clock: SystemClock(), cancellation: cancellation, hostName: Terminal.hostName,
            passphrase: { [question] file in
                Terminal.isInteractive ? try question.secret("Passphrase of \(ControlCharacters.escaped(file)): ") : nil
            })
    }

    /// Says what a run that is only planned would end with, where that is not 0.
    ///
    /// - Parameter reason: a clause.
    func forecast(_ exit: ExitCode, _ reason: String?) {
        if exit == .done { return }
        output.speaking(of: exit).line(
            "would end \(exit.rawValue)\(reason.map { ": " + ControlCharacters.escaped($0) } ?? "")")
    }

    /// The end of `--dry-run`, after the plan was shown: the result, and what the run would end with if nothing fails on
    /// the way.
    ///
    /// - Parameters:
    ///   - name: of the schema, such as `init-plan`.
    ///   - steps: those of the plan.
    ///   - reason: why it would not be 0, as a clause.
    func endDryRun(
        _ name: String, _ steps: [String], warnings: [String] = [], exit: ExitCode = .done, _ reason: String? = nil
    ) throws -> ExitCode {
        forecast(exit, reason)
        try output.object(PlanResult(name, steps: steps, warnings: warnings, exit: exit, reason: reason))
        return exit
    }

    /// Shows a plan and asks; the one rule for every command that changes something.
    ///
    /// - Returns: whether to go on. `--dry-run` ends here.
    func agree(to plan: [String], dryRun: Bool, yes: Bool) throws -> Bool {
        for line in plan { output.line(line) }
        if dryRun { return false }
        if yes { return true }
        // Nobody agrees to what was not shown.
        let standing = question.standing
        if output.fault != nil { throw CommandFault.notShown(standing) }
        guard Terminal.isInteractive else { throw CommandFault.notConfirmed(standing) }
        if output.json || output.quiet { for line in plan { Terminal.write(line + "\n", to: 2) } }
        guard try question.confirm("Go on?") else { throw CommandFault.declined(standing) }
        return true
    }
}

extension ValueFormat<Duration> {
    /// `20s`, `5m`, `1h`, `2d`.
    static var duration: ValueFormat<Duration> {
        ValueFormat(expected: "a duration such as 20s, 5m, 1h or 2d") { text -> Reading<Duration> in
            do throws(SettingValue.Unreadable) { return .value(try SettingValue.duration(text)) } catch {
                return .unreadable(error.excerpt)
            }
        }
    }
}

/// Refusals that only the command line knows; those about a question with what was changed before, as a clause.
enum CommandFault: Fault {
    case notConfirmed(String)
    case declined(String)
    case notShown(String)
    case latestRejected
    case acceptsRejected(String, time: String)

    var code: String {
        switch self {
        case .notConfirmed: "command.not-confirmed"
        case .declined: "command.declined"
        case .notShown: "command.not-shown"
        case .latestRejected: "command.latest-rejected"
        case .acceptsRejected: "command.accepts-rejected"
        }
    }

    var message: String {
        switch self {
        case .notConfirmed(let standing):
            "there is no terminal to ask for confirmation, and --yes was not given; \(standing)"
        case .declined(let standing): "not confirmed; \(standing)"
        case .notShown(let standing): "the plan could not be printed; \(standing)"
        case .latestRejected: "which backup is the latest changes when one is rejected: give its id"
        case .acceptsRejected(let id, let time):
            "the backup \(id) was rejected at \(time), as not of this instance, and cannot be accepted as well"
        }
    }

    var hints: [Hint] {
        switch self {
        case .notConfirmed: [.check("look at the plan with --dry-run, then run the same command with --yes")]
        case .notShown: [.check("send the output to a terminal, or to a file on a disk with free space, or add --yes")]
        case .declined: [.check("run the same command again when you are sure")]
        case .latestRejected: [.command(["infisical-ops", "list"])]
        case .acceptsRejected(let id, _): [.command(["infisical-ops", "repository", "reject", id, "--revoke"])]
        }
    }

    var exit: ExitCode { .refused }
}
