/// A positional value: the `ID` of `show ID`. `Result` is what reading it yields: `String`, `String?` or `[String]`.
package struct Argument<Result: Sendable>: ArgumentDeclaring {
    package let declaration: ArgumentDeclaration
    let combine: @Sendable ([any Sendable]) -> Result

    /// An argument that must be given.
    package init(_ name: String, _ format: ValueFormat<Result>, sensitive: Bool = false, help: String) {
        declaration = ArgumentDeclaration(
            name: name, value: ValueDeclaration(format), isSensitive: sensitive, help: help)
        combine = { onlyValue($0, of: name) }
    }

    private init(_ declaration: ArgumentDeclaration, combine: @escaping @Sendable ([any Sendable]) -> Result) {
        self.declaration = declaration
        self.combine = combine
    }

    /// The same argument, which may be left out; `whenAbsent` is what then holds, as help shows it.
    package func optional(whenAbsent: String? = nil) -> Argument<Result?> {
        var declaration = declaration
        declaration.presence = .optional
        declaration.defaultText = whenAbsent
        return Argument<Result?>(declaration) { $0.first as? Result }
    }

    /// The same argument with the value that holds without it.
    package func defaulting(to value: Result, shown: String? = nil) -> Argument<Result> {
        var declaration = declaration
        declaration.presence = .optional
        declaration.defaultText = shown ?? written(value)
        return Argument<Result>(declaration) { $0.first as? Result ?? value }
    }

    /// The same argument, given any number of times; it must be the last one of its command.
    package func repeated(atLeastOnce: Bool = false, whenAbsent: String? = nil) -> Argument<[Result]> {
        var declaration = declaration
        declaration.presence = .repeated(atLeastOnce: atLeastOnce)
        declaration.defaultText = whenAbsent
        return Argument<[Result]>(declaration) { values in values.compactMap { $0 as? Result } }
    }
}
