/// A named value: `--jobs 4`. `Result` is what reading it yields: `Int?`, `Int` with a default, `[Int]` when repeated.
package struct Option<Result: Sendable>: OptionDeclaring {
    package let declaration: OptionDeclaration
    let combine: @Sendable ([any Sendable]) -> Result

    /// An option that may be given once.
    ///
    /// - Parameters:
    ///   - value: the word that stands for the value in help
    ///   - whenAbsent: what holds without the option, when that is not a fixed value (`the number of cores`)
    ///   - sensitive: errors never repeat the value
    package init<Value>(
        _ name: String, short: Character? = nil, value: String, _ format: ValueFormat<Value>,
        whenAbsent: String? = nil, sensitive: Bool = false, visibility: Visibility = .shown, help: String
    ) where Result == Value? {
        declaration = OptionDeclaration(
            name: name, short: short, placeholder: value, value: ValueDeclaration(format), defaultText: whenAbsent,
            isSensitive: sensitive, visibility: visibility, help: help)
        combine = { $0.first as? Value }
    }

    private init(_ declaration: OptionDeclaration, combine: @escaping @Sendable ([any Sendable]) -> Result) {
        self.declaration = declaration
        self.combine = combine
    }

    /// The same option, given any number of times.
    package func repeated<Value>() -> Option<[Value]> where Result == Value? {
        var declaration = declaration
        declaration.presence = .repeated(atLeastOnce: false)
        return Option<[Value]>(declaration) { values in values.compactMap { $0 as? Value } }
    }

    /// The same option with the value that holds without it; help shows it as `shown`, or as it is written.
    package func defaulting<Value>(to value: Value, shown: String? = nil) -> Option<Value> where Result == Value? {
        var declaration = declaration
        declaration.defaultText = shown ?? written(value)
        return Option<Value>(declaration) { $0.first as? Value ?? value }
    }

    /// The same option, which must be given.
    package func required<Value>() -> Option<Value> where Result == Value? {
        var declaration = declaration
        declaration.presence = .required
        let label = declaration.dashed
        return Option<Value>(declaration) { onlyValue($0, of: label) }
    }
}

/// A value as it would be typed.
func written<Value>(_ value: Value) -> String {
    if let named = value as? any RawRepresentable { "\(named.rawValue)" } else { "\(value)" }
}

/// The value that the parser has made sure of.
func onlyValue<Value>(_ values: [any Sendable], of label: String) -> Value {
    guard let value = values.first as? Value else {
        preconditionFailure("\(label) was read without having been parsed")
    }
    return value
}
