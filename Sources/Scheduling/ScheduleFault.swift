package import Faults

/// Why a schedule is not put in place. Nothing was changed in any of these cases, but for `enableFailed`.
package enum ScheduleFault: Fault, Equatable {
    /// The jobs would be run twice.
    case otherInstalled(ScheduleForm, path: String)
    /// Nothing here would run it.
    case notRunning(ScheduleForm)
    /// A path that would mean something else in the files.
    case unusablePath(String)
    /// Variables of this process that say what the configuration does not: no job has them.
    case variables([String])
    /// No job is left to run.
    case empty
    /// The files are in place, and systemd does not take them up.
    case enableFailed(reason: String)
    case nothingInstalled

    package var code: String {
        switch self {
        case .otherInstalled: "schedule.other-installed"
        case .notRunning: "schedule.not-running"
        case .unusablePath: "schedule.unusable-path"
        case .variables: "schedule.variables"
        case .empty: "schedule.empty"
        case .enableFailed: "schedule.enable-failed"
        case .nothingInstalled: "schedule.nothing-installed"
        }
    }

    package var message: String {
        switch self {
        case .otherInstalled(let form, let path):
            "\(path) is there, so \(form.rawValue) runs the jobs already: with both, each would be run twice"
        case .notRunning(.cron): "cron is not installed on this host: there is no folder /etc/cron.d"
        case .notRunning(.systemd): "systemd does not run on this host"
        case .unusablePath(let path):
            "the path \(path) has characters that cron or systemd would read as something else"
        case .variables(let names):
            "\(names.joined(separator: ", ")): set here and not in the configuration, so the jobs would not know of it"
        case .empty: "the configuration says none for every job"
        case .enableFailed(let reason): "the units are in place, and systemctl did not start their timers: \(reason)"
        case .nothingInstalled: "there is no schedule of infisical-ops in /etc/cron.d or /etc/systemd/system"
        }
    }

    package var hints: [Hint] {
        switch self {
        case .otherInstalled(let form, _): [.command(["infisical-ops", "schedule", "remove", "--\(form.rawValue)"])]
        case .notRunning(.cron): [.command(["apt-get", "install", "cron"])]
        case .notRunning(.systemd): [.command(["infisical-ops", "schedule", "install", "--cron"])]
        case .unusablePath: [.check("use a path of letters, digits and the characters . _ - + /")]
        case .variables:
            [
                .check("write it into the configuration file; which key it is:"),
                .command(["infisical-ops", "config", "show"]),
            ]
        case .empty: [.check("give schedule.backup or schedule.drill a time, such as 03:23")]
        case .enableFailed: [.command(["systemctl", "enable", "--now", "infisical-ops-backup.timer"])]
        case .nothingInstalled: [.command(["infisical-ops", "schedule", "install"])]
        }
    }

    package var exit: ExitCode {
        switch self {
        case .enableFailed: .partial
        default: .refused
        }
    }
}
