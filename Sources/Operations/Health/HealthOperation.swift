import Effects
import Faults
import HTTP
package import Instance
import InstanceAccess
package import InstanceHealth
import Postgres
import Settings

/// Looks at database and Redis, and at the backend when both work; what is known of it without them is told in any case.
package struct HealthOperation {
    private let workplace: Workplace
    private let containers: InstanceContainers?

    package init(_ workplace: Workplace) {
        self.workplace = workplace
        containers = workplace.instance.containers
    }

    /// - Parameter last: the part to stop after.
    /// - Throws: where nothing can be said at all: no engine, no permission, no idea what the instance is.
    package func perform(through last: InstanceContainers.Role = .backend) throws -> HealthReport {
        if let missing = try allMissing() { return missing }
        var steps: [HealthStep] = []
        for role in InstanceContainers.Role.allCases.prefix(while: { $0 != last }) + [last] {
            try workplace.surroundings.cancellation.check()
            let part = PartInspection(workplace.instance, role)
            let isBlocked = role == .backend && steps.contains(where: \.isFailure)
            steps.append(try isBlocked ? part.unasked(after: steps) : part.step())
        }
        // A change of the whole instance that was killed is the operator's business whatever else works.
        let unfinished = try UnfinishedChanges.all(workplace.instance)
        return HealthReport(
            steps: steps, findings: try HealthFinding.ofInstance(workplace.instance, unfinished) + authorities(),
            rotationIsOpen: unfinished.contains { $0.code == UnfinishedChanges.rotation },
            unfinished: unfinished.first?.command)
    }

    /// Said only where a certificate was to be checked.
    private func authorities() -> [HealthFinding] {
        guard let note = workplace.instance.authorityNote else { return [] }
        return [
            HealthFinding(
                "extra-authorities", note,
                hints: [
                    .check(
                        "NODE_EXTRA_CA_CERTS must be the absolute path, where the backend runs, of certificates in PEM form"
                    )
                ])
        ]
    }

    /// The report where the engine answers and has none of the containers; nil where there are some, or need not be any.
    private func allMissing() throws -> HealthReport? {
        guard containers == nil, let names = workplace.configuration.containerNames else { return nil }
        let isReachable = workplace.configuration.url != nil
        switch workplace.instance.discovery.fault {
        case nil: if isReachable { return nil } else { throw DockerFault.notInstalled }
        case let fault as DockerFault:
            if case .instanceNotFound = fault, !isReachable {
                return HealthReport(
                    steps: InstanceContainers.Role.allCases.map { role in
                        HealthStep(
                            role, container: names[role], role == .database ? .missing : .notChecked,
                            role == .database ? [fault.message] : [], hints: role == .database ? fault.hints : [])
                    })
            }
            if case .instanceNotFound = fault { return nil }
            throw fault
        case let fault?: throw fault
        }
    }
}
