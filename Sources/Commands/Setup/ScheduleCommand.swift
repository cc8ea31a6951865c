import Arguments
import DurableFiles
import Effects
import Faults
import InstanceAccess
import Operations
import Processes
import Results
import Scheduling
import Settings

/// `infisical-ops schedule`
enum ScheduleCommand {
    static let cron = Flag("cron", help: "As a file for cron, /etc/cron.d/infisical-ops.")
    static let systemd = Flag("systemd", help: "As units and timers of systemd, in /etc/systemd/system.")
    static let root = Option(
        "root", value: "DIR", .folder, visibility: .hidden, help: "A tree to work in that is no running host.")
    static let dryRun = Flag("dry-run", help: "Show the plan and stop.")
    static let yes = Flag("yes", short: "y", help: "Do not ask.")

    static let command = Command<CommandContext>(
        name: "schedule", abstract: "Have backups and drills run by themselves.", group: Groups.setUp,
        options: [root], subcommands: [show, install, remove])

    static let show = Command<CommandContext>(
        name: "show", abstract: "When backups and drills run next, and by what.",
        examples: [Example(["schedule", "show"], "What this host does by itself.")]
    ) { values, context in
        let place = try Place(context, values), output = context.output.asked
        let installed = try place.installation.installed()
        let differing = try installed.flatMap { try place.installation.differing($0, place.schedule, place.host) }
        let now = SystemClock().now()
        for (job, time) in place.schedule.jobs {
            let next = time.next(after: now)
            output.line(
                "\(job.rawValue.padded(to: 8))\(time.text.padded(to: 14))"
                    + (installed.isEmpty ? "" : "next \(next.iso8601), in \(Units.age(next.seconds - now.seconds))"))
        }
        for job in Schedule.Job.allCases where place.schedule.times[job] == nil {
            output.line("\(job.rawValue.padded(to: 8))none")
        }
        switch installed.count {
        case 0: output.line(output.styled("nothing runs them", .bad) + "; run: infisical-ops schedule install")
        case 1: output.line("run by \(installed[0].rawValue)")
        default:
            output.line(
                output.styled("run by cron and by systemd", .bad)
                    + ", so each is run twice; run: infisical-ops schedule remove --cron")
        }
        for path in differing {
            output.warning("\(path) is not as the configuration says; to write it, run: infisical-ops schedule install")
        }
        let exit: ExitCode = installed.count == 1 && differing.isEmpty ? .done : .partial
        try output.object(
            ScheduleResult(place.schedule, installed: installed, differing: differing, now: now, exit: exit))
        return exit
    }

    static let install = Command<CommandContext>(
        name: "install", abstract: "Put the schedule of the configuration in place.",
        discussion: """
            The times are those of schedule.backup and schedule.drill in the configuration; run it again after they were \
            changed. A file that was edited by hand is kept beside the new one. Without --cron or --systemd it is systemd \
            where that runs, else cron.
            """,
        options: [cron, systemd, dryRun, yes], choices: [.atMostOne(cron, systemd)],
        examples: [Example(["schedule", "install", "--cron"], "For a host without systemd.")]
    ) { values, context in
        let place = try Place(context, values)
        if !place.variables.isEmpty { throw ScheduleFault.variables(place.variables) }
        let form: ScheduleForm = values[cron] ? .cron : values[systemd] ? .systemd : try place.usualForm()
        let plan = try place.installation.plan(installing: form, place.schedule, place.host)
        return try carryOut(plan, place, values, context)
    }

    static let remove = Command<CommandContext>(
        name: "remove", abstract: "Take the schedule away.",
        options: [cron, systemd, dryRun, yes], choices: [.atMostOne(cron, systemd)],
        examples: [Example(["schedule", "remove", "--dry-run"], "What would be removed.")]
    ) { values, context in
        let place = try Place(context, values)
        let form: ScheduleForm? = values[cron] ? .cron : values[systemd] ? .systemd : nil
        return try carryOut(place.installation.plan(removing: form), place, values, context)
    }

    private static func carryOut(
        _ plan: ScheduleInstallation.Plan, _ place: Place, _ values: ParsedValues, _ context: CommandContext
    ) throws -> ExitCode {
        if plan.steps.isEmpty {
            context.output.line("all is in place already")
        } else {
            guard try context.agree(to: plan.steps, dryRun: values[dryRun], yes: values[yes]) else {
                return try context.endDryRun("schedule-plan", plan.steps)
            }
            try place.installation.perform(plan)
            context.output.line(
                plan.isRemoval
                    ? "the schedule is removed: nothing takes backups by itself any more" : "the schedule is in place")
        }
        let installed = try place.installation.installed()
        try context.output.object(
            ScheduleResult(place.schedule, installed: installed, differing: [], now: SystemClock().now(), exit: .done))
        return .done
    }

    /// What all of them need.
    private struct Place {
        let schedule: Schedule
        let host: ScheduleForm.Host
        let installation: ScheduleInstallation
        /// What is set by variables of this process.
        let variables: [String]
        private let files: Files

        init(_ context: CommandContext, _ values: ParsedValues) throws {
            let workplace = try context.workplace(discovers: false), configuration = workplace.configuration
            files = workplace.surroundings.files
            schedule = configuration.schedule
            variables = SettingKey.all.compactMap { key in
                if case .environment(let name)? = configuration[key]?.origin { name } else { nil }
            }
            var host = ScheduleForm.Host()
            host.program = try files.resolved("/proc/self/exe")
            // Only there it is found by whoever the jobs run as.
            host.configuration = configuration.file.flatMap { $0 == "/etc/infisical-ops/infisical-ops.yaml" ? nil : $0 }
            host.writable = [configuration.repository, configuration.stateFolder].compactMap(\.self).filter {
                !($0 + "/").hasPrefix("/var/lib/infisical-ops/")
            }
            self.host = host
            installation = ScheduleInstallation(
                files, ProcessRunner(effects: context.effects, cancellation: context.cancellation),
                root: values[root] ?? "")
        }

        func usualForm() throws -> ScheduleForm {
            if let form = try installation.installed().first { return form }
            return try files.status("/run/systemd/system", followingLinks: true) == nil ? .cron : .systemd
        }
    }
}

extension String {
    /// With blanks behind it, up to a width.
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
