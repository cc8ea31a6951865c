import DurableFiles
import Effects
import Faults
package import Instance
import InstanceAccess
package import InstanceHealth
import Settings

/// Restarts the parts of the instance in their order; each must work before the next is started.
package struct RestartOperation {
    package struct Options: Sendable {
        /// Empty means all.
        package var roles: [InstanceContainers.Role] = []
        /// Whether the containers are made again, with what their files say now.
        package var recreates = false
        /// How long each part may take until it works.
        package var timeout: Duration = .seconds(120)
        package init() {}
    }

    package struct Plan {
        package let steps: [String]
        package let warnings: [String]
        /// Why nobody can say afterwards that the backend works; nil where it can be asked, or is not restarted.
        package var uncheckable: String?
        fileprivate let recreations: [InstanceContainers.Role: Recreation]
    }

    private let workplace: Workplace
    private let options: Options
    private let control: InstanceControl

    /// Seconds that a container may take to stop.
    private static let stopPatience = 30

    package init(_ workplace: Workplace, _ options: Options) {
        self.workplace = workplace
        self.options = options
        control = InstanceControl(
            workplace.instance, patience: RestartOperation.stopPatience, startPatience: options.timeout)
    }

    private var roles: [InstanceContainers.Role] {
        InstanceContainers.Role.allCases.filter { options.roles.isEmpty || options.roles.contains($0) }
    }

    private var limit: String { "at most \(options.timeout.components.seconds) s" }
    private var unchecked: [String] { [workplace.instance.uncheckableBackend].compactMap(\.self) }

    /// Checks everything that can be checked before something is stopped.
    package func plan() throws -> Plan {
        try control.require()
        guard let found = workplace.instance.containers else {
            if options.recreates { throw InstanceFault.nothingToRecreate }
            if let other = options.roles.first(where: { $0 != .backend }) {
                throw InstanceFault.notControlled(role: other.rawValue)
            }
            return Plan(
                steps: [
                    "run instance.commands.stop, then instance.commands.start", "wait until everything works, \(limit)",
                ],
                warnings: try NextStart(workplace.instance).warnings(nil) + unchecked,
                uncheckable: unchecked.first, recreations: [:])
        }
        let missing = roles.filter { found[$0] == nil }
        if let first = missing.first {
            throw InstanceFault.missing(
                role: first.rawValue, names: [workplace.configuration.containerNames?[first]].compactMap { $0 })
        }
        var steps: [String] = [], recreations: [InstanceContainers.Role: Recreation] = [:]
        for role in roles {
            guard let container = found[role] else { continue }
            guard options.recreates else {
                steps.append("restart \(container.name) and wait until it works, \(limit)")
                continue
            }
            let recreation = try Recreation(container, workplace.instance)
            recreations[role] = recreation
            let values =
                recreation.changes.isEmpty
                ? "with the same values" : "with new values of \(recreation.changes.joined(separator: ", "))"
            steps.append(
                "recreate \(container.name) \(values), from the image it has, and wait until it works, \(limit)")
        }
        var warnings = workplace.configuration.notes + (roles.contains(.backend) ? unchecked : [])
        if let recreation = recreations[.backend] { try recreation.requireSecrets() }
        if roles.contains(.backend) {
            warnings += try NextStart(workplace.instance).warnings(recreations[.backend])
            if !options.recreates, let edited = KeysInForce(workplace.instance).finding {
                warnings.append(edited + "; a restart does not change that, --recreate does")
            }
        }
        return Plan(
            steps: steps, warnings: warnings, uncheckable: roles.contains(.backend) ? unchecked.first : nil,
            recreations: recreations)
    }

    /// - Parameter told: gets a sentence before each step.
    /// - Throws: `InstanceFault.unhealthy` for the first part that does not come up.
    package func perform(_ plan: Plan, told: (String) -> Void) throws -> HealthReport {
        let lock = try workplace.lockInstance(for: "restart")
        var record = RestartRecord()
        do {
            let report =
                workplace.instance.containers == nil
                ? try restartWhole(&record, told) : try restartContainers(plan, &record, told)
            lock.release()
            return report
        } catch { throw record.ended(by: error) }
    }

    private func restartWhole(_ record: inout RestartRecord, _ told: (String) -> Void) throws -> HealthReport {
        told("running instance.commands.stop")
        let backend = BackendControl(workplace.instance, patience: RestartOperation.stopPatience)
        let before = try backend.lookBefore()
        let part = "the instance"
        record.stopping(part)
        do { try backend.stopWhole(before) } catch { throw startedAgain(after: error, &record, told) }
        record.stopped(part)
        told("running instance.commands.start")
        record.starting(part)
        try control.start(.backend)
        let report = try wait(for: .backend, endsEarly: !before.wasThere)
        record.works(part)
        return report
    }

    /// What was told to stop must not stay down because that could not be proven. One that answers was not stopped.
    ///
    /// - Returns: why the restart failed, with what kept the backend from being started again.
    private func startedAgain(
        after cause: any Error, _ record: inout RestartRecord, _ told: (String) -> Void
    ) -> any Error {
        let instance = workplace.instance.uncancelled(), patience = RestartOperation.stopPatience
        do {
            if try BackendControl(instance, patience: patience).answers() {
                record.kept("the instance")
                return cause
            }
            told("running instance.commands.start, because the backend had been asked to stop")
            try InstanceControl(instance, patience: patience).start(.backend)
            record.startedAgain("the instance")
            return cause
        } catch { return Failure(.of(cause), context: ["restart"], cleanup: [.of(error)]) }
    }

    private func restartContainers(
        _ plan: Plan, _ record: inout RestartRecord, _ told: (String) -> Void
    ) throws -> HealthReport {
        if plan.recreations.isEmpty {
            // Who needs the others goes first.
            for role in roles.reversed() {
                told("stopping \(role.text)")
                record.stopping(role.text)
                try control.stop(role)
                record.stopped(role.text)
            }
        }
        var last = HealthReport(steps: [])
        for role in roles {
            record.starting(role.text)
            if let recreation = plan.recreations[role] {
                told("recreating \(recreation.container.name)")
                try recreation.perform(seconds: RestartOperation.stopPatience)
            } else {
                told("starting \(role.text)")
                try control.start(role)
            }
            last = try wait(for: role)
            record.works(role.text)
        }
        return last
    }

    /// - Parameter endsEarly: false for what served before with what it has: that it lacks something cannot be told.
    private func wait(for role: InstanceContainers.Role, endsEarly: Bool = true) throws -> HealthReport {
        let surroundings = workplace.surroundings
        let waiting = HealthWait(
            surroundings.cancellation, effects: surroundings.effects, patience: options.timeout, endsEarly: endsEarly)
        let report = try waiting.untilHealthy {
            try HealthOperation(try workplace.refreshed()).perform(through: role)
        }
        // Of a part that nothing can be asked nobody can say that it works again.
        if let failed = report.firstFailure ?? report.steps.last(where: { $0.role == role && !$0.isConfigured }) {
            throw InstanceFault.unhealthy(
                role: failed.role.rawValue, condition: failed.condition.rawValue,
                reason: failed.details.joined(separator: "; "), hints: failed.hints)
        }
        return report
    }
}
