import Instance
package import Postgres
import Settings

extension ApplicationClients {
    /// The backend of an instance, by what its env files and its container say.
    package init(_ instance: InstanceAccess) {
        let configuration = instance.configuration, backend = instance.containers?[.backend]
        self.init(
            users: Set(
                [configuration.instance, configuration.running].compactMap { $0?.databaseTarget }.filter(\.isNamed)
                    .map(\.user)),
            // In the host's network it has any address of the host.
            addresses: Set((backend?.networks ?? []).map(\.address).filter { !$0.isEmpty }))
    }
}
