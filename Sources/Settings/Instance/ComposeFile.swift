package import Secrets

/// The part of a compose file that says which env files its services are given.
///
/// The form is that of the Compose specification: `services.NAME.env_file` is a path, or a list of paths or of mappings
/// with `path` and `required`; a relative path is taken from the project's folder.
package struct ComposeFile: Sendable {
    /// An env file that a service is given.
    package struct EnvFileReference: Sendable, Equatable {
        package let path: String
        /// Whether the service cannot start without it.
        package let isRequired: Bool

        package init(path: String, isRequired: Bool) {
            self.path = path
            self.isRequired = isRequired
        }
    }

    private let references: [String: [EnvFileReference]]

    /// - Throws: `yamlSyntax`, `duplicateKey`.
    package init(_ text: Secret, path: String, projectFolder: String) throws(SettingsFault) {
        let root = try YAML.parse(text, file: path)
        var references: [String: [EnvFileReference]] = [:]
        for service in root["services"]?.entries ?? [] {
            guard let node = service.value["env_file"] else { continue }
            references[service.key] = (node.items ?? [node]).compactMap { ComposeFile.reference($0, projectFolder) }
        }
        self.references = references
    }

    /// The services that are given any.
    package var services: [String] { references.keys.sorted() }

    /// Those of a service, in their order.
    package func envFiles(of service: String) -> [EnvFileReference] { references[service] ?? [] }

    private static func absolute(_ path: String, in folder: String) -> String {
        if path.hasPrefix("/") { return path }
        var rest = Substring(path)
        while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
        return folder == "/" ? "/" + rest : folder + "/" + rest
    }

    /// Nil for one whose name Compose makes out of variables.
    private static func reference(_ node: YAMLNode, _ folder: String) -> EnvFileReference? {
        guard let path = node.text ?? node["path"]?.text, !path.contains("$") else { return nil }
        return EnvFileReference(
            path: absolute(path, in: folder), isRequired: node["required"]?.text != "false")
    }
}
