package import Faults

/// A command line that cannot be understood; nothing was done. `in` is the program's name and the command's.
package enum UsageFault: Fault, Equatable {
    case unknownCommand(String, nearest: String?, in: [String])
    case missingCommand(known: [String], in: [String])
    /// The option as it was typed, with its dashes and without a value.
    case unknownOption(String, nearest: String?, in: [String])
    case missingOption(String, in: [String])
    case missingValue(of: String, expected: String, in: [String])
    /// `text` is nil when the value is sensitive.
    case badValue(of: String, text: String?, expected: String, nearest: String?, in: [String])
    case refusedValue(of: String, reason: String, in: [String])
    /// The excerpt is nil when the value is sensitive.
    case unreadableValue(of: String, expected: String, Excerpt?, in: [String])
    case unexpectedValue(of: String, in: [String])
    case repeatedOption(String, in: [String])
    case missingArgument(String, in: [String])
    case unexpectedArgument(String, in: [String])
    case conflict([String], in: [String])
    case missingChoice([String], in: [String])

    package var code: String {
        switch self {
        case .unknownCommand: "usage.unknown-command"
        case .missingCommand: "usage.missing-command"
        case .unknownOption: "usage.unknown-option"
        case .missingOption: "usage.missing-option"
        case .missingValue: "usage.missing-value"
        case .badValue: "usage.bad-value"
        case .refusedValue: "usage.refused-value"
        case .unreadableValue: "usage.bad-value"
        case .unexpectedValue: "usage.unexpected-value"
        case .repeatedOption: "usage.repeated-option"
        case .missingArgument: "usage.missing-argument"
        case .unexpectedArgument: "usage.unexpected-argument"
        case .conflict: "usage.conflict"
        case .missingChoice: "usage.missing-choice"
        }
    }

    package var message: String {
        switch self {
        case .unknownCommand(let name, let nearest, let command):
            "unknown command \(quoted((command.dropFirst() + [name]).joined(separator: " ")))"
                + suggestion((command.dropFirst() + [nearest ?? ""]).joined(separator: " "), if: nearest != nil)
        case .missingCommand(let known, _): "a command is missing: \(listed(known))"
        case .unknownOption(let name, let nearest, _):
            "unknown option \(quoted(name))" + suggestion(nearest ?? "", if: nearest != nil)
        case .missingOption(let name, _): "\(name) is missing"
        case .missingValue(let label, let expected, _): "\(label): a value is missing, expected \(expected)"
        case .badValue(let label, let text, let expected, let nearest, _):
            "\(label) must be \(expected)" + (text.map { ", not \(quoted($0))" } ?? "")
                + suggestion(nearest ?? "", if: nearest != nil)
        case .refusedValue(let label, let reason, _): "\(label): \(reason)"
        case .unreadableValue(let label, let expected, let excerpt, _):
            "\(label) must be \(expected)" + (excerpt.map { "; \($0.problem)" } ?? "")
        case .unexpectedValue(let label, _): "\(label) takes no value"
        case .repeatedOption(let label, _): "\(label) is given more than once"
        case .missingArgument(let name, _): "the argument \(name) is missing"
        case .unexpectedArgument(let text, _): "unexpected argument \(quoted(text))"
        case .conflict(let labels, _): "only one of \(labels.joined(separator: ", ")) can be given"
        case .missingChoice(let labels, _): "give one of \(labels.joined(separator: ", "))"
        }
    }

    package var hints: [Hint] { [.command(command + ["--help"])] }
    package var exit: ExitCode { .usage }

    package var excerpt: Excerpt? {
        if case .unreadableValue(_, _, let excerpt, _) = self { excerpt } else { nil }
    }

    private var command: [String] {
        switch self {
        case .unknownCommand(_, _, let command), .missingCommand(_, let command), .unknownOption(_, _, let command),
            .missingOption(_, let command), .missingValue(_, _, let command), .badValue(_, _, _, _, let command),
            .refusedValue(_, _, let command), .unreadableValue(_, _, _, let command), .unexpectedValue(_, let command),
            .repeatedOption(_, let command),
            .missingArgument(_, let command), .unexpectedArgument(_, let command), .conflict(_, let command),
            .missingChoice(_, let command):
            command
        }
    }
}

private func suggestion(_ nearest: String, if known: Bool) -> String {
    known ? ", did you mean \(quoted(nearest))?" : ""
}

private func listed(_ names: [String]) -> String {
    names.count > 6 ? "see the list with --help" : "one of " + names.joined(separator: ", ")
}

/// Text from outside in quotes; control characters, which could rewrite a terminal, are written out.
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
