/// The values of one command line, read with the declarations they were declared by.
package struct ParsedValues: Sendable {
    /// The program's name and the command's: `["infisical-ops", "config", "show"]`.
    package let command: [String]
    /// Everything the command declares, with what was given for it.
    private var given: [Reference: [any Sendable]] = [:]

    init(command: [String], declared: [Reference]) {
        self.command = command
        for reference in declared { given[reference] = [] }
    }

    /// Reading an option that the command does not declare is a defect of the caller, as an index out of range is.
    package subscript<Result>(option: Option<Result>) -> Result { option.combine(values(of: option.reference)) }
    package subscript<Result>(argument: Argument<Result>) -> Result { argument.combine(values(of: argument.reference)) }
    package subscript(flag: Flag) -> Bool { isGiven(flag) }

    /// Whether it was on the command line, whatever its default.
    package func isGiven(_ declared: some Declared) -> Bool { !values(of: declared.reference).isEmpty }

    /// The usage fault for a value that only the command itself could judge.
    package func refusal(of declared: some Declared, _ reason: String) -> UsageFault {
        .refusedValue(of: declared.reference.label, reason: reason, in: command)
    }

    mutating func add(_ value: any Sendable, to reference: Reference) { given[reference, default: []].append(value) }

    func count(_ reference: Reference) -> Int { given[reference]?.count ?? 0 }

    private func values(of reference: Reference) -> [any Sendable] {
        guard let values = given[reference] else {
            preconditionFailure("\(command.joined(separator: " ")) does not declare \(reference.label)")
        }
        return values
    }
}
