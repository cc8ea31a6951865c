import Effects
import Faults
package import Instance
import Processes
import Settings

/// Stops and starts parts of the instance: containers, or without containers the whole by the configured commands.
package struct InstanceControl {
    private let instance: InstanceAccess
    /// Seconds that a part may take to stop before it is killed.
    private let patience: Int
    /// How long the command that starts it may take to return.
    private let startPatience: Duration

    package init(_ instance: InstanceAccess, patience: Int, startPatience: Duration = .seconds(90)) {
        self.instance = instance
        self.patience = patience
        self.startPatience = startPatience
    }

    /// Ends the backend, and keeps the engine from starting it again.
    package func stop(_ role: InstanceContainers.Role) throws {
        guard let found = instance.containers else { return try run(.stopCommand) }
        guard let container = found[role] else { return }
        try instance.surroundings.docker.stop(container.id, seconds: patience)
    }

    package func start(_ role: InstanceContainers.Role) throws {
        guard let found = instance.containers else { return try run(.startCommand) }
        guard let container = found[role] else {
            throw InstanceFault.missing(role: role.rawValue, names: [])
        }
        try instance.surroundings.docker.start(container.id)
    }

    /// Throws where there is no way to stop and start.
    package func require() throws {
        if instance.configuration.containers != .none {
            _ = try instance.requireContainers()
            return
        }
        for key in [SettingKey.stopCommand, .startCommand] where words(key).isEmpty {
            throw InstanceFault.noCommand(key: key.path)
        }
    }

    private func words(_ key: SettingKey) -> [String] {
        key == .stopCommand ? instance.configuration.stopCommand : instance.configuration.startCommand
    }

    private func run(_ key: SettingKey) throws {
        let words = words(key)
        guard let program = words.first else { throw InstanceFault.noCommand(key: key.path) }
        let limit = key == .stopCommand ? .seconds(patience + 60) : startPatience
        do {
            _ = try instance.surroundings.processes.run(
                CommandSpec(
                    program, Array(words.dropFirst()), environment: CommandSpec.inherited(["PATH", "HOME"]),
                    output: .null),
                deadline: limit
            ).succeeded()
        } catch {
            if case .interrupted = error { throw error }
            if case .timedOut = error { throw InstanceFault.commandStays(key: key.path, after: limit) }
            throw InstanceFault.commandFailed(key: key.path, reason: error.message)
        }
    }
}
