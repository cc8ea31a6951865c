/// Who runs the jobs of a schedule.
package enum ScheduleForm: String, CaseIterable, Sendable {
    case cron, systemd

    package var other: ScheduleForm { self == .cron ? .systemd : .cron }

    /// A file of a schedule.
    package struct File: Sendable, Equatable {
        /// Absolute.
        package let path: String
        package let text: String
    }

    /// What the files say of the host.
    package struct Host: Sendable, Equatable {
        /// Absolute path of infisical-ops.
        package var program = "/usr/bin/infisical-ops"
        /// Where the configuration lies, if it would not be found there by itself.
        package var configuration: String?
        /// Folders that jobs write to, besides the program's own.
        package var writable: [String] = []
        package init() {}
    }

    /// All of a schedule, as the program writes and the package ships them.
    package func files(_ schedule: Schedule, _ host: Host = Host()) -> [File] {
        switch self {
        case .cron: [File(path: "/etc/cron.d/infisical-ops", text: Self.cron(schedule, host))]
        case .systemd: schedule.jobs.flatMap { Self.units($0.job, $0.time, host) } + [Self.resume(host)]
        }
    }

    /// Every file that a schedule of this form may have.
    package var paths: [String] { files(.standard).map(\.path) }

    // MARK: - Texts

    private static func cron(_ schedule: Schedule, _ host: Host) -> String {
        let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        let isFound = folders.contains { "\($0)/infisical-ops" == host.program }
        var text = self.text(PackageResources.cron)
            .replacing("@PROGRAM@", with: isFound ? "infisical-ops" : host.program)
            .replacing("@ENVIRONMENT@", with: host.configuration.map { "INFISICAL_OPS_CONFIG=\($0)\n" } ?? "")
        for job in Schedule.Job.allCases {
            let mark = "@\(job.rawValue.uppercased())@"
            if let time = schedule.times[job] {
                text = text.replacing(mark, with: time.cron)
            } else {
                text = lines(text).filter { !$0.hasPrefix(mark) }.joined(separator: "\n")
            }
        }
        return text
    }

    private static func units(_ job: Schedule.Job, _ time: RunTime, _ host: Host) -> [File] {
        let (service, timer) =
            switch job {
            case .backup: (PackageResources.backup_service, PackageResources.backup_timer)
            case .drill: (PackageResources.drill_service, PackageResources.drill_timer)
            }
        let name = "/etc/systemd/system/infisical-ops-\(job.rawValue)"
        return [
            File(path: "\(name).service", text: unit(service, host)),
            File(path: "\(name).timer", text: text(timer).replacing("@CALENDAR@", with: time.calendar)),
        ]
    }

    /// What finishes a rotation at the next start of the host.
    private static func resume(_ host: Host) -> File {
        File(
            path: "/etc/systemd/system/infisical-ops-resume.service",
            text: unit(PackageResources.resume_service, host))
    }

    private static func unit(_ bytes: [UInt8], _ host: Host) -> String {
        let environment = host.configuration.map { "Environment=INFISICAL_OPS_CONFIG=\($0)\n" } ?? ""
        let writable = (["/var/lib/infisical-ops"] + host.writable).joined(separator: " ")
        return text(bytes).replacing("@PROGRAM@", with: host.program).replacing("@WRITABLE@", with: writable)
            .replacing("@ENVIRONMENT@", with: environment)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }
}
