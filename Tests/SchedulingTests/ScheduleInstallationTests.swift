import DurableFiles
import Effects
import Faults
import Processes
import Scheduling
import TestSupport
import Testing

/// Files of a schedule in a tree that is no host; real timers and cron: `cron-test`.
@Suite struct ScheduleInstallationTests {
    private let folder: TemporaryFolder
    private let installation: ScheduleInstallation

    init() throws {
        folder = try TemporaryFolder()
        let effects = Effects()
        installation = ScheduleInstallation(
            Files(effects: effects), ProcessRunner(effects: effects, cancellation: Cancellation()), root: folder.path)
    }

    private func install(_ form: ScheduleForm, _ schedule: Schedule = .standard) throws {
        try installation.perform(installation.plan(installing: form, schedule, .init()))
    }

    private func refusal(_ body: () throws -> Void) -> ScheduleFault? {
        do { try body() } catch { return error as? ScheduleFault }
        return nil
    }

    @Test(arguments: ScheduleForm.allCases) func `a schedule is put in place, changed, and taken away`(
        form: ScheduleForm
    ) throws {
        #expect(refusal { _ = try installation.plan(removing: nil) } == .nothingInstalled)
        try install(form)
        #expect(try installation.installed() == [form] && installation.differing(form, .standard, .init()).isEmpty)
        #expect(
            try installation.plan(installing: form, .standard, .init()).changes.isEmpty,
            "a second time there is nothing to do")
        // One job less, at another time; what somebody edited is kept.
        let path = form.files(.standard)[form == .cron ? 0 : 1].path
        try folder.write(String(path.dropFirst()), "edited by hand\n")
        #expect(try installation.differing(form, .standard, .init()) == [path])
        try install(form, Schedule([.backup: RunTime(hours: [4], minute: 4)]))
        #expect(try folder.text(String(path.dropFirst()) + ".old") == "edited by hand\n")
        #expect(folder.run("find etc -name 'infisical-ops*' ! -name '*.old' | wc -l") == 0)
        #expect(folder.said("out") == (form == .cron ? "1\n" : "3\n"))
        #expect(
            refusal { _ = try installation.plan(installing: form.other, .standard, .init()) }?.code
                == "schedule.other-installed")
        try installation.perform(installation.plan(removing: nil))
        #expect(try installation.installed().isEmpty)
    }

    @Test(arguments: ["/srv/my backups", "relative", "/srv/100%", "/srv/a\nb", "/srv/$x", "/srv/ü"])
    func `a path that the files could not hold is refused`(path: String) {
        var host = ScheduleForm.Host()
        host.writable = [path]
        #expect(refusal { _ = try installation.plan(installing: .cron, .standard, host) } == .unusablePath(path))
    }

    @Test func `what runs nothing is refused`() {
        #expect(refusal { _ = try installation.plan(installing: .cron, Schedule([:]), .init()) } == .empty)
    }
}
