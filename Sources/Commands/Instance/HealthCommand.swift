import Arguments
import Effects
import Faults
import FoundationEssentials
import Instance
import InstanceHealth
import Operations
import Results

/// `infisical-ops health`
enum HealthCommand {
    static let watch = Flag("watch", help: "Keep checking, and print a line whenever something changes.")
    static let interval = Option(
        "interval", value: "DURATION", .duration, whenAbsent: "15s", help: "Time between two checks of --watch.")
    static let command = Command<CommandContext>(
        name: "health", abstract: "Does the instance work now? Database, Redis and backend in sequence.",
        discussion: """
            Of each part it is checked first what the container engine reports, then how the part itself answers; the backend \
            is asked only if database and Redis work. A green status page is not enough: a row of Infisical's settings is \
            read from the database, and the backend's key is tried on it whenever the database answers. Ends with 15 when \
            a part does not work, with 12 when the key is missing or does not open the data, whatever else is wrong, and with \
            14 while a rotation is unfinished, before all of these. A part that is not configured is reported as not \
            checked.
            """,
        group: Groups.instance, options: [watch, interval],
        examples: [
            Example(["health"], "Once."), Example(["health", "--wait", "2m"], "After a start."),
            Example(["health", "--watch", "--json"], "One object per line, for a log collector."),
        ]
    ) { values, context in
        if values[watch] {
            try watchOn(context, every: values[interval] ?? .seconds(15))
            return .done
        }
        let waiting = HealthWait(context.cancellation, effects: context.effects, patience: context.patience)
        let report = try waiting.untilHealthy {
            try HealthOperation(try context.workplace(envFiles: .whatIsThereAndTold)).perform()
        }
        HealthText.show(report, context.output.speaking(of: report.exit))
        try context.output.object(HealthResult(report, time: nil))
        return report.exit
    }

    /// Goes on until it is stopped.
    private static func watchOn(_ context: CommandContext, every interval: Duration) throws {
        var last = ""
        while true {
            let time = SystemClock().now().iso8601
            do {
                let report = try HealthOperation(try context.workplace(envFiles: .whatIsThereAndTold)).perform()
                let line = HealthText.line(report)
                if line != last { context.output.line("\(time)  \(line)") }
                last = line
                try context.output.object(HealthResult(report, time: time))
            } catch let fault as any Fault {
                if fault.exit == .interrupted || fault.exit == .terminated { throw fault }
                // An engine that restarts is a finding like others, and no reason to stop watching.
                let line = fault.message
                if line != last { context.output.line("\(time)  \(line)") }
                last = line
                try context.output.object(HealthResult(fault, time: time))
            }
            if let fault = context.output.fault { throw fault }
            try context.cancellation.sleep(
                milliseconds: Int32(clamping: interval.components.seconds * 1000), effects: context.effects)
        }
    }
}

/// A report in words.
enum HealthText {
    static func show(_ report: HealthReport, _ output: Output) {
        let names = report.steps.map { $0.container ?? "" }
        let width = (names.map(\.count).max() ?? 0) + (names.allSatisfy(\.isEmpty) ? 0 : 2)
        for (step, name) in zip(report.steps, names) {
            let style: Output.Style = step.condition == .healthy ? .good : step.condition.isOpen ? .attention : .bad
            let details = step.details.map { ControlCharacters.escaped($0) }.joined(separator: "; ")
            output.line(
                Columns.left(step.role.rawValue, 10) + Columns.left(name, width)
                    + output.styled(step.condition.rawValue, style) + (details.isEmpty ? "" : "  " + details))
            for hint in step.hints { output.line("          \(FaultRenderer.text(hint))") }
        }
        // What a step says already is not said twice.
        let said = Set(report.steps.flatMap(\.details))
        for finding in report.findings where !said.contains(finding.message) {
            output.warning(finding.message)
            for hint in finding.hints { output.hint(hint) }
        }
    }

    /// The same on one line.
    static func line(_ report: HealthReport) -> String {
        let steps = report.steps.map { step in
            let reason = step.condition == .healthy ? nil : step.details.first
            return
                "\(step.role.rawValue) \(step.condition.rawValue)\(reason.map { " (\(ControlCharacters.escaped($0)))" } ?? "")"
        }
        return (steps + report.findings.map(\.code)).joined(separator: ", ")
    }
}

extension Condition {
    /// Whether it is neither well nor known to be ill.
    fileprivate var isOpen: Bool { self == .starting || self == .notChecked || self == .notKnown }
}
