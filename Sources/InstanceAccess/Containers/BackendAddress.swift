import Instance
import Secrets
import Settings

extension InstanceAccess {
    /// Where Infisical's image listens unless `PORT` says otherwise.
    private static let standardPort = 8080

    /// Where the backend is reached from here, without a path, such as `http://127.0.0.1:8080`; nil where nothing says it.
    package var backendAddress: String? {
        if let url = configuration.url { return url }
        guard let container = containers?[.backend] else { return nil }
        let port = container.environment["PORT"].flatMap { Int($0.revealedText()) } ?? InstanceAccess.standardPort
        let viewpoint = discovery.viewpoint
        let address = container.address(of: port, from: viewpoint) ?? container.wantedAddress(of: port, from: viewpoint)
        return address.map {
            "http://" + ($0.host.contains(":") ? "[\($0.host)]" : $0.host) + ":\($0.port)"
        }
    }

    /// What to say before a change after which the backend must work; nil where it can be asked.
    package var uncheckableBackend: String? {
        backendAddress == nil
            ? "whether the backend works afterwards cannot be checked, because its address is not known: set instance.url; "
                + "without it the command ends with 15 even if all goes well" : nil
    }
}
