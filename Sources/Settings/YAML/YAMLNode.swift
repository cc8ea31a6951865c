/// A place in a YAML text; both numbers count from 1, the column in characters.
package struct YAMLMark: Sendable, Equatable {
    package let line: Int
    package let column: Int
}

/// One node of a YAML document, with aliases already replaced by what they stand for.
package struct YAMLNode: Sendable, Equatable {
    /// A key of a mapping and what it names.
    package struct Entry: Sendable, Equatable {
        package let key: String
        package let keyMark: YAMLMark
        package let value: YAMLNode
    }

    package indirect enum Content: Sendable, Equatable {
        /// `isPlain` is false for quoted and block scalars, which are always text.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode], isFlow: Bool)
        case mapping([Entry], isFlow: Bool)
    }

    package let content: Content
    package let mark: YAMLMark
    /// An explicit tag such as `!reset`.
    package let tag: String?

    /// The text of a scalar that is not null.
    package var text: String? {
        if case .scalar(let text, _) = content, !isNull { text } else { nil }
    }

    /// Whether this is nothing: an empty value, `~` or `null`, unquoted.
    package var isNull: Bool {
        if case .scalar(let text, isPlain: true) = content {
            ["", "~", "null", "Null", "NULL"].contains(text)
        } else {
            false
        }
    }

    package var items: [YAMLNode]? {
        if case .sequence(let items, _) = content { items } else { nil }
    }

    package var entries: [Entry]? {
        if case .mapping(let entries, _) = content { entries } else { nil }
    }

    /// The value of `key` in a mapping.
    package subscript(key: String) -> YAMLNode? { entries?.first { $0.key == key }?.value }
}
