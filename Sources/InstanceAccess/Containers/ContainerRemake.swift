import DurableFiles
import Effects
package import InfisicalData
import Instance
package import Secrets
import Settings

/// Makes the backend's containers again with other keys, in steps that may each be done again, and that can be asked whether
/// they were: held (stopped, and the engine keeps its hands off), made, started, released. Without containers the same steps
/// with the configured commands.
package struct ContainerRemake {
    private let instance: InstanceAccess
    /// Seconds that a container may take to stop.
    private let patience: Int
    /// What the database says of FIPS mode, without which a key's label is not known.
    private let flag: FIPSMode.DatabaseFlag
    private var docker: Docker { instance.surroundings.docker }

    package init(_ instance: InstanceAccess, patience: Int, flag: FIPSMode.DatabaseFlag) {
        self.instance = instance
        self.patience = patience
        self.flag = flag
    }

    // MARK: - Before

    /// What there is to be made again. Changes nothing.
    ///
    /// - Throws: what keeps it from being made: `missing`, `noCommand`, `notComposed`, `filesGone`, `composeMissing`, `drifted`,
    ///   `otherImage`.
    package func survey() throws -> RemakeRecord {
        try InstanceControl(instance, patience: patience).require()
        guard let found = instance.containers else {
            let sockets = ListeningSockets(instance.backendAddress, instance.surroundings.files)?.numbers ?? []
            return RemakeRecord(project: nil, sockets: sockets)
        }
        guard let backend = found[.backend] else { throw InstanceFault.missing(role: "backend", names: []) }
        _ = try Recreation(backend, instance)
        guard let labels = backend.compose, let folder = labels.projectFolder else {
            throw InstanceFault.notComposed(container: backend.name)
        }
        let replicas = try containers(of: labels.project, labels.service)
        for replica in replicas where replica.image != backend.image {
            throw InstanceFault.otherImage(container: replica.name, wanted: backend.image, got: replica.image)
        }
        return RemakeRecord(
            project: .init(
                name: labels.project, service: labels.service, folder: folder, files: labels.files,
                environmentFiles: labels.environmentFiles, image: backend.image,
                replicas: replicas.map { .init(id: $0.id, name: $0.name, restartPolicy: $0.restartPolicy) }),
            sockets: [])
    }

    /// Names of the variables that the project would give the backend otherwise than it has them: a container that is made
    /// anew gets them as well. Empty without containers.
    package func pendingChanges() throws -> [String] {
        guard let backend = instance.containers?[.backend] else { return [] }
        return try Recreation(backend, instance).changes
    }

    /// Containers of this engine that run with one of these keys and are none of the backend's: they would go on writing
    /// under it.
    ///
    /// - Parameter labels: of keys.
    package func strangers(_ record: RemakeRecord, with labels: Set<String>) throws -> [String] {
        guard let project = record.project else { return [] }
        let own = Set(try containers(of: project.name, project.service).map(\.id) + project.replicas.map(\.id))
        return try docker.running().filter {
            !own.contains($0.id) && !self.labels($0.environment).isDisjoint(with: labels)
        }.map(\.name).sorted()
    }

    // MARK: - The steps

    /// Keeps the engine from starting any of the backend's containers, and stops them all.
    ///
    /// - Returns: whether the engine can be kept from it.
    /// - Throws: `notStopped`.
    @discardableResult
    package func hold(_ record: RemakeRecord) throws -> Bool {
        guard let project = record.project else {
            try BackendControl(instance, patience: patience).stop()
            return true
        }
        var isKept = true
        for container in try containers(of: project.name, project.service) {
            if container.restartPolicy != "no", try !docker.setRestartPolicy("no", of: container.id) { isKept = false }
            try docker.stop(container.id, seconds: patience)
        }
        let left = try containers(of: project.name, project.service).filter(\.runs).map {
            "the container \($0.name) is \($0.state.rawValue)"
        }
        if !left.isEmpty { throw InstanceFault.notStopped(left) }
        return isKept
    }

    /// Makes the containers anew and starts none of them. Nothing is built, pulled or removed besides.
    ///
    /// - Parameters:
    ///   - labels: of all keys that the new ones must have.
    ///   - values: what other variables must be in them.
    /// - Throws: `otherEnvironment` before anything is made where the project says otherwise, `notRemade`.
    package func make(_ record: RemakeRecord, labels: Set<String>, values: [String: Secret] = [:]) throws {
        guard let project = record.project else { return }
        guard let compose = try Compose(docker, project.labels) else { throw InstanceFault.composeMissing }
        let name = project.replicas.first?.name ?? project.service
        guard let wanted = try RenderedService(try compose.rendered(), service: project.service) else {
            throw InstanceFault.notRemade(container: name, ["the project has no service \(project.service) any more"])
        }
        guard self.labels(wanted.environment) == labels else {
            throw InstanceFault.otherEnvironment(container: name, names: ["ENCRYPTION_KEY"])
        }
        let others = values.filter { wanted.environment[$0.key]?.trimmed().equals($0.value.trimmed()) != true }
        if !others.isEmpty { throw InstanceFault.otherEnvironment(container: name, names: others.keys.sorted()) }
        // The tag may mean another image by now: a new key must not become an upgrade.
        let isCurrent = try docker.imageID(of: wanted.image ?? "") == project.image
        try ImagePin.withPin(
            isCurrent ? nil : project.image, of: project.service, version: wanted.formatVersion, instance
        ) { pin in
            try compose.recreate(
                project.service, pin: pin, seconds: patience, starting: false, count: project.replicas.count)
        }
        // A daemon that is restarted would start one that it was told to keep alive.
        for container in try containers(of: project.name, project.service) where container.restartPolicy != "no" {
            _ = try docker.setRestartPolicy("no", of: container.id)
        }
        switch try state(record, labels: labels) {
        case .made: return
        case .old: throw InstanceFault.notRemade(container: name, ["it is still the one from before"])
        case .started: throw InstanceFault.notRemade(container: name, ["it was started meanwhile"])
        case .other(let reasons): throw InstanceFault.notRemade(container: name, reasons)
        }
    }

    /// Starts what was made; nothing happens to what runs.
    package func start(_ record: RemakeRecord) throws {
        guard let project = record.project else {
            return try InstanceControl(instance, patience: patience).start(.backend)
        }
        for container in try containers(of: project.name, project.service) { try docker.start(container.id) }
    }

    /// Starts those of the backend's containers that do not run: the engine, which is kept from it, does not when the host is
    /// restarted.
    ///
    /// - Returns: whether there were any. Without containers whatever starts the backend is not kept from it.
    package func startStopped(_ record: RemakeRecord) throws -> Bool {
        guard let project = record.project else { return false }
        let stopped = try containers(of: project.name, project.service).filter { !$0.runs }
        for container in stopped { try docker.start(container.id) }
        return !stopped.isEmpty
    }

    /// Gives the engine back what it did before when a container ends.
    package func release(_ record: RemakeRecord) throws {
        guard let project = record.project else { return }
        for container in try containers(of: project.name, project.service) {
            let before = project.replicas.first { $0.name == container.name } ?? project.replicas.first
            guard let policy = before?.restartPolicy, policy != container.restartPolicy else { continue }
            _ = try docker.setRestartPolicy(policy, of: container.id)
        }
    }

    // MARK: - Whether they were done

    /// How far the work is, by what the engine says now.
    ///
    /// - Parameter labels: of all keys that the new containers must have.
    package func state(_ record: RemakeRecord, labels: Set<String>) throws -> RemakeState {
        guard let project = record.project else { return try stateWithoutContainers(record) }
        let now = try containers(of: project.name, project.service), before = Set(project.replicas.map(\.id))
        if Set(now.map(\.id)) == before { return .old }
        var reasons: [String] = []
        if now.count != project.replicas.count {
            reasons.append("\(now.count) containers of \(project.service) instead of \(project.replicas.count)")
        }
        // Compose gives other names while it works, and one that was killed leaves them.
        let names = Set(project.replicas.map(\.name))
        for container in now {
            let found = self.labels(container.environment)
            if before.contains(container.id) {
                reasons.append("\(container.name) is the one from before")
            } else if container.image != project.image {
                reasons.append("\(container.name) has the image \(container.image)")
            } else if found != labels {
                let text = found.isEmpty ? "no usable key" : "the key \(found.sorted().joined(separator: " and "))"
                reasons.append("\(container.name) was made with \(text)")
            } else if !names.contains(container.name) {
                reasons.append("\(container.name) is called otherwise than before")
            }
        }
        let running = now.count { $0.runs }
        if running > 0, running < now.count { reasons.append("\(running) of \(now.count) containers run") }
        if !reasons.isEmpty { return .other(reasons) }
        return running > 0 ? .started : .made
    }

    /// Whether the containers that are there have these keys and other values, running or not. Without containers nothing
    /// tells, and they count as made.
    package func isMade(_ record: RemakeRecord, labels: Set<String>, values: [String: Secret]) throws -> Bool {
        guard let project = record.project else { return true }
        let now = try containers(of: project.name, project.service)
        return !now.isEmpty
            && now.allSatisfy { container in
                self.labels(container.environment) == labels
                    && values.allSatisfy { container.environment[$0.key]?.trimmed().equals($0.value.trimmed()) == true }
            }
    }

    private func stateWithoutContainers(_ record: RemakeRecord) throws -> RemakeState {
        guard let runs = try BackendControl(instance, patience: patience).isRunning() else {
            return .other(["without instance.url nothing tells whether the backend runs"])
        }
        if !runs { return .made }
        guard let now = ListeningSockets(instance.backendAddress, instance.surroundings.files)?.numbers,
            !record.sockets.isEmpty
        else { return .other(["the backend runs, and nothing tells since when"]) }
        return now.isDisjoint(with: record.sockets) ? .started : .old
    }

    private func containers(of project: String, _ service: String) throws -> [Container] {
        try docker.composed(project: project).filter { $0.compose?.service == service }.sorted { $0.name < $1.name }
    }

    /// Of all keys that a backend with these variables has, whatever else of them can be read.
    private func labels(_ environment: [String: Secret]) -> Set<String> {
        let isFIPS = environment["FIPS_ENABLED"]?.trimmed().revealedText() == "true"
        let keys = EnvironmentKeys(
            encryptionKey: environment["ENCRYPTION_KEY"], rootEncryptionKey: environment["ROOT_ENCRYPTION_KEY"],
            fips: FIPSMode.isActive(environment: isFIPS, database: flag))
        return Set(keys.candidates.map(\.label))
    }
}

extension Container {
    fileprivate var runs: Bool { ![.exited, .created, .dead].contains(state) }
}
