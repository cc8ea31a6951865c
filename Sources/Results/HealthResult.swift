import Effects
package import Faults
import Instance
package import InstanceHealth

/// What `health` found; a part of what `restart` and `restore --in-place` give.
package struct HealthResult: CommandResult {
    package struct Engine: Encodable, Sendable {
        let state: String
        /// What the container's own check says.
        let health: String
        let restarts: Int
        let exitCode: Int
        let outOfMemory: Bool
        let started: String?
    }
    package struct Step: Encodable, Sendable {
        let part: String
        let container: String?
        let engine: Engine?
        let condition: String
        let details: [String]
        let hints: [String]
    }
    package struct Finding: Encodable, Sendable {
        let code: String
        let message: String
        let hints: [String]
    }
    package struct Fault: Encodable, Sendable {
        let code: String
        let message: String
    }

    package let schema = "infisical-ops/health/1"
    /// Only with `--watch`.
    package let time: String?
    /// Whether nothing fails and the backend answers; false, too, where it was not asked, and where the database is another
    /// instance's or holds less than the backups.
    package let healthy: Bool
    /// The first part that does not work.
    package let failing: String?
    package let steps: [Step]
    package let findings: [Finding]
    /// Why nothing could be looked at; only with --watch.
    package let fault: Fault?
    package let exit: Int32

    package init(_ report: HealthReport, time: String?) {
        self.time = time
        healthy = report.isHealthy && report.isProven && report.isSound
        failing = report.firstFailure?.role.rawValue
        steps = report.steps.map { step in
            Step(
                part: step.role.rawValue, container: step.container,
                engine: step.engine.map { container in
                    Engine(
                        state: container.state.rawValue, health: container.health.rawValue,
                        restarts: container.restarts,
                        exitCode: container.exitCode, outOfMemory: container.isOutOfMemory,
                        started: container.started?.iso8601)
                }, condition: step.condition.rawValue,
                details: step.details, hints: step.hints.map { FaultRenderer.text($0) })
        }
        findings = report.findings.map { finding in
            Finding(
                code: finding.code, message: finding.message, hints: finding.hints.map { FaultRenderer.text($0) })
        }
        fault = nil
        exit = report.exit.rawValue
    }

    package init(_ fault: any Faults.Fault, time: String?) {
        self.time = time
        healthy = false
        failing = nil
        steps = []
        findings = []
        self.fault = Fault(code: fault.code, message: fault.message)
        exit = fault.exit.rawValue
    }
}
