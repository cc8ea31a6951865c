package import Faults

/// How the text of an option or argument becomes a value, and how to say what is expected.
package struct ValueFormat<Value: Sendable>: Sendable {
    /// Completes the sentence `--jobs must be …`: `a whole number from 1 to 64`.
    package let expected: String
    /// The only texts that are accepted; empty when that is not a short list.
    package let allowed: [String]
    package let completion: Completion
    let read: @Sendable (String) -> Reading<Value>

    package init(
        expected: String, allowed: [String] = [], completion: Completion = .none,
        reading: @escaping @Sendable (String) -> Reading<Value>
    ) {
        self.expected = expected
        self.allowed = allowed
        self.completion = completion
        read = reading
    }

    /// A format whose every mismatch is told by `expected` alone.
    package init(
        expected: String, completion: Completion = .none, parse: @escaping @Sendable (String) -> Value?
    ) {
        self.init(expected: expected, completion: completion) { text -> Reading<Value> in
            parse(text).map { .value($0) } ?? .unexpected
        }
    }

    /// The same format with other candidates while typing.
    package func completed(by completion: Completion) -> ValueFormat {
        ValueFormat(expected: expected, allowed: allowed, completion: completion, reading: read)
    }
}

/// What became of a text.
package enum Reading<Value: Sendable>: Sendable {
    case value(Value)
    /// Not what the format expects; the error says what is.
    case unexpected
    /// Well formed, and still not possible: why, without the text itself.
    case refused(String)
    /// Not what the format expects from some place on.
    case unreadable(Excerpt)
}

/// A `KEY=VALUE` text in two parts.
package struct KeyValue: Sendable, Equatable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

extension ValueFormat<String> {
    /// Any text but the empty one.
    package static var text: ValueFormat { text(expected: "a text of at least one character") }

    /// Any text but the empty one, called something better in errors.
    package static func text(expected: String) -> ValueFormat {
        ValueFormat(expected: expected) { text -> String? in text.isEmpty ? nil : text }
    }

    package static var file: ValueFormat { text(expected: "the path of a file").completed(by: .file) }
    package static var folder: ValueFormat { text(expected: "the path of a folder").completed(by: .folder) }
}

extension ValueFormat<Int> {
    /// A decimal number without sign tricks: `+3` and `0x3` are not accepted.
    package static func wholeNumber(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text -> Int? in
            guard !text.hasPrefix("+"), let number = Int(text), range.contains(number) else { return nil }
            return number
        }
    }
}

extension ValueFormat<KeyValue> {
    /// The key ends at the first `=` and is not empty; the value may be.
    package static var keyValue: ValueFormat {
        ValueFormat(expected: "of the form KEY=VALUE") { text -> KeyValue? in
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
            return KeyValue(key: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
        }
    }
}

extension ValueFormat where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the raw values of an enumeration.
    package static func oneOf(_: Value.Type) -> ValueFormat {
        let names = Value.allCases.map(\.rawValue)
        let expected =
            names.count == 2 ? "either \(names[0]) or \(names[1])" : "one of " + names.joined(separator: ", ")
        return ValueFormat(expected: expected, allowed: names) { text in
            Value(rawValue: text).map { .value($0) } ?? .unexpected
        }
    }
}
