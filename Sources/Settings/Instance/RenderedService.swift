package import Crypto
package import Secrets

/// One service of a compose project as `docker compose config` renders it: everything interpolated and merged.
package struct RenderedService: Sendable {
    package let image: String?
    package let environment: [String: Secret]
    /// Ports of the container that are published, such as `8080/tcp`.
    package let publishedPorts: Set<String>
    /// Paths in the container that volumes are mounted at.
    package let mounts: Set<String>
    package let command: [String]?
    /// What the file calls the container; nil leaves it to Compose.
    package let containerName: String?
    /// The same mounts with where they come from.
    package let sources: [Source]
    /// Keys of the networks that it is attached to; empty where it has none of its own (`network_mode`).
    package let networks: [String]
    /// The version that the file names; nil for those of the newer form.
    package let formatVersion: String?

    /// Digest of all that is rendered of it: two services are the same where it is.
    package let digest: Digest32

    /// What is mounted where.
    package struct Source: Sendable, Equatable {
        /// A path of the host, or the key of a volume in the project; nil for a volume without a name.
        package let from: String?
        /// The path in the container.
        package let target: String
        package var isPath: Bool { from?.hasPrefix("/") == true }
    }

    /// - Parameter text: the whole project in YAML.
    /// - Returns: nil for a project without such a service.
    package init?(_ text: Secret, service: String) throws(SettingsFault) {
        let root = try YAML.parse(text, file: "the rendered compose project")
        guard let node = root["services"]?[service] else { return nil }
        self.init(node, formatVersion: root["version"]?.text)
    }

    init(_ node: YAMLNode, formatVersion: String?) {
        self.formatVersion = formatVersion
        digest = RenderedService.digest(node)
        containerName = node["container_name"]?.text
        sources = (node["volumes"]?.items ?? []).compactMap(RenderedService.source)
        let named = node["networks"]?.entries?.map(\.key) ?? node["networks"]?.items?.compactMap(\.text) ?? []
        networks = named.isEmpty ? (node["network_mode"] == nil ? ["default"] : []) : named
        image = node["image"]?.text
        environment = RenderedService.environment(node["environment"])
        publishedPorts = Set((node["ports"]?.items ?? []).compactMap(RenderedService.port))
        mounts = Set((node["volumes"]?.items ?? []).compactMap(RenderedService.mount))
        command = node["command"].flatMap { $0.items?.compactMap(\.text) ?? $0.text.map { [$0] } }
    }

    private static func digest(_ node: YAMLNode) -> Digest32 {
        var hash = SHA256Stream()
        // Each part with its length, so that no two nodes give the same text.
        func add(_ kind: String, _ text: String) {
            for part in [kind, String(text.utf8.count), ":", text] {
                Array(part.utf8).withUnsafeBytes { hash.update($0) }
            }
        }
        func walk(_ node: YAMLNode) {
            switch node.content {
            case .scalar(let text, _): add("s", text)
            case .sequence(let items, _):
                add("l", String(items.count))
                items.forEach(walk)
            case .mapping(let entries, _):
                add("m", String(entries.count))
                for entry in entries.sorted(by: { $0.key < $1.key }) {
                    add("k", entry.key)
                    walk(entry.value)
                }
            }
        }
        walk(node)
        return hash.finish()
    }

    private static func environment(_ node: YAMLNode?) -> [String: Secret] {
        var values: [String: Secret] = [:]
        let put = { (name: String, value: String) in
            // What is rendered can be read as a compose file again, so a dollar sign is written twice.
            var bytes = Array(value.replacing("$$", with: "$").utf8)
            values[name] = Secret(consuming: &bytes)
        }
        for entry in node?.entries ?? [] {
            if case .scalar(let text, _) = entry.value.content { put(entry.key, entry.value.isNull ? "" : text) }
        }
        for item in node?.items ?? [] {
            guard let text = item.text, let sign = text.firstIndex(of: "=") else { continue }
            put(String(text[..<sign]), String(text[text.index(after: sign)...]))
        }
        return values
    }

    /// `127.0.0.1:8080:80/tcp`, or a mapping with `target` and `protocol`.
    private static func port(_ node: YAMLNode) -> String? {
        if let target = node["target"]?.text { return "\(target)/\(node["protocol"]?.text ?? "tcp")" }
        guard let text = node.text else { return nil }
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let last = parts.first?.split(separator: ":").last else { return nil }
        return "\(last)/\(parts.count > 1 ? String(parts[1]) : "tcp")"
    }

    private static func source(_ node: YAMLNode) -> Source? {
        guard let target = mount(node) else { return nil }
        if node.entries != nil { return Source(from: node["source"]?.text, target: target) }
        let parts = (node.text ?? "").split(separator: ":", omittingEmptySubsequences: false)
        return Source(from: parts.count > 1 ? String(parts[0]) : nil, target: target)
    }

    /// `source:target:mode`, or a mapping with `target`.
    private static func mount(_ node: YAMLNode) -> String? {
        if let target = node["target"]?.text { return target }
        guard let parts = node.text?.split(separator: ":", omittingEmptySubsequences: false) else { return nil }
        return parts.count == 1 ? String(parts[0]) : String(parts[1])
    }
}
