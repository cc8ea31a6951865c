import Effects
import Faults
import Instance
import Processes
import Settings

/// Stops and starts parts of the instance: containers, or without containers the whole by the configured commands.
struct InstanceControl {
    let workplace: Workplace
    /// Seconds that a part may take to stop before it is killed.
    let patience: Int

    /// Ends the backend, and keeps the engine from starting it again.
    func stop(_ role: InstanceContainers.Role) throws {
        guard let found = workplace.discovery.containers else { return try run(.stopCommand) }
        guard let container = found[role] else { return }
        try workplace.surroundings.docker.stop(container.id, seconds: patience)
    }

    func start(_ role: InstanceContainers.Role) throws {
        guard let found = workplace.discovery.containers else { return try run(.startCommand) }
        guard let container = found[role] else {
            throw InstanceFault.missing(role: role.rawValue, names: [])
        }
        try workplace.surroundings.docker.start(container.id)
    }

    /// Throws where there is no way to stop and start.
    func require() throws {
        if workplace.configuration.containers != .none {
            _ = try workplace.requireContainers()
            return
        }
        for key in [SettingKey.stopCommand, .startCommand] where words(key).isEmpty {
            throw InstanceFault.noCommand(key: key.path)
        }
    }

    private func words(_ key: SettingKey) -> [String] {
        key == .stopCommand ? workplace.configuration.stopCommand : workplace.configuration.startCommand
    }

    private func run(_ key: SettingKey) throws {
        let words = words(key)
        guard let program = words.first else { throw InstanceFault.noCommand(key: key.path) }
        do {
            _ = try workplace.surroundings.processes.run(
                CommandSpec(
                    program, Array(words.dropFirst()), environment: CommandSpec.inherited(["PATH", "HOME"]),
                    output: .null),
                deadline: .seconds(patience + 60)
            ).succeeded()
        } catch {
            if case .interrupted = error { throw error }
            throw InstanceFault.commandFailed(key: key.path, reason: error.message)
        }
    }
}
