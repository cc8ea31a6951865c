import DurableFiles
import Effects
import HTTP
package import Instance
import Postgres
import Settings

/// Stops the backend and believes it only when nothing of it is left; starts it again.
package struct BackendControl {
    private let instance: InstanceAccess
    private let control: InstanceControl
    /// Seconds that the backend may take to stop.
    private let patience: Int

    /// Between two looks at what should be gone, in milliseconds.
    private static let pause: Int32 = 200
    /// How many looks in a row must find nothing where no engine says that the process has ended.
    private static let looks = 5
    /// Seconds until a request is given up.
    private static let requestPatience = 5.0

    package init(_ instance: InstanceAccess, patience: Int) {
        self.instance = instance
        self.patience = patience
        control = InstanceControl(instance, patience: patience)
    }

    /// Keeps the engine from starting the backend by itself, or lets it again.
    ///
    /// - Returns: false where the engine cannot change that.
    package func setRestartPolicy(_ policy: String, of container: String) throws -> Bool {
        try instance.surroundings.docker.setRestartPolicy(policy, of: container)
    }

    // MARK: - Stopping

    /// Stops the backend, and waits until nothing answers as Infisical and no client has a session with its database.
    ///
    /// - Throws: `InstanceFault.notStopped`.
    package func stop() throws {
        try control.stop(.backend)
        try requireStopped()
    }

    /// Stops a backend that somebody else has started meanwhile.
    package func stopAgain() throws {
        if try runningContainer() != nil || answers() { try stop() }
    }

    /// - Throws: `InstanceFault.notStopped` with what is still there.
    package func requireStopped() throws {
        let clock = instance.surroundings.clock, end = clock.monotonic() + UInt64(patience) * 1_000_000_000
        let needed = instance.containers?[.backend] == nil ? BackendControl.looks : 1
        var quiet = 0
        while true {
            let left = try remains()
            quiet = left.isEmpty ? quiet + 1 : 0
            if quiet >= needed { return }
            if !left.isEmpty, clock.monotonic() >= end { throw InstanceFault.notStopped(left) }
            try instance.surroundings.cancellation.sleep(
                milliseconds: BackendControl.pause, effects: instance.surroundings.effects)
        }
    }

    /// What shows that a backend is still there, one clause each.
    private func remains() throws -> [String] {
        var left: [String] = []
        if let container = try runningContainer() {
            left.append("the container \(container.name) is \(container.state.rawValue)")
        }
        let presence = try presence()
        if let presence, presence.mayBeBackend { left.append(presence.text) }
        return try left + sessions().map { "the database has a session of \($0.text)" }
    }

    /// The backend's container if it is in any state but stopped; nil without containers, too.
    private func runningContainer() throws -> Container? {
        guard let container = instance.containers?[.backend] else { return nil }
        return try instance.surroundings.docker.containers([container.name]).first {
            ![.exited, .created, .dead].contains($0.state)
        }
    }

    /// Whether the backend answers as Infisical, well or ill.
    package func answers() throws -> Bool {
        if case .backend? = try presence() { true } else { false }
    }

    /// Whether the backend runs, by the engine or by what is at its address; nil where neither can tell.
    package func isRunning() throws -> Bool? {
        if instance.containers?[.backend] != nil { return try runningContainer() != nil }
        return try presence().map { if case .backend = $0 { true } else { false } }
    }

    /// What is at the backend's address; nil where that is not known.
    private func presence() throws -> BackendProbe.Presence? {
        guard let address = instance.backendAddress else { return nil }
        let surroundings = instance.surroundings
        let client = HTTPClient(effects: surroundings.effects, cancellation: surroundings.cancellation)
        return try BackendProbe(client, address: address, seconds: BackendControl.requestPatience).presence()
    }

    /// Sessions that a backend may have. Where the engine says that its process has ended, those of clients that name
    /// themselves belong to somebody else, who is ended with the exchange: Infisical's driver gives no name.
    private func sessions() throws -> [ClientSession] {
        let connection = try DatabaseConnections(instance).openBeside("control")
        defer { connection.close() }
        let others = try ClientSession.others(in: instance.configuration.database.name, connection)
        return instance.containers?[.backend] == nil ? others : others.filter(\.application.isEmpty)
    }

    // MARK: - Starting

    package func start() throws { try control.start(.backend) }

    /// Makes the container anew with what its files say now.
    package func recreate(_ container: Container) throws {
        try Recreation(container, instance).perform(seconds: patience)
    }

    // MARK: - Restarting without an engine

    /// What was seen of the backend before it was told to stop.
    package struct Before {
        fileprivate let sockets: ListeningSockets?
        /// Whether a backend, well or ill, was at its address.
        package let wasThere: Bool
    }

    package func lookBefore() throws -> Before {
        Before(
            sockets: ListeningSockets(instance.backendAddress, instance.surroundings.files),
            wasThere: try presence()?.mayBeBackend ?? false)
    }

    /// Stops the whole by the configured command, and makes sure that what ran before does not run any more: it was seen
    /// dead, or another process listens in its place.
    ///
    /// - Throws: `InstanceFault.notStopped`.
    package func stopWhole(_ before: Before) throws {
        try control.stop(.backend)
        guard before.wasThere else { return }
        let clock = instance.surroundings.clock, end = clock.monotonic() + UInt64(patience) * 1_000_000_000
        while true {
            guard let presence = try presence(), presence.mayBeBackend else { return }
            let now = ListeningSockets(instance.backendAddress, instance.surroundings.files)
            if let now, let before = before.sockets, now.numbers.isDisjoint(with: before.numbers) { return }
            if clock.monotonic() >= end { throw InstanceFault.notStopped([presence.text]) }
            try instance.surroundings.cancellation.sleep(
                milliseconds: BackendControl.pause, effects: instance.surroundings.effects)
        }
    }
}
