/// A text that equals only what has the same bytes, as in PostgreSQL and on every server.
///
/// Swift's own comparison takes canonically equivalent texts for one: "é" as one scalar, and as "e" with an accent.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (one: ExactText, other: ExactText) -> Bool { one.text.isExactly(other.text) }

    /// A name and the schema it is in.
    package static func name(_ schema: String, _ name: String) -> [ExactText] { [ExactText(schema), ExactText(name)] }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Whether the bytes are the same.
    package func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
