package import Effects
package import Faults
package import Scheduling

/// What a host does by itself, as `schedule show` gives it.
package struct ScheduleResult: CommandResult {
    package struct Job: Encodable, Sendable {
        /// `backup` or `drill`.
        let name: String
        /// As in the configuration.
        let time: String
        /// RFC 3339, UTC; without the delay that systemd adds.
        let next: String
    }

    package let schema = "infisical-ops/schedule/1"
    /// `cron`, `systemd` or both, which is one too many; empty where nothing runs the jobs.
    package let installed: [String]
    package let jobs: [Job]
    /// Files that are not as the configuration says.
    package let differing: [String]
    package let exit: Int32

    package init(
        _ schedule: Schedule, installed: [ScheduleForm], differing: [String], now: Timestamp, exit: ExitCode
    ) {
        self.installed = installed.map(\.rawValue)
        jobs = schedule.jobs.map { job, time in
            Job(name: job.rawValue, time: time.text, next: time.next(after: now).iso8601)
        }
        self.differing = differing
        self.exit = exit.rawValue
    }
}
