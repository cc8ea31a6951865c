/// What an option or argument takes, without its type.
package struct ValueDeclaration: Sendable {
    package let expected: String
    package let allowed: [String]
    package let completion: Completion
    let read: @Sendable (String) -> Reading<any Sendable>

    init<Value>(_ format: ValueFormat<Value>) {
        expected = format.expected
        allowed = format.allowed
        completion = format.completion
        read = { text in
            switch format.read(text) {
            case .value(let value): .value(value)
            case .unexpected: .unexpected
            case .refused(let reason): .refused(reason)
            case .unreadable(let excerpt): .unreadable(excerpt)
            }
        }
    }
}

/// How often something must and may be given.
package enum Presence: Sendable, Equatable {
    case required
    case optional
    case repeated(atLeastOnce: Bool)
}

/// An option or flag, without the type of its value.
package struct OptionDeclaration: Sendable {
    /// Without the dashes.
    package let name: String
    package let short: Character?
    /// The word that stands for the value in help: `N`, `FILE`. Empty for a flag.
    package let placeholder: String
    /// Nil for a flag.
    package let value: ValueDeclaration?
    package var presence = Presence.optional
    /// What holds when the option is not given, as help shows it.
    package var defaultText: String?
    /// Errors never repeat the value.
    package let isSensitive: Bool
    package let visibility: Visibility
    package let help: String

    package var isRepeated: Bool {
        if case .repeated = presence { true } else { false }
    }

    package var dashed: String { "--" + name }

    /// `--jobs N`, as in a usage line.
    package var usage: String { value == nil ? dashed : "\(dashed) \(placeholder)" }
}

/// A positional argument, without the type of its value.
package struct ArgumentDeclaration: Sendable {
    /// Also the word that stands for it in help: `ID`.
    package let name: String
    package let value: ValueDeclaration
    package var presence = Presence.required
    package var defaultText: String?
    package let isSensitive: Bool
    package let help: String

    package var isRepeated: Bool {
        if case .repeated = presence { true } else { false }
    }
}

/// What a `Choice` can be made among.
package protocol Declared: Sendable {
    var reference: Reference { get }
}

/// An option or flag, as a command lists it.
package protocol OptionDeclaring: Declared {
    var declaration: OptionDeclaration { get }
}

/// A positional argument, as a command lists it.
package protocol ArgumentDeclaring: Declared {
    var declaration: ArgumentDeclaration { get }
}

extension OptionDeclaring {
    package var reference: Reference { .option(declaration.name) }
}

extension ArgumentDeclaring {
    package var reference: Reference { .argument(declaration.name) }
}

/// Names an option or an argument of a command.
package enum Reference: Sendable, Hashable {
    case option(String)
    case argument(String)

    /// As errors name it: `--jobs`, `ID`.
    package var label: String {
        switch self {
        case .option(let name): "--" + name
        case .argument(let name): name
        }
    }
}

/// Options and arguments of which one excludes the others.
package struct Choice: Sendable {
    package let members: [Reference]
    package let isRequired: Bool

    package static func exactlyOne(_ members: any Declared...) -> Choice {
        Choice(members: members.map(\.reference), isRequired: true)
    }

    package static func atMostOne(_ members: any Declared...) -> Choice {
        Choice(members: members.map(\.reference), isRequired: false)
    }
}
