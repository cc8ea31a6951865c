import Faults
import Postgres
package import Secrets

/// The configuration file `infisical-ops.yaml`: what it sets, and where in it.
package struct Configuration: Sendable {
    package static let fileName = "infisical-ops.yaml"

    /// Absolute path of the file.
    package let path: String
    /// Whether somebody named it, and so vouches for what it says.
    package let isNamed: Bool
    /// What the file sets, in its order; relative paths are already taken from the file's folder.
    package let settings: [Setting]

    /// Parses the text of a configuration file.
    package init(_ text: Secret, path: String, isNamed: Bool = false) throws(SettingsFault) {
        self.path = path
        self.isNamed = isNamed
        let root = try YAML.parse(text, file: path)
        var reader = ConfigurationReader(path: path)
        if !root.isNull { try reader.section(root, prefix: nil) }
        settings = reader.settings
    }

    /// The folder that relative paths in the file are taken from.
    package var folder: String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    package subscript(key: SettingKey) -> Setting? { settings.first { $0.key == key } }
}

/// Walks the tree of a configuration file along the table of keys.
private struct ConfigurationReader {
    let path: String
    var settings: [Setting] = []

    init(path: String) {
        self.path = path
    }

    mutating func section(_ node: YAMLNode, prefix: String?) throws(SettingsFault) {
        guard let entries = node.entries else {
            throw .wrongValue(
                place: place(node.mark), key: prefix ?? "the file", expected: "a section with keys of its own",
                isUsage: false)
        }
        for entry in entries {
            let full = prefix.map { "\($0).\(entry.key)" } ?? entry.key
            let isMapping = entry.value.entries != nil
            let isSection = SettingKey.sections.contains(full)
            if let key = SettingKey.byPath[full], !(isSection && isMapping) {
                if !entry.value.isNull { try value(entry.value, key) }
            } else if isSection {
                if !entry.value.isNull { try section(entry.value, prefix: full) }
            } else {
                throw unknown(entry, full, prefix)
            }
        }
        if prefix == "instance.database" { try refuseTwoAddresses() }
    }

    private mutating func value(_ node: YAMLNode, _ key: SettingKey) throws(SettingsFault) {
        let wrong = SettingsFault.wrongValue(
            place: place(node.mark), key: key.path, expected: key.kind.expected, isUsage: false)
        let value: SettingValue
        if key.kind.isList {
            let items = (node.items ?? [node]).map { $0.text ?? "" }
            if items.isEmpty || items.contains("") { throw wrong }
            value = .list(items)
        } else {
            guard let text = node.text, let read = SettingValue(text, key.kind) else { throw wrong }
            value = read
        }
        if case .url(let url) = value, url.password != nil {
            throw .passwordRefused(place: place(node.mark), key: key.path)
        }
        settings.append(Setting(key: key, value: value, origin: .file(path, line: node.mark.line)))
    }

    private func unknown(_ entry: YAMLNode.Entry, _ full: String, _ prefix: String?) -> SettingsFault {
        let place = place(entry.keyMark)
        if entry.key.lowercased().contains("password") { return .passwordRefused(place: place, key: full) }
        let start = prefix.map { $0 + "." } ?? ""
        let siblings = (SettingKey.all.map(\.path) + SettingKey.sections)
            .filter { $0.hasPrefix(start) && !$0.dropFirst(start.count).contains(".") }
            .map { String($0.dropFirst(start.count)) }
        var nearest = NearestName.of(entry.key, among: siblings)
        // A key of the right name in the wrong section.
        if nearest == nil { nearest = SettingKey.all.first { $0.name == entry.key }?.path }
        return .unknownKey(place: place, key: full, nearest: nearest)
    }

    private func refuseTwoAddresses() throws(SettingsFault) {
        guard let url = settings.first(where: { $0.key == .databaseURL }) else { return }
        let parts: [SettingKey] = [.databaseHost, .databasePort, .databaseName, .databaseUser]
        if let part = settings.first(where: { parts.contains($0.key) }) {
            throw .conflict(place: part.origin.description, key: part.key.path, other: url.key.path)
        }
    }

    private func place(_ mark: YAMLMark) -> String { "\(path):\(mark.line):\(mark.column)" }
}
