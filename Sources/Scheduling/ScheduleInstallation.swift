package import DurableFiles
import Faults
package import Processes

/// Puts the files of a schedule in place, takes them away, and says what is there.
package struct ScheduleInstallation: Sendable {
    /// What becomes of a file.
    package enum Change: Sendable, Equatable {
        case write(ScheduleForm.File)
        /// The one that is there differs; it is kept beside the new one as `.old`, which neither cron nor systemd reads.
        case replace(ScheduleForm.File)
        case remove(String)

        /// A step of a plan.
        package var text: String {
            switch self {
            case .write(let file): "write \(file.path)"
            case .replace(let file): "write \(file.path), and keep the one that is there as \(file.path).old"
            case .remove(let path): "remove \(path)"
            }
        }
    }

    package struct Plan: Sendable, Equatable {
        package let form: ScheduleForm
        package let changes: [Change]
        /// Units that are started now and at each start of the host, or stopped: the timers. Empty for cron, and where only
        /// files are wanted.
        package let timers: [String]
        /// The same of those that are started with the host only.
        package let services: [String]
        package let isRemoval: Bool

        package var steps: [String] {
            changes.map(\.text)
                + (timers.isEmpty ? [] : ["\(isRemoval ? "stop" : "start") \(timers.joined(separator: " and "))"])
                + services.map {
                    isRemoval ? "no longer start \($0) with the host" : "have \($0) started with the host"
                }
        }
    }

    private let files: Files
    private let runner: ProcessRunner
    /// Empty, or a folder that the paths are taken below: for a tree that is no running host.
    private let root: String

    package init(_ files: Files, _ runner: ProcessRunner, root: String = "") {
        self.files = files
        self.runner = runner
        self.root = root
    }

    private var isHost: Bool { root.isEmpty }

    // MARK: - What is there

    /// The forms of which a file is there.
    package func installed() throws -> [ScheduleForm] { try ScheduleForm.allCases.filter { try firstFile($0) != nil } }

    private func firstFile(_ form: ScheduleForm) throws -> String? {
        try form.paths.first { try files.status(root + $0) != nil }
    }

    /// Files that differ from what they would be written as, or are missing, or are there for no job.
    package func differing(_ form: ScheduleForm, _ schedule: Schedule, _ host: ScheduleForm.Host) throws -> [String] {
        let wanted = Dictionary(uniqueKeysWithValues: form.files(schedule, host).map { ($0.path, $0.text) })
        return try form.paths.filter { path in try content(path) != wanted[path] }
    }

    private func content(_ path: String) throws -> String? {
        guard try files.status(root + path) != nil else { return nil }
        return String(decoding: try files.readRegular(root + path, limit: 1 << 20), as: UTF8.self)
    }

    // MARK: - Plans

    package func plan(
        installing form: ScheduleForm, _ schedule: Schedule, _ host: ScheduleForm.Host
    ) throws -> Plan {
        if schedule.jobs.isEmpty { throw ScheduleFault.empty }
        for path in [host.program, host.configuration].compactMap(\.self) + host.writable where !Self.isPlain(path) {
            throw ScheduleFault.unusablePath(path)
        }
        if let path = try firstFile(form.other) { throw ScheduleFault.otherInstalled(form.other, path: path) }
        try requireRunning(form)
        let wanted = form.files(schedule, host), known = Set(wanted.map(\.path))
        var changes = try wanted.compactMap { file -> Change? in
            guard let there = try content(file.path) else { return .write(file) }
            return there == file.text ? nil : .replace(file)
        }
        changes += try form.paths.filter { try !known.contains($0) && files.status(root + $0) != nil }
            .map { .remove($0) }
        return plan(form, changes, units: wanted.map(\.path), isRemoval: false)
    }

    /// - Parameter form: nil for whichever is there.
    package func plan(removing form: ScheduleForm?) throws -> Plan {
        guard let form = try form ?? installed().first, try firstFile(form) != nil else {
            throw ScheduleFault.nothingInstalled
        }
        let paths = try form.paths.filter { try files.status(root + $0) != nil }
        return plan(form, paths.map { .remove($0) }, units: paths, isRemoval: true)
    }

    private func plan(_ form: ScheduleForm, _ changes: [Change], units: [String], isRemoval: Bool) -> Plan {
        let names = form == .systemd && isHost ? units.map { Files.name(of: $0) } : []
        return Plan(
            form: form, changes: changes, timers: names.filter { $0.hasSuffix(".timer") },
            services: names.filter { $0 == "infisical-ops-resume.service" }, isRemoval: isRemoval)
    }

    private static func isPlain(_ path: String) -> Bool {
        path.hasPrefix("/")
            && path.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-+/".unicodeScalars.contains($0))
            }
    }

    private func requireRunning(_ form: ScheduleForm) throws {
        guard isHost else { return }
        let folder = form == .cron ? "/etc/cron.d" : "/run/systemd/system"
        guard try files.status(folder, followingLinks: true)?.kind == .folder else {
            throw ScheduleFault.notRunning(form)
        }
    }

    // MARK: - Doing it

    /// May be done again.
    package func perform(_ plan: Plan) throws {
        // A timer whose unit is gone is stopped no more.
        if plan.isRemoval {
            try systemctl(["disable", "--now"], plan.timers)
            try systemctl(["disable"], plan.services)
        }
        for change in plan.changes {
            switch change {
            case .write(let file): try write(file)
            case .replace(let file):
                try files.rename(root + file.path, to: root + file.path + ".old")
                try write(file)
            case .remove(let path):
                try files.remove(root + path)
                try files.syncFolder(Files.parent(of: root + path))
            }
        }
        let units = plan.timers + plan.services
        if units.isEmpty { return }
        try systemctl(["daemon-reload"])
        if plan.isRemoval { return }
        try systemctl(["enable", "--now"], plan.timers)
        try systemctl(["enable"], plan.services)
    }

    private func write(_ file: ScheduleForm.File) throws {
        // Of a host they are there; in a tree for somebody else they may not be.
        if !isHost { try makeFolders(Files.parent(of: root + file.path)) }
        try files.publish(Array(file.text.utf8), at: root + file.path, mode: 0o644)
    }

    private func makeFolders(_ path: String) throws {
        if try files.status(path) != nil { return }
        try makeFolders(Files.parent(of: path))
        try files.createFolder(path, mode: 0o755)
    }

    /// - Parameter units: nothing is done for none of them; nil for a command about none.
    private func systemctl(_ words: [String], _ units: [String]? = nil) throws {
        if units?.isEmpty == true { return }
        do throws(ProcessFault) {
            _ = try runner.run(
                CommandSpec("systemctl", words + (units ?? []), environment: CommandSpec.inherited { $0 == "PATH" }),
                deadline: .seconds(60)
            ).succeeded()
        } catch { throw ScheduleFault.enableFailed(reason: error.message) }
    }
}
