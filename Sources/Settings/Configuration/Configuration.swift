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
        let reading = try Configuration.reading(text, path: path, isNamed: isNamed)
        if let problem = reading.problems.first { throw problem }
        self = reading.configuration
    }

    private init(path: String, isNamed: Bool, settings: [Setting]) {
        self.path = path
        self.isNamed = isNamed
        self.settings = settings
    }

    /// What can be read of a text, with everything that is wrong with it, in its order.
    ///
    /// - Throws: only for what is no YAML at all.
    static func reading(
        _ text: Secret, path: String, isNamed: Bool
    ) throws(SettingsFault) -> (configuration: Configuration, problems: [SettingsFault]) {
        let root = try YAML.parse(text, file: path)
        var reader = ConfigurationReader(path: path)
        if !root.isNull { reader.section(root, prefix: nil) }
        return (Configuration(path: path, isNamed: isNamed, settings: reader.settings), reader.problems)
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
    /// In the order of the file.
    var problems: [SettingsFault] = []

    init(path: String) {
        self.path = path
    }

    mutating func section(_ node: YAMLNode, prefix: String?) {
        guard let entries = node.entries else {
            return problems.append(
                .wrongValue(
                    place: place(node.mark), key: prefix ?? "the file", expected: "a section with keys of its own",
                    isUsage: false))
        }
        for entry in entries {
            let full = prefix.map { "\($0).\(entry.key)" } ?? entry.key
            let isMapping = entry.value.entries != nil
            let isSection = SettingKey.sections.contains(full)
            if let key = SettingKey.byPath[full], !(isSection && isMapping) {
                if !entry.value.isNull { value(entry.value, key) }
            } else if isSection {
                if !entry.value.isNull { section(entry.value, prefix: full) }
            } else {
                problems.append(unknown(entry, full, prefix))
            }
        }
        if prefix == "instance.database" { refuseTwoAddresses() }
        refuseBoth()
    }

    private mutating func value(_ node: YAMLNode, _ key: SettingKey) {
        let wrong = SettingsFault.wrongValue(
            place: place(node.mark), key: key.path, expected: key.kind.expected, isUsage: false,
            excerpt: node.text.flatMap(key.kind.excerpt))
        let value: SettingValue
        if key.kind.isList {
            let items = (node.items ?? [node]).map { $0.text ?? "" }
            // One text with blanks in it would be the name of a program.
            let isText = key.kind == .command && node.items == nil && items.contains { $0.contains { $0.isWhitespace } }
            if items.isEmpty || items.contains("") || isText { return problems.append(wrong) }
            value = .list(items)
        } else {
            guard let text = node.text, let read = SettingValue(text, key.kind) else { return problems.append(wrong) }
            value = read
        }
        if case .url(let url) = value, url.password != nil {
            return problems.append(.passwordRefused(place: place(node.mark), key: key.path))
        }
        settings.append(Setting(key: key, value: value, origin: .file(path, line: node.mark.line)))
    }

    private func unknown(_ entry: YAMLNode.Entry, _ full: String, _ prefix: String?) -> SettingsFault {
        let place = place(entry.keyMark)
        let start = prefix.map { $0 + "." } ?? ""
        let siblings = (SettingKey.all.map(\.path) + SettingKey.sections)
            .filter { $0.hasPrefix(start) && !$0.dropFirst(start.count).contains(".") }
            .map { String($0.dropFirst(start.count)) }
        var nearest = NearestName.of(entry.key, among: siblings)
        if nearest == nil, entry.key.lowercased().contains("password") {
            return .passwordRefused(place: place, key: full)
        }
        // A key of the right name in the wrong section.
        if nearest == nil { nearest = SettingKey.all.first { $0.name == entry.key }?.path }
        return .unknownKey(place: place, key: full, nearest: nearest)
    }

    private mutating func refuseTwoAddresses() {
        let parts: [SettingKey] = [.databaseHost, .databasePort, .databaseName, .databaseUser]
        refuse(.databaseURL, beside: parts)
    }

    /// Keys of which only one can hold.
    private mutating func refuseBoth() {
        refuse(.databasePasswordFile, beside: [.databasePasswordCommand])
        refuse(.passphraseFile, beside: [.passphraseCommand])
        refuse(.identitySecretFile, beside: [.identitySecretCommand])
    }

    private mutating func refuse(_ key: SettingKey, beside others: [SettingKey]) {
        guard settings.contains(where: { $0.key == key }),
            let other = settings.first(where: { others.contains($0.key) })
        else { return }
        let conflict = SettingsFault.conflict(
            place: other.origin.description, key: other.key.path, other: key.path)
        if !problems.contains(conflict) { problems.append(conflict) }
    }

    private func place(_ mark: YAMLMark) -> String { "\(path):\(mark.line):\(mark.column)" }
}
