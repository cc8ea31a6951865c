import Postgres
import Secrets

extension Configuration {
    /// A new, commented configuration file that sets `values` and shows every other key with its standard value.
    ///
    /// Parsed again it gives exactly `values`.
    package static func initialText(_ values: [(key: SettingKey, value: SettingValue)]) -> String {
        var lines = [
            "# Configuration of infisical-ops. Every key may be left out; a key with # before it shows its default value.",
            "# Secrets do not belong here: the password of the database stays in the instance's env file.",
        ]
        let given = Dictionary(values.map { ($0.key.path, $0.value) }) { _, last in last }
        var open: [String] = []
        for key in SettingKey.all {
            let sections = Array(key.components.dropLast())
            // `none` in place of a section leaves no room for the section itself.
            let replaced = sections.indices.contains { given[sections[...$0].joined(separator: ".")] != nil }
            if replaced || (key.kind == .onlyNone && given[key.path] == nil) { continue }
            let shared = zip(open, sections).prefix { $0 == $1 }.count
            for depth in shared..<max(shared, sections.count) {
                let path = sections[...depth].joined(separator: ".") + "."
                let isActive = given.keys.contains { $0.hasPrefix(path) }
                if depth == 0 { lines.append("") }
                lines.append(indent(depth) + (isActive ? "" : "# ") + sections[depth] + ":")
            }
            if sections.isEmpty && !open.isEmpty { lines.append("") }
            open = sections
            let depth = indent(sections.count)
            lines.append("\(depth)# \(key.summary).")
            if let value = given[key.path] {
                lines.append(depth + YAMLText.entry(key, value))
            } else {
                lines.append("\(depth)# " + YAMLText.example(key))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `text` with one key more; every byte that was there stays where it was in relation to its neighbours.
    ///
    /// The key is put right below the header of its section; a section that is missing is added at the end.
    package static func adding(
        _ key: SettingKey, _ value: SettingValue, to text: String, path: String
    ) throws(SettingsFault) -> String {
        let refusal = { (reason: String) in SettingsFault.notAppendable(path: path, key: key.path, reason: reason) }
        let root = try YAML.parse(text, file: path)
        let before = try settings(text, path)
        if before.contains(where: { $0.key == key }) { throw refusal("it is already set") }
        if case .mapping(_, isFlow: true) = root.content { throw refusal("the file is written in braces") }

        let newline = text.utf8.contains(UInt8(ascii: "\r")) ? "\r\n" : "\n"
        var parts = key.components[...]
        var node = root
        var header: YAMLNode.Entry?
        while parts.count > 1, let name = parts.first,
            let entry = node.entries?.first(where: { $0.key == name })
        {
            if case .mapping(_, isFlow: true) = entry.value.content {
                throw refusal("the section \(name) is written in braces")
            }
            (header, node, parts) = (entry, entry.value, parts.dropFirst())
        }
        var column = node.entries?.first.map { $0.keyMark.column - 1 } ?? 0
        if let header, node.entries == nil { column = header.keyMark.column + 1 }
        var added = ""
        for (depth, name) in parts.enumerated() {
            let isLast = depth == parts.count - 1
            added += String(repeating: " ", count: column + 2 * depth)
            added += (isLast ? YAMLText.entry(key, value) : name + ":") + newline
        }
        let result = inserted(added, below: header?.keyMark.line, in: text, newline)
        // The proof that nothing else changed; it also catches what the rules above did not foresee.
        let after = try settings(result, path).map { YAMLText.path($0.key, $0.value) }
        let expected = before.map { YAMLText.path($0.key, $0.value) } + [YAMLText.path(key, value)]
        if after.sorted() != expected.sorted() {
            throw refusal("the file is written in a form that allows no insertion")
        }
        return result
    }

    private static func settings(_ text: String, _ path: String) throws(SettingsFault) -> [Setting] {
        var bytes = Array(text.utf8)
        return try Configuration(Secret(consuming: &bytes), path: path).settings
    }

    /// `text` with `added` put below a line (from 1), or at the end.
    private static func inserted(_ added: String, below line: Int?, in text: String, _ newline: String) -> String {
        let bytes = Array(text.utf8)
        var position = bytes.count
        if let line {
            let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
            if line <= ends.count { position = ends[line - 1] + 1 }
        }
        let isOpen = position > 0 && bytes[position - 1] != UInt8(ascii: "\n")
        let insertion = Array(((isOpen ? newline : "") + added).utf8)
        return String(decoding: bytes[..<position] + insertion + bytes[position...], as: UTF8.self)
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }
}

/// Values of the configuration as YAML.
private enum YAMLText {
    static func entry(_ key: SettingKey, _ value: SettingValue) -> String {
        switch value {
        case .list(let items):
            "\(key.name): "
                + (items.count == 1 ? scalar(items[0]) : "[" + items.map(scalar).joined(separator: ", ") + "]")
        case .none: "\(key.name): none"
        // A password has no place in the file; the reader refuses one.
        case .url(let url): "\(key.name): " + scalar(url.text(mask: nil))
        default: "\(key.name): " + scalar(value.description)
        }
    }

    /// The whole path with the value, for comparing.
    static func path(_ key: SettingKey, _ value: SettingValue) -> String { "\(key.path) " + entry(key, value) }

    /// What the file shows for a key that it does not set.
    static func example(_ key: SettingKey) -> String {
        switch key.fallback {
        case .text(let text): "\(key.name): \(text)"
        default: "\(key.name):"
        }
    }

    /// A scalar, in double quotes unless it is plainly a word.
    static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_/.-+@:=".utf8.contains(byte)
            }
        }
        let startsPlain = text.utf8.first.map { !"-@:=".utf8.contains($0) } ?? false
        if isPlain, startsPlain, !text.hasSuffix(":"), !["null", "Null", "NULL"].contains(text) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 32 || scalar.value == 127:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\x" + (digits.utf8.count == 1 ? "0" : "") + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
