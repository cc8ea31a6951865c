package import Secrets

/// A whole compose project as `docker compose config` renders it: its services, where its volumes lie, and which networks
/// it finds there.
package struct RenderedProject: Sendable {
    /// A volume that the project names.
    package struct Volume: Sendable, Equatable {
        /// What the engine calls it.
        package let name: String
        /// Whether the project only uses it, so that it must be there before.
        package let isExternal: Bool
        /// The folder of the host that it stands for; nil for one of the engine's own.
        package let device: String?
    }

    package let services: [String: RenderedService]
    /// By their keys in the project.
    package let volumes: [String: Volume]
    /// What the engine calls the networks that the project only uses, by their keys in the project.
    package let externalNetworks: [String: String]

    /// - Parameters:
    ///   - text: in YAML.
    ///   - project: its name, which volumes without one of their own begin with.
    package init(_ text: Secret, project: String) throws(SettingsFault) {
        let root = try YAML.parse(text, file: "the rendered compose project")
        let version = root["version"]?.text
        var services: [String: RenderedService] = [:], volumes: [String: Volume] = [:]
        for entry in root["services"]?.entries ?? [] {
            services[entry.key] = RenderedService(entry.value, formatVersion: version)
        }
        for entry in root["volumes"]?.entries ?? [] {
            let external = entry.value["external"], isExternal = external.map { $0.text != "false" } ?? false
            let name = entry.value["name"]?.text ?? external?["name"]?.text
            let device = entry.value["driver_opts"]?["device"]?.text
            volumes[entry.key] = Volume(
                name: name ?? (isExternal ? entry.key : "\(project)_\(entry.key)"), isExternal: isExternal,
                device: device?.hasPrefix("/") == true ? device : nil)
        }
        var networks: [String: String] = [:]
        for entry in root["networks"]?.entries ?? [] {
            guard let external = entry.value["external"], external.text != "false" else { continue }
            networks[entry.key] = entry.value["name"]?.text ?? external["name"]?.text ?? entry.key
        }
        externalNetworks = networks
        self.services = services
        self.volumes = volumes
    }
}
