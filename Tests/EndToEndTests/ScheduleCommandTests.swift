import FoundationEssentials
import LiveSupport
import Processes
import TestSupport
import Testing

/// `schedule`: the jobs of a host, in a tree that is none. Under the real cron, and for systemd's own eyes: `cron-test`.
@Suite struct ScheduleCommandTests {
    private struct Shown: Decodable {
        struct Job: Decodable {
            let name: String
            let time: String
            let next: String
        }
        let installed: [String]
        let jobs: [Job]
        let differing: [String]
        let exit: Int32
    }

    private let instance: OpsInstance
    private var tree: [String] { ["--root", instance.path("tree")] }

    init() throws {
        instance = try OpsInstance(nil)
        try instance.configure()
    }

    @discardableResult
    private func schedule(_ words: String..., exit: Int32) throws -> OpsResult {
        try instance.run(["schedule"] + words + tree).expect(exit)
    }

    private func shown(exit: Int32) throws -> Shown {
        try instance.run(["schedule", "show", "--json"] + tree).expect(exit).object()
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: instance.path("tree") + path), encoding: .utf8)
    }

    @Test func `a schedule is shown, put in place as configured, and taken away`() throws {
        let nothing = try schedule("show", exit: 2)
        #expect(nothing.output.contains("nothing runs them; run: infisical-ops schedule install"))
        #expect(
            try schedule("install", "--cron", "--dry-run", exit: 0).output.contains("write /etc/cron.d/infisical-ops"))
        #expect(try shown(exit: 2).installed == [])
        try instance.add("schedule: {backup: '*/6:13', drill: none}\n")
        try schedule("install", "--cron", "--yes", exit: 0)
        let file = try text("/etc/cron.d/infisical-ops")
        #expect(file.contains("\nINFISICAL_OPS_CONFIG=\(instance.configuration)\n"))
        #expect(file.contains("\n13 0,6,12,18 * * * root "))
        #expect(
            !file.contains("root nice -n 10 ionice -c 3 infisical-ops drill") && !file.contains("/infisical-ops drill"))
        let now = try shown(exit: 0)
        #expect(now.installed == ["cron"] && now.jobs.map(\.name) == ["backup"] && now.jobs[0].time == "*/6:13")
        #expect(now.jobs[0].next.hasSuffix(":13:00Z") && now.differing == [])
        // Changed afterwards: told, and mended by the same command.
        try instance.write(
            Array(instance.configurationText.replacing("*/6:13", with: "04:13").utf8), to: instance.configuration)
        #expect(try shown(exit: 2).differing == ["/etc/cron.d/infisical-ops"])
        #expect(try schedule("show", exit: 2).errors.contains("is not as the configuration says"))
        try schedule("install", "--yes", exit: 0)
        #expect(try text("/etc/cron.d/infisical-ops").contains("\n13 4 * * * root "))
        #expect(try schedule("install", "--yes", exit: 0).output.contains("all is in place already"))
        // Two at once are refused, whoever asks for the second.
        let second = try schedule("install", "--systemd", "--yes", exit: 3)
        #expect(second.errors.contains("infisical-ops schedule remove --cron"))
        try schedule("remove", "--yes", exit: 0)
        #expect(try schedule("remove", "--yes", exit: 3).errors.contains("infisical-ops schedule install"))
    }

    @Test func `both at once are told`() throws {
        try schedule("install", "--systemd", "--yes", exit: 0)
        try FileManager.default.createDirectory(
            atPath: instance.path("tree/etc/cron.d"), withIntermediateDirectories: true)
        try instance.write([], to: instance.path("tree/etc/cron.d/infisical-ops"))
        let both = try schedule("show", exit: 2)
        #expect(both.output.contains("run by cron and by systemd"))
    }

    @Test func `units may write where the repository and the state of this host lie`() throws {
        try schedule("install", "--systemd", "--yes", exit: 0)
        for name in ["backup", "drill", "resume"] {
            let unit = try text("/etc/systemd/system/infisical-ops-\(name).service")
            #expect(unit.contains("Environment=INFISICAL_OPS_CONFIG=\(instance.configuration)\n"), "\(name)")
            // What finishes a rotation may write anywhere, because env files may lie anywhere.
            if name != "resume" { #expect(unit.contains(" \(instance.repository) \(instance.state)\n"), "\(name)") }
        }
    }

    @Test func `what only this shell says is refused, because no job would know of it`() throws {
        instance.environment["INFISICAL_OPS_REPOSITORY"] = .plain(instance.repository)
        try instance.refuses(
            ["schedule", "install", "--cron", "--yes"] + tree, exit: 3, code: "schedule.variables",
            naming: ["INFISICAL_OPS_REPOSITORY"])
    }

    @Test func `a time that is none has a caret under the spot`() throws {
        try instance.add("schedule: {backup: Sun 25:41}\n")
        let refused = try schedule("show", exit: 3)
        #expect(refused.errors.contains("hours are 0 to 23\n  Sun 25:41\n      ^\n"), "\(refused.errors)")
        let checked = try instance.ops("config", "check").expect(3)
        #expect(checked.output.contains("  Sun 25:41\n      ^\n"), "\(checked.output)")
        let waiting = try instance.ops("list", "--wait", "15ms").expect(64)
        #expect(waiting.errors.contains("  15ms\n     ^\n"), "\(waiting.errors)")
    }
}
