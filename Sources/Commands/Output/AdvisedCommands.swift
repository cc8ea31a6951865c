import Faults

/// Commands of this program that its output advises: whoever named a configuration must name it again, or the next
/// command is about another instance.
struct AdvisedCommands: Sendable {
    /// `--config FILE`, quoted for a shell; nil where no file was named.
    private let option: String?

    /// What stands before a command that is advised.
    private static let leads = ["run: ", "then: ", "or: ", "undo: ", "redo: "]
    private static let program = "infisical-ops "

    init(configuration: String?) {
        option = configuration.map { "--config \(FaultRenderer.shellQuoted($0)) " }
    }

    /// The text with the option in every command that does not have it.
    ///
    /// - Parameter inJSON: whether the text is a JSON object.
    func completed(_ text: String, inJSON: Bool = false) -> String {
        guard var option, text.contains(AdvisedCommands.program) else { return text }
        if inJSON { option = option.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
        var result = "", rest = text[...]
        while let found = rest.firstRange(of: AdvisedCommands.program) {
            result += rest[..<found.upperBound]
            let before = result.dropLast(AdvisedCommands.program.count)
            rest = rest[found.upperBound...]
            let command = rest.prefix { $0 != "\n" && $0 != ";" && $0 != "\"" }
            if AdvisedCommands.leads.contains(where: { before.hasSuffix($0) }), !command.contains("--config ") {
                result += option
            }
        }
        return result + rest
    }
}
