import Scheduling
import TestSupport
import Testing

/// The files of a schedule.
@Suite struct ScheduleFormTests {
    private func shipped(_ path: String) throws -> String {
        let folder = path.hasPrefix("/etc/cron.d/") ? "cron.d" : "systemd"
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let bytes = try TemporaryFolder.read(path: Fixtures.path("../../schedules/\(folder)/\(name)"))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: ScheduleForm.allCases) func `the shipped files are those that the program writes`(
        form: ScheduleForm
    ) throws {
        for file in form.files(.standard) { #expect(try shipped(file.path) == file.text, "\(file.path)") }
        let tokens = ["PROGRAM", "ENVIRONMENT", "WRITABLE", "CALENDAR", "BACKUP", "DRILL"].map { "@\($0)@" }
        #expect(form.files(.standard).allSatisfy { file in !tokens.contains { file.text.contains($0) } })
    }

    @Test func `times, program, configuration and folders are those of the host`() throws {
        var host = ScheduleForm.Host()
        host.program = "/opt/ops/infisical-ops"
        host.configuration = "/srv/infisical/infisical-ops.yaml"
        host.writable = ["/mnt/backup/infisical"]
        let schedule = Schedule([.backup: try RunTime(parsing: "*/6:10")])
        let cron = try #require(ScheduleForm.cron.files(schedule, host).first?.text)
        #expect(cron.contains("\n10 0,6,12,18 * * * root ") && cron.contains("'/opt/ops/infisical-ops backup "))
        #expect(
            cron.contains("\nINFISICAL_OPS_CONFIG=/srv/infisical/infisical-ops.yaml\n") && !cron.contains(" drill "))
        let units = ScheduleForm.systemd.files(schedule, host)
        #expect(
            units.map(\.path)
                == ["backup.service", "backup.timer", "resume.service"].map {
                    "/etc/systemd/system/infisical-ops-\($0)"
                })
        #expect(units[0].text.contains("ReadWritePaths=/var/lib/infisical-ops /mnt/backup/infisical\n"))
        #expect(units[0].text.contains("Environment=INFISICAL_OPS_CONFIG=/srv/infisical/infisical-ops.yaml\n"))
        #expect(units[1].text.contains("OnCalendar=*-*-* 00,06,12,18:10:00\n"))
    }

    @Test func `systemd finds nothing wrong with the units`() throws {
        let folder = try TemporaryFolder()
        var host = ScheduleForm.Host()
        // It looks whether the program is there.
        host.program = "/bin/true"
        for file in ScheduleForm.systemd.files(.standard, host) {
            try folder.write(String(file.path.split(separator: "/").last ?? ""), file.text)
        }
        #expect(
            folder.run("systemd-analyze verify --man=no ./infisical-ops-*.timer ./infisical-ops-*.service") == 0,
            "\(folder.said("err"))")
        #expect(!folder.said("err").contains("infisical-ops"), "\(folder.said("err"))")
    }
}
