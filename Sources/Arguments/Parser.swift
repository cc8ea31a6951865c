import Faults

/// Reads one command line by GNU's conventions. Nothing is abbreviated and nothing guessed.
struct Parser {
    private let program: ProgramDeclaration
    /// The names of the commands entered so far.
    private(set) var path: [String] = []
    private var chain: [CommandDeclaration]
    private var operands: [String] = []
    private var given: [(reference: Reference, value: any Sendable)] = []
    private var wantsHelp = false
    private var wantsVersion = false

    init(_ program: ProgramDeclaration) {
        self.program = program
        chain = [program.root]
    }

    private var command: CommandDeclaration { chain.last ?? program.root }
    private var commandLine: [String] { [program.name] + path }

    /// Options of the program come first, then those of each command on the way.
    private var options: [OptionDeclaration] {
        let builtIn =
            [ProgramDeclaration.help.declaration]
            + (path.isEmpty ? [ProgramDeclaration.version.declaration] : [])
        return chain.flatMap(\.options) + builtIn
    }

    mutating func parse(_ arguments: [String]) throws(UsageFault) -> ProgramDeclaration.Outcome {
        var rest = arguments[...]
        var optionsEnded = false
        while let word = rest.popFirst() {
            if optionsEnded || word == "-" || !word.hasPrefix("-") {
                try takeOperand(word)
            } else if word == "--" {
                optionsEnded = true
            } else if word.hasPrefix("--") {
                try takeLong(word, &rest)
            } else {
                try takeCluster(word, &rest)
            }
        }
        if wantsHelp { return .help(path) }
        if wantsVersion { return .version }
        return .run(path, try finish())
    }

    private mutating func takeOperand(_ word: String) throws(UsageFault) {
        guard !command.subcommands.isEmpty else { return operands.append(word) }
        guard let next = command.subcommand(word) else {
            let nearest = NearestName.of(word, among: command.shownSubcommands.map(\.name))
            throw .unknownCommand(word, nearest: nearest, in: commandLine)
        }
        chain.append(next)
        path.append(word)
    }

    private mutating func takeLong(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageFault) {
        let equals = word.firstIndex(of: "=")
        let dashed = String(word[..<(equals ?? word.endIndex)])
        let attached = equals.map { String(word[word.index(after: $0)...]) }
        guard let option = options.first(where: { $0.dashed == dashed }) else {
            let known = options.filter { $0.visibility == .shown }.map(\.dashed)
            throw .unknownOption(dashed, nearest: NearestName.of(dashed, among: known), in: commandLine)
        }
        if option.value == nil {
            guard attached == nil else { throw .unexpectedValue(of: dashed, in: commandLine) }
            return takeFlag(option)
        }
        try takeValue(of: option, attached ?? Self.nextValue(&rest), label: dashed)
    }

    /// `-ab` is `-a -b`; after a letter that takes a value, the rest of the word is that value.
    private mutating func takeCluster(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageFault) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = options.first(where: { $0.short == letter }) else {
                let long = options.first { $0.visibility == .shown && $0.dashed == "-" + word }
                throw .unknownOption(long == nil ? "-\(letter)" : word, nearest: long?.dashed, in: commandLine)
            }
            if option.value == nil {
                takeFlag(option)
            } else {
                let attached = letters.isEmpty ? nil : String(letters)
                return try takeValue(of: option, attached ?? Self.nextValue(&rest), label: "-\(letter)")
            }
        }
    }

    /// The next word, unless it is an option itself: a forgotten value must not swallow it. `--name=-x` says it all.
    private static func nextValue(_ rest: inout ArraySlice<String>) -> String? {
        guard let word = rest.first else { return nil }
        let isNumber = word.dropFirst().first.map { ("0"..."9").contains($0) } ?? true
        return word.hasPrefix("-") && !isNumber ? nil : rest.popFirst()
    }

    private mutating func takeFlag(_ option: OptionDeclaration) {
        switch option.name {
        case ProgramDeclaration.help.declaration.name: wantsHelp = true
        case ProgramDeclaration.version.declaration.name where path.isEmpty: wantsVersion = true
        default: given.append((.option(option.name), true))
        }
    }

    private mutating func takeValue(
        of option: OptionDeclaration, _ text: String?, label: String
    ) throws(UsageFault) {
        guard let declaration = option.value else { return }
        let reference = Reference.option(option.name)
        if given.contains(where: { $0.reference == reference }), option.presence != .repeated(atLeastOnce: false) {
            throw .repeatedOption(label, in: commandLine)
        }
        guard let text else { throw .missingValue(of: label, expected: declaration.expected, in: commandLine) }
        given.append((reference, try read(text, declaration, label: label, sensitive: option.isSensitive)))
    }

    private func read(
        _ text: String, _ value: ValueDeclaration, label: String, sensitive: Bool
    ) throws(UsageFault) -> any Sendable {
        switch value.read(text) {
        case .value(let value): return value
        case .refused(let reason): throw .refusedValue(of: label, reason: reason, in: commandLine)
        case .unreadable(let excerpt):
            throw .unreadableValue(
                of: label, expected: value.expected, sensitive ? nil : excerpt, in: commandLine)
        case .unexpected:
            throw .badValue(
                of: label, text: sensitive ? nil : text, expected: value.expected,
                nearest: sensitive ? nil : NearestName.of(text, among: value.allowed), in: commandLine)
        }
    }

    private mutating func finish() throws(UsageFault) -> ParsedValues {
        guard command.subcommands.isEmpty else {
            throw .missingCommand(known: command.shownSubcommands.map(\.name), in: commandLine)
        }
        try distributeOperands()
        let declared = options.map { Reference.option($0.name) } + command.arguments.map { .argument($0.name) }
        var values = ParsedValues(command: commandLine, declared: declared)
        for (reference, value) in given { values.add(value, to: reference) }
        for option in options where option.presence == .required && values.count(.option(option.name)) == 0 {
            throw .missingOption(option.dashed, in: commandLine)
        }
        for choice in command.choices {
            let chosen = choice.members.filter { values.count($0) > 0 }
            if chosen.count > 1 { throw .conflict(chosen.map(\.label), in: commandLine) }
            if chosen.isEmpty && choice.isRequired {
                throw .missingChoice(choice.members.map(\.label), in: commandLine)
            }
        }
        return values
    }

    private mutating func distributeOperands() throws(UsageFault) {
        var rest = operands[...]
        for argument in command.arguments {
            let taken = argument.isRepeated ? rest : rest.prefix(1)
            rest = rest.dropFirst(taken.count)
            if taken.isEmpty, argument.presence == .required || argument.presence == .repeated(atLeastOnce: true) {
                throw .missingArgument(argument.name, in: commandLine)
            }
            for text in taken {
                let value = try read(text, argument.value, label: argument.name, sensitive: argument.isSensitive)
                given.append((.argument(argument.name), value))
            }
        }
        if let extra = rest.first { throw .unexpectedArgument(extra, in: commandLine) }
    }
}
